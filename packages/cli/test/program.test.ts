import { describe, expect, it } from 'vitest'
import { ownVersion } from '../src/version.ts'
import { run } from './support/run.ts'

const TOKEN = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl'

describe('the program', () => {
  it('prints its version', async () => {
    expect(await run(['--version'])).toEqual({
      exitCode: 0,
      stdout: `${ownVersion()}\n`,
      stderr: '',
    })
  })

  it.each(['-v', '-V'])('prints it for %s too', async (flag) => {
    expect((await run([flag])).stdout).toBe(`${ownVersion()}\n`)
  })

  it('shows what one can do, with examples, where it is called alone', async () => {
    const { exitCode, stderr } = await run([])
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(/^Usage: mayfly [^]*Examples:[^]*mayfly inspect < token.txt/)
  })

  it.each([
    [['decode'], '"mayfly inspect"'],
    [['mint'], '"mayfly token"'],
    [['why'], '"mayfly explain"'],
    [['LiveKit'], '"mayfly token live-kit"'],
    [['token', 'livekit'], '"mayfly token live-kit"'],
    [['token', 'asc'], '"mayfly token app-store-connect"'],
    [['token', 'appstore'], '"mayfly token app-store-connect" or "mayfly token app-store-server"'],
    [['token', 'github'], '"mayfly token github-app" or "mayfly token github-installation"'],
    [['token', 'oauth2'], '"mayfly token client-credentials"'],
    [['token', 'twillio'], 'twilio'],
    [['explain', 'vonnage'], 'vonage'],
  ])('suggests a command that is half remembered: %j', async (argv, suggestion) => {
    const { exitCode, stderr } = await run(argv)
    expect(exitCode).toBe(2)
    expect(stderr).toContain(`Did you mean ${suggestion}?`)
  })

  it('suggests nothing for what comes near nothing', async () => {
    expect((await run(['xyzzy'])).stderr).not.toContain('Did you mean')
  })

  it('prints help on standard output when it is asked for', async () => {
    const { exitCode, stdout, stderr } = await run(['--help'])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(/^Usage: mayfly /)
  })

  it('names an unknown option, but never what it was set to', async () => {
    const { exitCode, stdout, stderr } = await run(['--kye=hunter2'])
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain('"--kye"')
    expect(stderr).not.toContain('hunter2')
  })

  it.each(['--secret', '--client-secret', '--password', '--api-token'])(
    'says where a secret belongs to whoever tries %s',
    async (flag) => {
      const { exitCode, stderr } = await run([flag, 'hunter2'])
      expect(exitCode).toBe(2)
      expect(stderr).toContain('--secret-file FILE, --secret-env NAME')
      expect(stderr).not.toContain('hunter2')
    },
  )

  it.each([['Hunter2/+=='], ['token', 'Hunter2/+=='], ['--Hunter2/+=='], ['-Hunter2']])(
    'does not repeat what may be a secret: %j',
    async (...argv) => {
      const { exitCode, stderr } = await run(argv)
      expect(exitCode).toBe(2)
      expect(stderr).not.toContain('unter2')
    },
  )

  it('does not repeat a token that stands where a command should', async () => {
    const { exitCode, stderr } = await run([TOKEN])
    expect(exitCode).toBe(2)
    expect(stderr).not.toContain('eyJ')
  })
})

describe('colours', () => {
  // oxlint-disable-next-line no-control-regex -- it is what is looked for
  const COLOUR = /\u001b\[/

  it.each([
    ['on a terminal', { terminal: true }, true],
    ['not in a pipe', {}, false],
    ['not with NO_COLOR', { terminal: true, env: { NO_COLOR: '1' } }, false],
    ['with an empty NO_COLOR, which says nothing', { terminal: true, env: { NO_COLOR: '' } }, true],
    ['not on a dumb terminal', { terminal: true, env: { TERM: 'dumb' } }, false],
    ['in a pipe with FORCE_COLOR', { env: { FORCE_COLOR: '1' } }, true],
    ['not with FORCE_COLOR=0', { terminal: true, env: { FORCE_COLOR: '0' } }, false],
    ['not when both are set', { terminal: true, env: { FORCE_COLOR: '1', NO_COLOR: '1' } }, false],
  ])('are there %s', async (_, world, expected) => {
    const help = await run(['--help'], world)
    const error = await run(['--wrong'], world)
    expect([COLOUR.test(help.stdout), COLOUR.test(error.stderr)]).toEqual([expected, expected])
  })
})
