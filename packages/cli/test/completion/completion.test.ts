import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { VENDORS } from '../../src/vendors/registry.ts'
import { run } from '../support/run.ts'

let folder = ''
let script = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mayfly-completion-'))
  script = join(folder, 'completion.bash')
  writeFileSync(script, (await run(['completion', 'bash'])).stdout)
})
afterAll(() => rmSync(folder, { recursive: true }))

/** What bash would offer at the end of these words. */
function offered(...words: readonly string[]): readonly string[] {
  const program = `
    set -u
    source "$1"; shift
    COMP_WORDS=(mayfly "$@"); COMP_CWORD=$#
    $(complete -p mayfly | sed 's/.*-F \\([^ ]*\\).*/\\1/') mayfly "\${COMP_WORDS[COMP_CWORD]}"
    printf '%s\\n' "\${COMPREPLY[@]:-}"`
  const { status, stdout, stderr } = spawnSync(
    'bash',
    ['--norc', '--noprofile', '-c', program, 'bash', script, ...words],
    { encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '', MAYFLY_TEST_KEY: 'x' } },
  )
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout.split('\n').filter((word) => word !== '')
}

describe('the completion in bash', () => {
  it('offers the commands', () => {
    expect(offered('')).toEqual(expect.arrayContaining(['token', 'curl', 'inspect', 'completion']))
    expect(offered('tok')).toEqual(['token'])
  })

  it('offers every vendor below token', () => {
    const vendors = VENDORS.map(({ name }) => name)
    expect(offered('token', '')).toEqual([...vendors, '--help', '-h'])
  })

  it('offers the options of a command, behind others and their values', () => {
    const options = offered('token', 'zoom-video-sdk', '--topic', 'Cool Cars', '--')
    expect(options).toEqual(expect.arrayContaining(['--sdk-key', '--role', '--json', '--cache']))
    expect(options).not.toContain('--issuer-id')
  })

  it.each([
    ['separate', ['token', 'zoom-video-sdk', '--role', '']],
    ['behind "="', ['token', 'zoom-video-sdk', '--role', '=']],
  ])('offers the words that an option takes, %s', (_, words) => {
    expect(offered(...words)).toEqual(['host', 'participant'])
  })

  it('goes on behind "=" with what is there', () => {
    expect(offered('token', 'zoom-video-sdk', '--role', '=', 'ho')).toEqual(['host'])
  })

  it('offers the names of variables where one is wanted', () => {
    expect(offered('token', 'apns', '--key-env', 'MAYFLY_T')).toEqual(['MAYFLY_TEST_KEY'])
  })

  it('leaves files to bash, and has nothing to say to what nobody can know', () => {
    expect(offered('token', 'apns', '--key', '')).toEqual([])
    expect(offered('token', 'apns', '--team-id', '')).toEqual([])
  })

  it('takes no value for a command', () => {
    expect(offered('token', 'live-kit', '--name', 'apns', '--api')).toEqual(['--api-key'])
  })

  it('offers the words that an argument may be', () => {
    expect(offered('completion', '')).toEqual(['bash', 'zsh', 'fish', 'powershell', '--help', '-h'])
  })
})

describe('the completion', () => {
  it.each(['zsh', 'fish'])(
    'for %s knows every command and quotes every description',
    async (shell) => {
      const { exitCode, stdout } = await run(['completion', shell])
      expect(exitCode).toBe(0)
      for (const { name } of VENDORS) {
        expect(stdout).toContain(`/token/${name}`)
        expect(stdout).toMatch(shell === 'zsh' ? `'${name}:` : `'${name}\t`)
      }
      const withoutQuoted = stdout.replaceAll(/'(?:\\'|'\\''|[^'])*'/g, '')
      expect(withoutQuoted).not.toContain('’')
    },
  )

  it('for PowerShell holds every command as data, which nothing in it can leave', async () => {
    const { stdout } = await run(['completion', 'powershell'])
    const [, json = ''] = /^\$MayflyTree = @'\n(.*)\n'@ \| ConvertFrom-Json$/m.exec(stdout) ?? []
    const tree = JSON.parse(json) as Record<string, { words: string[][]; options: unknown[][] }>
    expect(tree['/token']?.words.map(([name]) => name)).toEqual(VENDORS.map(({ name }) => name))
    const options = tree['/token/zoom-video-sdk']?.options ?? []
    expect(options).toContainEqual(['--role', expect.any(String), ['host', 'participant']])
    expect(options).toContainEqual(['--secret-env', expect.any(String), 'variables'])
    expect(options).toContainEqual(['--json', expect.any(String), null])
    // A here-string ends with a line that begins with its sign alone.
    expect(json).not.toContain('\n')
  })

  it('is for shells that it knows', async () => {
    const { exitCode, stderr } = await run(['completion', 'tcsh'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('Allowed choices are bash, zsh, fish, powershell.')
    expect(stderr).not.toContain('tcsh')
  })
})
