import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type OAuthSandbox, startOAuthSandbox } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { args, type Outcome, run } from '../support/run.ts'

let sandbox: OAuthSandbox
let base = ''
let folder = ''
let clock: FakeClock

beforeAll(async () => {
  clock = new FakeClock()
  sandbox = await startOAuthSandbox({ clock })
})
afterAll(async () => sandbox[Symbol.asyncDispose]())
beforeEach(() => {
  if (base !== '') rmSync(base, { recursive: true, force: true })
  base = mkdtempSync(join(tmpdir(), 'mayfly-cache-'))
  folder = join(base, 'mayfly')
})
afterAll(() => rmSync(base, { recursive: true, force: true }))

interface Deviation {
  readonly secret?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Runs `mayfly token client-credentials --cache`, as a shell would once more. */
async function token(more: readonly string[] = [], deviation: Deviation = {}): Promise<Outcome> {
  const { clientId, clientSecret } = sandbox.credentials
  const { secret = clientSecret, env = {} } = deviation
  const argv = [
    'token',
    'client-credentials',
    ...args('--token-endpoint', `${sandbox.origin}/token`, '--client-id', clientId),
    ...args('--secret-env', 'SECRET', '--origin', sandbox.origin, '--cache'),
    ...more,
  ]
  return run(argv, { clock, env: { XDG_CACHE_HOME: base, SECRET: secret, ...env } })
}

function entries(): readonly string[] {
  return readdirSync(folder)
}

function onlyEntry(): string {
  const [name = '', ...more] = entries()
  expect(more).toEqual([])
  return join(folder, name)
}

describe('the disk cache', () => {
  it('gives the same token to the next run', async () => {
    const first = await token()
    expect(first).toMatchObject({ exitCode: 0, stderr: '' })
    expect(await token()).toEqual(first)
  })

  it('is off unless it is asked for', async () => {
    const { clientId, clientSecret: SECRET } = sandbox.credentials
    const endpoint = ['--token-endpoint', `${sandbox.origin}/token`, '--client-id', clientId]
    const argv = ['token', 'client-credentials', ...endpoint, '--secret-env', 'SECRET']
    const { exitCode } = await run(argv, { clock, env: { SECRET, XDG_CACHE_HOME: base } })
    expect(exitCode).toBe(0)
    expect(existsSync(folder)).toBe(false)
  })

  it('keeps the token in a file that nobody else can read, in a folder of the same kind', async () => {
    await token()
    expect(modeOf(folder)).toBe(0o700)
    expect(modeOf(onlyEntry())).toBe(0o600)
  })

  it('shows neither the token nor what it is for', async () => {
    const { stdout } = await token()
    const bytes = readFileSync(onlyEntry()).toString('latin1')
    for (const part of [stdout.trim(), 'client', 'token', sandbox.origin, '127.0.0.1']) {
      expect(bytes).not.toContain(part)
    }
    expect(entries()[0]).toMatch(/^[0-9a-f]{40}\.token$/)
  })

  it.each([
    ['other options', ['--scope', 'read'], {}],
    ['another place for the token', ['--origin', 'https://a.example'], {}],
  ])('has a token of its own for %s', async (_, more, deviation) => {
    const first = await token()
    const second = await token(more, deviation)
    expect(second.exitCode).toBe(0)
    expect(second.stdout).not.toBe(first.stdout)
    expect(await token()).toEqual(first)
    expect(entries()).toHaveLength(2)
  })

  it('gives nothing to whoever has another secret', async () => {
    await token()
    const { exitCode, stdout } = await token([], { secret: 'not-the-secret-not-the-secret' })
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
  })

  it('does not read an entry under another name', async () => {
    const first = await token()
    const own = onlyEntry()
    await token(['--scope', 'read'])
    const other =
      entries()
        .map((name) => join(folder, name))
        .find((file) => file !== own) ?? ''
    copyFileSync(own, other)
    const { exitCode, stdout } = await token(['--scope', 'read'])
    expect(exitCode).toBe(0)
    expect(stdout).not.toBe(first.stdout)
  })

  it.each([
    ['cut short', (bytes: Buffer) => bytes.subarray(0, -1)],
    ['empty', () => Buffer.alloc(0)],
    ['changed by one bit', flipped],
    ['of another kind', () => Buffer.from('{"value":"forged"}')],
    ['huge', () => Buffer.alloc(100_000)],
  ])('makes a new token where the entry is %s', async (_, spoil) => {
    const first = await token()
    writeFileSync(onlyEntry(), spoil(readFileSync(onlyEntry())))
    const second = await token()
    expect(second).toMatchObject({ exitCode: 0, stderr: '' })
    expect(second.stdout).not.toBe(first.stdout)
    expect(await token()).toEqual(second)
  })

  it('does not read what others could have written', async () => {
    const first = await token()
    chmodSync(onlyEntry(), 0o666)
    const second = await token()
    expect(second.stdout).not.toBe(first.stdout)
    expect(modeOf(onlyEntry())).toBe(0o600)
  })

  it('does not follow a link in the place of an entry', async () => {
    const first = await token()
    const elsewhere = join(base, 'elsewhere')
    copyFileSync(onlyEntry(), elsewhere)
    const entry = onlyEntry()
    rmSync(entry)
    symlinkSync(elsewhere, entry)
    expect((await token()).stdout).not.toBe(first.stdout)
    expect(lstatSync(entry).isFile()).toBe(true)
  })

  it('closes a folder that was open to others', async () => {
    mkdirSync(folder, { mode: 0o755 })
    await token()
    expect(modeOf(folder)).toBe(0o700)
  })

  it.each([
    ['a file is in the folder’s place', () => writeFileSync(folder, '')],
    ['the folder is a link', () => symlinkSync(tmpdir(), folder)],
  ])('is done without, with a word, where %s', async (_, prepare) => {
    prepare()
    const { exitCode, stdout, stderr } = await token()
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^\S+\n$/)
    expect(stderr).toMatch(/^note: the cache in .* was not used: /)
  })

  it('makes a new token once the old one is about to end', async () => {
    const first = await token()
    clock.advance(3599_000)
    expect((await token()).stdout).not.toBe(first.stdout)
  })

  it('renews at once what a server would renew in the background', async () => {
    const first = await token()
    clock.advance(3600_000 - 200_000)
    const second = await token()
    expect(second.stdout).not.toBe(first.stdout)
    expect(await token()).toEqual(second)
  })

  it('serves the old token while it is good and no other can be had', async () => {
    const first = await token()
    clock.advance(3600_000 - 200_000)
    sandbox.failNext(2, 503)
    expect(await token()).toEqual(first)
  })

  it('makes a new token where the old one does not live for as long as it should', async () => {
    const first = await token()
    clock.advance(1800_000)
    expect(await token()).toEqual(first)
    const second = await token(['--min-lifetime', '40m'])
    expect(second.exitCode).toBe(0)
    expect(second.stdout).not.toBe(first.stdout)
  })

  it('sweeps away what has ended, and what killed processes left', async () => {
    const { exitCode } = await token()
    expect(exitCode).toBe(0)
    const seconds = clock.now() / 1000
    for (const [name, end] of Object.entries({ 'a.token': -1, 'b.token': 60, 'c.tmp': 0 })) {
      writeFileSync(join(folder, name), 'x')
      utimesSync(join(folder, name), seconds + end, seconds + end)
    }
    await token(['--scope', 'read'])
    expect(entries()).not.toContain('a.token')
    expect(entries()).toContain('b.token')
    expect(entries()).toContain('c.tmp')
    // When a file was really written is in its ctime, which nobody can set.
    clock.set(Date.now() + 700_000)
    await token(['--scope', 'write'])
    expect(entries()).not.toContain('c.tmp')
  })

  it('is consistent however many runs there are at once', async () => {
    const runs = await Promise.all(Array.from({ length: 8 }, async () => token()))
    expect(runs.map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual(runs.map(() => [0, '']))
    const tokens = runs.map(({ stdout }) => stdout)
    expect(tokens).toContain((await token()).stdout)
    expect(entries()).toHaveLength(1)
  })

  it('drops a token that the server refuses', async () => {
    const first = await token()
    sandbox.revokeToken(first.stdout.trim())
    const { clientId, clientSecret } = sandbox.credentials
    const argv = [
      'curl',
      'client-credentials',
      ...args('--token-endpoint', `${sandbox.origin}/token`, '--client-id', clientId),
      ...args('--secret-env', 'SECRET', '--origin', sandbox.origin, '--cache'),
      `${sandbox.origin}/orders`,
    ]
    const env = { XDG_CACHE_HOME: base, SECRET: clientSecret }
    const { exitCode, stderr } = await run(argv, { clock, env })
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    const second = await token()
    expect(second.stdout).not.toBe(first.stdout)
  })

  it('shows its folder, and forgets everything', async () => {
    const env = { XDG_CACHE_HOME: base }
    expect((await run(['cache', 'path'], { env })).stdout).toBe(`${folder}\n`)
    expect((await run(['cache', 'clear'], { env })).stdout).toBe('Forgot 0 tokens.\n')
    await token()
    expect((await run(['cache', 'clear'], { env })).stdout).toBe('Forgot 1 token.\n')
    expect(entries()).toEqual([])
  })

  it('is in ~/.cache where XDG_CACHE_HOME says nothing, or no whole path', async () => {
    for (const env of [{ HOME: base }, { HOME: base, XDG_CACHE_HOME: 'relative' }]) {
      const { stdout } = await run(['cache', 'path'], { env })
      expect(stdout).toBe(`${join(base, '.cache', 'mayfly')}\n`)
    }
  })
})

function modeOf(file: string): number {
  // oxlint-disable-next-line no-bitwise -- modes are bits
  return lstatSync(file).mode & 0o777
}

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  const at = copy.length - 20
  // oxlint-disable-next-line no-bitwise -- a bit it is
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}
