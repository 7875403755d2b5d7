import { createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import {
  type AppStoreConnectSandbox,
  startApnsSandbox,
  startAppStoreConnectSandbox,
} from '@mayfly/sandboxes'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { hasOpenssl, makeCertificate } from '../../../../scripts/servers/certificate.ts'
import { run, type World } from '../support/run.ts'
import { type Explained, explain, keyFolder } from './support.ts'

const folder = keyFolder()
let sandbox: AppStoreConnectSandbox
let keyFile = ''
beforeAll(async () => {
  sandbox = await startAppStoreConnectSandbox()
  keyFile = folder.write('good.p8', sandbox.credentials.privateKey)
})
afterAll(async () => {
  await sandbox.close()
  folder[Symbol.dispose]()
})
beforeEach(() => {
  sandbox.clockOffsetMs = 0
  sandbox.restoreKey()
})

function connect(changes: Readonly<Record<string, string>> = {}): readonly string[] {
  const { keyId, issuerId } = sandbox.credentials
  const options = {
    '--key-id': keyId,
    '--issuer-id': issuerId,
    '--key': keyFile,
    '--origin': sandbox.origin,
    ...changes,
  }
  return ['app-store-connect', ...Object.entries(options).flat()]
}

async function stepOf(
  id: string,
  argv: readonly string[],
  world?: World,
): Promise<Explained['steps'][number] | undefined> {
  const { exitCode, steps } = await explain(argv, world)
  expect(exitCode).toBe(steps.some(({ mark }) => mark === 'bad') ? 1 : 0)
  return steps.find((step) => step.id === id && step.mark !== 'good')
}

describe('the key', () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pkcs8 = { format: 'pem', type: 'pkcs8' } as const
  const BAD: readonly (readonly [string, string, string])[] = [
    [
      'a public key',
      createPublicKey(ec.privateKey).export({ format: 'pem', type: 'spki' }).toString(),
      'Signing needs the private key',
    ],
    [
      'an encrypted one',
      ec.privateKey.export({ ...pkcs8, cipher: 'aes-256-cbc', passphrase: 'x' }).toString(),
      'encrypted',
    ],
    ['half of one', sandboxless(), 'PEM'],
    ['an empty file', '\n', 'empty'],
  ]
  it.each(BAD)('is found to be %s', async (_, text, message) => {
    const step = await stepOf('key', connect({ '--key': folder.write('bad.p8', text) }))
    expect(step).toMatchObject({ mark: 'bad' })
    expect(step?.found).toContain(message)
  })

  it.each([
    ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
    ['P-384', generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey],
  ])('is found to be of the wrong kind: %s', async (kind, key) => {
    const file = folder.write('kind.p8', key.export(pkcs8).toString())
    const { exitCode, steps } = await explain(connect({ '--key': file }))
    expect(steps.find(({ id }) => id === 'key')?.found).toContain(kind)
    const failed = steps.find(({ mark }) => mark === 'bad')
    expect(failed?.found).toContain('ES256 needs an EC key on P-256')
    expect(exitCode).toBe(1)
  })

  it('is found not to be there', async () => {
    const step = await stepOf('key', connect({ '--key': `${keyFile}.gone` }))
    expect(step?.found).toContain('no such file')
  })

  it.each([0o640, 0o604])('is found to be open to others: %o', async (mode) => {
    const file = folder.write(`open-${mode}.p8`, sandbox.credentials.privateKey, mode)
    const step = await stepOf('key-file', connect({ '--key': file }))
    expect(step).toMatchObject({ mark: 'warning', advice: `chmod 600 ${file}` })
  })

  it('is found to be named after another key id', async () => {
    const file = folder.write('AuthKey_ABCDEFGHIJ.p8', sandbox.credentials.privateKey)
    const step = await stepOf('key-file', connect({ '--key': file }))
    expect(step).toMatchObject({ mark: 'bad' })
    expect(step?.found).toContain('ABCDEFGHIJ')
    sandbox.resetCounts()
    const { marks } = await explain(connect({ '--key': file }))
    expect(marks).toEqual(['key-file:good', 'key-file:bad', 'key:good'])
    expect(sandbox.requests).toBe(0)
  })

  it.each([
    [
      'a key in PEM',
      '-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----',
      'a key of another kind (PEM',
    ],
    ['in quotes', '"secret"', 'in quotes'],
    ['with white space', ' secret', 'white space'],
  ])('may be a secret, and is found to be %s', async (_, text, message) => {
    const argv = ['zoom-video-sdk', '--sdk-key', 'KEY', '--topic', 'x', '--role', 'host']
    const {
      exitCode,
      steps,
      text: all,
    } = await explain([...argv, '--secret-file', folder.write('s', text)])
    expect(steps.find(({ id }) => id === 'key')?.found).toContain(message)
    expect(exitCode).toBe(1)
    expect(all).not.toContain('"secret')
  })

  it('may be a secret that is good: then the token is judged, and goes nowhere', async () => {
    const file = folder.write('s', `${randomUUID()}\n`)
    const argv = [
      'zoom-video-sdk',
      '--sdk-key',
      'KEY',
      '--topic',
      'x',
      '--role',
      'host',
      '--secret-file',
      file,
    ]
    const { exitCode, marks } = await explain(argv)
    expect(marks).toEqual([
      'key-file:good',
      'key:good',
      'token:good',
      'rules:good',
      'clock:skipped',
      'request:skipped',
    ])
    expect(exitCode).toBe(0)
  })
})

describe('the clock', () => {
  it.each([
    ['fast', -3_600_000],
    ['slow', 3_600_000],
  ])('is found to be %s, and the key to be good', async (side, offset) => {
    sandbox.clockOffsetMs = offset
    const { exitCode, steps, marks } = await explain(connect())
    expect(marks.slice(-3)).toEqual(['request:bad', 'clock:bad', 'again:good'])
    expect(steps.find(({ id }) => id === 'clock')).toMatchObject({ cause: `clock-${side}` })
    expect(steps.find(({ id }) => id === 'clock')?.found).toContain(`1 h ${side}`)
    expect(exitCode).toBe(1)
  })

  it('is found to be wrong beside a key that is not good either', async () => {
    sandbox.clockOffsetMs = -3_600_000
    sandbox.revokeKey()
    const step = await stepOf('again', connect())
    expect(step).toMatchObject({ mark: 'bad', cause: 'key-never-worked' })
  })

  it('may be a little off', async () => {
    sandbox.clockOffsetMs = -10_000
    expect(await stepOf('clock', connect())).toMatchObject({ mark: 'warning', cause: 'clock-fast' })
  })
})

describe('what the vendor says', () => {
  it('is that the key id is not known', async () => {
    const step = await stepOf('request', connect({ '--key-id': 'ZZZZZZZZZZ' }))
    expect(step).toMatchObject({ mark: 'bad', cause: 'key-never-worked' })
    expect(step?.advice).toContain('ZZZZZZZZZZ')
  })

  it('is that the role does not allow it', async () => {
    sandbox.failNext(1, 403)
    expect(await stepOf('request', connect())).toMatchObject({ cause: 'permission' })
  })

  it('is that an agreement is not signed', async () => {
    const code = 'FORBIDDEN.REQUIRED_AGREEMENTS_MISSING_OR_EXPIRED'
    const body = JSON.stringify({ errors: [{ status: '403', code }] })
    const step = await stepOf('request', connect(), answering(403, body))
    expect(step).toMatchObject({ cause: 'agreement' })
    expect(step?.found).toContain(code)
  })

  it('comes from a proxy', async () => {
    const html = { 'content-type': 'text/html' }
    expect(
      await stepOf('request', connect(), answering(403, '<h1>Blocked</h1>', html)),
    ).toMatchObject({ cause: 'proxy' })
    expect(await stepOf('request', connect(), answering(407, ''))).toMatchObject({ cause: 'proxy' })
  })

  it('is a redirect, along which no token goes', async () => {
    let elsewhere = 0
    await using other = await listen(
      createHttpServer((_, response) => {
        elsewhere += 1
        response.end()
      }),
    )
    const end = sandbox.redirect('/v1/apps', `${other.origin}/`)
    const step = await stepOf('request', connect())
    end()
    expect(step).toMatchObject({ mark: 'warning' })
    expect(elsewhere).toBe(0)
  })

  it('may have a body that never ends', async () => {
    sandbox.revokeKey()
    sandbox.spoilNext(1, 'endless')
    expect(await stepOf('request', connect())).toMatchObject({ mark: 'bad' })
  })

  it('lets no vendor write to the terminal', async () => {
    const body = JSON.stringify({ errors: [{ code: '\u001b[2J' }] })
    const { text } = await explain(connect(), answering(401, body))
    expect(text).not.toContain('\u001b')
  })
})

describe('APNs', () => {
  it('is judged by the rules, as its server speaks HTTP/2 alone', async () => {
    await using apns = await startApnsSandbox()
    const { teamId, keyId, privateKey } = apns.credentials
    const argv = [
      'apns',
      '--team-id',
      teamId,
      '--key-id',
      keyId,
      '--key',
      folder.write('apns.p8', privateKey),
    ]
    const { exitCode, marks } = await explain([...argv, '--origin', apns.origin])
    expect(marks).toEqual([
      'key-file:good',
      'key:good',
      'token:good',
      'rules:good',
      'clock:skipped',
      'request:skipped',
    ])
    expect(exitCode).toBe(0)
  })
})

describe('the network', () => {
  it.runIf(hasOpenssl())('has a certificate that nobody trusts', async () => {
    const { certFile, keyFile: tlsKey } = await makeCertificate(dirname(keyFile), 'tls')
    const tls = createTlsServer({ cert: readFileSync(certFile), key: readFileSync(tlsKey) })
    await using server = await listen(tls, 'https')
    const step = await stepOf('request', connect({ '--origin': server.origin }))
    expect(step).toMatchObject({ mark: 'bad', cause: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    expect(step?.advice).toContain('NODE_EXTRA_CA_CERTS')
  })

  it('speaks no TLS where it should', async () => {
    await using server = await listen(createHttpServer())
    const origin = server.origin.replace('http:', 'https:')
    expect((await stepOf('request', connect({ '--origin': origin })))?.found).toMatch(
      /TLS|no answer/,
    )
  })

  it.each([
    ['ENOTFOUND', 'not known to the DNS'],
    ['ETIMEDOUT', 'does not answer'],
    ['CERT_HAS_EXPIRED', 'certificate has expired'],
    ['SOMETHING_NEW', 'no answer'],
  ])('fails with %s, in plain words', async (code, words) => {
    const cause = Object.assign(new Error('x'), { code })
    const failing = { fetch: async () => Promise.reject(new TypeError('fetch failed', { cause })) }
    const step = await stepOf('request', connect(), failing)
    expect(step).toMatchObject({ mark: 'bad', cause: code })
    expect(step?.found).toContain(words)
  })

  it('hangs', async () => {
    const late = Object.assign(new Error('x'), { name: 'TimeoutError' })
    const step = await stepOf('request', connect(), { fetch: async () => Promise.reject(late) })
    expect(step?.found).toContain('within 10 s')
  })

  it('has a proxy that Node does not use', async () => {
    const cause = Object.assign(new Error('x'), { code: 'ECONNREFUSED' })
    const fetch = async (): Promise<never> =>
      Promise.reject(new TypeError('fetch failed', { cause }))
    const env = { HTTPS_PROXY: 'http://user:secret@proxy:3128' }
    const step = await stepOf('request', connect(), { fetch, env })
    expect(step?.advice).toContain('NODE_USE_ENV_PROXY=1')
    expect(step?.advice).not.toContain('secret')
    const used = await stepOf('request', connect(), {
      fetch,
      env: { ...env, NODE_USE_ENV_PROXY: '1' },
    })
    expect(used?.advice).not.toContain('HTTPS_PROXY')
  })
})

describe('the command line', () => {
  it('sends the token nowhere but to the vendor', async () => {
    let requests = 0
    await using other = await listen(
      createHttpServer((_, response) => {
        requests += 1
        response.end()
      }),
    )
    const { exitCode, stderr } = await explain([...connect(), '--url', `${other.origin}/`])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('not for')
    const secret = [
      'apple-client-secret',
      '--team-id',
      'DEF123GHIJ',
      '--key-id',
      'ABC123DEFG',
      '--client-id',
      'x',
      '--key',
      keyFile,
    ]
    expect((await explain([...secret, '--url', `${other.origin}/`])).exitCode).toBe(2)
    expect(requests).toBe(0)
  })

  it('asks for what it is told to', async () => {
    const { steps } = await explain([...connect(), '--url', `${sandbox.origin}/v1/nothing`])
    expect(steps.find(({ id }) => id === 'request')?.found).toContain('/v1/nothing: 404')
  })

  it('is wrong where it is in every command', async () => {
    expect((await explain(['app-store-connect'])).exitCode).toBe(2)
    expect((await explain([...connect(), '--lifetime', '21m'])).exitCode).toBe(2)
  })

  it('prints a checklist, and what to do, in 60 columns', async () => {
    sandbox.clockOffsetMs = -3_600_000
    const world = { terminal: true, columns: 60, env: { NO_COLOR: '1' } }
    const { exitCode, stdout } = await run(['explain', ...connect()], world)
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/✗ clock: This machine’s clock is 1 h fast\./)
    expect(stdout).toContain('What to do')
    expect(stdout).toContain('timedatectl')
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60)
  })
})

function sandboxless(): string {
  return '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n'
}

/** A world in which every answer is the same. */
function answering(status: number, body: string, headers: Record<string, string> = {}): World {
  return { fetch: async () => new Response(body, { status, headers }) }
}

async function listen(
  server: Server | ReturnType<typeof createTlsServer>,
  scheme = 'http',
): Promise<AsyncDisposable & { origin: string }> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    origin: `${scheme}://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}
