import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freePort } from '../../../../scripts/servers/process.ts'
import { configureServe } from '../../src/serve.ts'
import { TestWorld } from './world.ts'

const TELESIGN_KEY = 'dGVsZXNpZ24tdGVzdC1rZXktMDEyMzQ1Njc4OWFiY2RlZg=='
const TOKEN = /^ey[\w-]+\.[\w-]+\.[\w-]+$/m

let folder: string
let world: TestWorld
let running: Promise<unknown> | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mayfly-serve-'))
  world = new TestWorld({ isTTY: true })
})
afterEach(async () => {
  world.stop()
  await running?.catch(() => {})
  running = undefined
  rmSync(folder, { recursive: true, force: true })
})

const run = (...args: string[]): Promise<unknown> =>
  configureServe(new Command('mayfly-service').exitOverride(), world).parseAsync(args, {
    from: 'user',
  })
const database = (): string => join(folder, 'mayfly.db')
/** Serves until the test ends, and gives where. */
async function start(...args: string[]): Promise<string> {
  running = run('--port', '0', '--drain', '0s', ...args)
  const found = await Promise.race([world.written('stdout', /tokens at (\S+)/), running])
  if (!Array.isArray(found)) throw new Error('It ended.')
  return String(found[1])
}

describe('serve', () => {
  it('makes a seal key, which it takes', async () => {
    await run('seal-key')
    expect(world.stdout.text).toMatch(/^[\w-]{43}\n$/)
    world.env['MAYFLY_SEAL_KEY'] = world.stdout.text.trim()
    expect(await start('--database', database())).toContain('http://127.0.0.1:')
  })

  it('takes every option from a variable, and the command line before it', async () => {
    Object.assign(world.env, {
      MAYFLY_DATABASE: database(),
      MAYFLY_METRICS: 'none',
      MAYFLY_NO_RATE_LIMITS: 'true',
      MAYFLY_MAX_LIFETIME: 'forever',
    })
    await expect(run('--port', '0')).rejects.toThrow(/--max-lifetime/)
    const url = await start('--max-lifetime', '1h')
    const answer = await fetch(`${url}/keys`)
    expect(answer.headers.get('ratelimit-limit')).toBeNull()
    expect((await fetch(`${url}/metrics`)).status).toBe(404)
    world.env['MAYFLY_EPHEMERAL'] = 'perhaps'
    await expect(run('--port', '0')).rejects.toThrow('MAYFLY_EPHEMERAL must be true or false.')
  })

  it('greets a person with where everything is, and shows the first console token once', async () => {
    const url = await start('--database', database())
    const greeting = world.stdout.text
    expect(greeting).toContain(`console   ${url}/console/`)
    expect(greeting).toContain(`ledger    ${database()}`)
    const [token = ''] = (await world.written('stdout', TOKEN)) as readonly string[]
    const headers = { authorization: `Bearer ${token}` }
    expect((await fetch(`${url}/v1/tokens`, { headers })).status).toBe(200)
    world.stop()
    await running
    expect(world.stderr.text).not.toContain(token)

    world.stdout.text = ''
    const again = await start('--database', database(), '--issuer', url)
    expect(world.stdout.text).not.toMatch(TOKEN)
    expect((await fetch(`${again}/v1/tokens`, { headers })).status).toBe(200)
  })

  it('writes the first console token into a file for its owner alone', async () => {
    const file = join(folder, 'console-token')
    await start('--database', database(), '--console-token-file', file)
    expect(readFileSync(file, 'utf8')).toMatch(/^ey\S+\n$/)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(world.stdout.text).not.toMatch(TOKEN)
    expect(world.stdout.text).toContain(file)
  })

  it('does not write over a file, and makes the token at the next start instead', async () => {
    const file = join(folder, 'console-token')
    writeFileSync(file, 'mine')
    const args = ['--database', database(), '--console-token-file', file]
    await expect(start(...args)).rejects.toThrow(/is there already, and is not written over/)
    expect(readFileSync(file, 'utf8')).toBe('mine')
    rmSync(file)
    await start(...args)
    expect(readFileSync(file, 'utf8')).toMatch(/^ey/)
  })

  it('makes no console token where a log would keep it', async () => {
    world = new TestWorld({ isTTY: false })
    await start('--database', database())
    expect(world.stdout.text).not.toMatch(TOKEN)
    world.stop()
    await running
    world = new TestWorld({ isTTY: true })
    await start('--database', database())
    expect(world.stdout.text).toMatch(TOKEN)
  })

  it('serves Telesign’s contract with a key from a file', async () => {
    const file = join(folder, 'telesign-key')
    writeFileSync(file, `${TELESIGN_KEY}\n`)
    const url = await start(
      '--ephemeral',
      '--telesign-customer-id',
      'FFFFFFFF-EEEE-DDDD-1234-AB1234567890',
      '--telesign-api-key-file',
      file,
    )
    const answer = await fetch(`${url}/v1/token/15555551212`)
    const secret = Buffer.from(TELESIGN_KEY, 'base64')
    const options = { currentDate: new Date(world.clock.now()) }
    const { payload } = await jwtVerify(await answer.text(), secret, options)
    expect(payload['phn']).toBe('15555551212')
  })

  it.each([
    [[], 200],
    [['--metrics', 'public'], 200],
    [['--metrics', 'client'], 401],
    [['--metrics', 'none'], 404],
  ])('with %j, a stranger who asks for the metrics gets %i', async (args, status) => {
    const url = await start('--ephemeral', ...args)
    expect((await fetch(`${url}/metrics`)).status).toBe(status)
  })

  it('ends when it is asked to: answers what is on its way, and lets go of the port', async () => {
    const url = await start('--ephemeral')
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    world.stop()
    await running
    await expect(fetch(`${url}/healthz`)).rejects.toThrow()
    const lines = world.stderr.text.trim().split('\n')
    const told = lines.map((line) => (JSON.parse(line) as { msg: string }).msg)
    expect(told.slice(-2)).toEqual(['ending', 'ended'])
  })

  it('says that a port is taken before it opens anything', async () => {
    const url = await start('--ephemeral')
    const { port } = new URL(url)
    const other = new TestWorld()
    const command = configureServe(new Command('second').exitOverride(), other)
    const args = ['--port', port, '--database', database()]
    await expect(command.parseAsync(args, { from: 'user' })).rejects.toThrow(
      /Another program listens there/,
    )
    expect(() => statSync(database())).toThrow()
  })

  it('answers 503 with a problem until its ledger is open', async () => {
    // A PostgreSQL that takes connections and says nothing.
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port: silentPort } = silent.address() as AddressInfo
    const port = String(await freePort())
    world.env['MAYFLY_SEAL_KEY'] = 'A'.repeat(43)
    const met = once(silent, 'connection')
    running = run('--port', port, '--database', `postgres://user:pass@127.0.0.1:${silentPort}/db`)
    const ended = expect(running).rejects.toThrow()
    const [socket] = (await met) as [Socket]
    const answer = await fetch(`http://127.0.0.1:${port}/v1/token/15555551212`)
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(await answer.json()).toMatchObject({ status: 503, code: 'ERR_STARTING' })
    socket.destroy()
    silent.close()
    await ended
  })
})

describe('the command line of serve', () => {
  it.each([
    [['--port', 'http'], '--port'],
    [['--port', '99999'], 'port'],
    [['--tls-cert', 'a.pem'], '--tls-key'],
    [['--ephemeral', '--database', 'a.db'], '--ephemeral'],
    [['--retention', '5 days'], '--retention'],
    [['--log-level', 'loud'], '--log-level'],
    [['--metrics', 'all'], '--metrics'],
    [['--trust-proxy', 'true'], '--trust-proxy'],
    [['--telesign-access', 'client'], '--telesign-access'],
    [['--telesign-customer-id', 'A'], '--telesign-api-key-file'],
    [
      ['--telesign-customer-id', 'A', '--telesign-api-key-file', '/nowhere/x'],
      '--telesign-api-key-file',
    ],
    [['--issuer', 'ftp://example.com'], 'issuer'],
    [['--seal-key-file', '/nowhere/x'], '--seal-key-file'],
    [['--database', 'postgres://user:secret@127.0.0.1/a'], '--seal-key-file'],
  ])('refuses %j, and names %s', async (args, option) => {
    const common = args.includes('--database') ? [] : ['--database', database()]
    const port = args.includes('--port') ? [] : ['--port', '0']
    await expect(run(...args, ...common, ...port)).rejects.toMatchObject({ option })
  })

  it('warns of a password on the command line, which is not repeated', async () => {
    const redis = 'redis://:s3cret@127.0.0.1:9'
    await start('--ephemeral', '--redis', redis)
    const [warning] = world.stderr.text.split('\n')
    expect(JSON.parse(warning ?? '')).toMatchObject({
      level: 'warn',
      option: '--redis',
      variable: 'MAYFLY_REDIS',
    })
    world.stop()
    await running
    expect(world.stderr.text + world.stdout.text).not.toContain('s3cret')
    world = new TestWorld({ isTTY: true })
    world.env['MAYFLY_REDIS'] = redis
    await start('--ephemeral')
    expect(world.stderr.text).not.toContain('a password on')
  })

  it('never repeats a secret that it was given in the wrong place', async () => {
    world.env['MAYFLY_SEAL_KEY'] = 'not-a-key-but-secret'
    const error: unknown = await run('--port', '0', '--database', database()).catch(
      (caught: unknown) => caught,
    )
    expect(error).toMatchObject({ name: expect.stringMatching(/Error$/) })
    expect(String(error)).not.toContain('not-a-key-but-secret')
  })
})

describe('maintenance', () => {
  it('makes a console token for a client, for a script to take', async () => {
    const issuer = 'https://auth.example.com'
    const place = ['--database', database(), '--issuer', issuer]
    await run('console-token', 'backend', ...place, '--scope', 'tokens:read')
    expect(world.stdout.text).toMatch(/^ey[\w-]+\.[\w-]+\.[\w-]+\n$/)
    const token = world.stdout.text.trim()
    const url = await start(...place)
    const headers = { authorization: `Bearer ${token}` }
    expect((await fetch(`${url}/v1/tokens`, { headers })).status).toBe(200)
    expect((await fetch(`${url}/keys`, { headers })).status).toBe(403)
  })

  it('rotates the keys of a service that runs', async () => {
    const url = await start('--database', database(), '--issuer', 'https://auth.example.com')
    const jwks = async () =>
      (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as { keys: { kid: string }[] }
    const before = await jwks()
    world.stdout.text = ''
    await run('rotate-keys', '--database', database())
    const [, made = ''] = (await world.written('stdout', /^(\S+) \(ES256\) signs from /)) ?? []
    world.clock.advanceSeconds(31)
    const after = await jwks()
    expect(before.keys.map(({ kid }) => kid)).not.toContain(made)
    expect(after.keys.map(({ kid }) => kid)).toContain(made)
    expect(createLocalJWKSet(after)).toBeTypeOf('function')
  })
})
