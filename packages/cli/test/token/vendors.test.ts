import { createHmac, generateKeyPairSync, type KeyObject, randomBytes, verify } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  judgeLiveKitToken,
  judgeTwilioToken,
  judgeZoomMeetingSdkToken,
  judgeZoomVideoSdkToken,
  startAppStoreConnectSandbox,
  startAppStoreServerSandbox,
  startGithubSandbox,
  startGoogleSandbox,
  startOAuthSandbox,
  startVoicegainSandbox,
  startVonageSandbox,
  startZoomSandbox,
} from '@mayfly/sandboxes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { claimsOf } from '../../src/token/decode.ts'
import { args, run } from '../support/run.ts'

const SECRET = randomBytes(32).toString('hex')
let folder = ''
let appleKey = ''
let publicKey: KeyObject

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mayfly-cli-'))
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  appleKey = file('AuthKey.p8', pair.privateKey.export({ type: 'pkcs8', format: 'pem' }))
  publicKey = pair.publicKey
})

afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string | Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** Runs `mayfly token …`, which must print one line that is the token. */
async function token(argv: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await run(['token', ...argv], { env: { SECRET, ...env } })
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(stdout).toMatch(/^\S+\n$/)
  return stdout.trim()
}

interface Judge {
  readonly origin: string
  readonly accepted: number
  readonly refusals: object
}

/** Verifies an ES256 token by hand, and gives its parts. */
function verified(jwt: string): {
  payload: Readonly<Record<string, unknown>>
  protectedHeader: unknown
} {
  const [head = '', body = '', signature = ''] = jwt.split('.')
  const key = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const
  const data = Buffer.from(`${head}.${body}`)
  expect(verify('sha256', data, key, Buffer.from(signature, 'base64url'))).toBe(true)
  return {
    payload: claimsOf(jwt) ?? {},
    protectedHeader: JSON.parse(Buffer.from(head, 'base64url').toString()) as unknown,
  }
}

/** Sends the token to a sandbox, which must take it. */
async function accepts(sandbox: Judge, path: string, bearer: string): Promise<void> {
  const headers = { authorization: `Bearer ${bearer}`, origin: 'http://localhost:8088' }
  await fetch(sandbox.origin + path, { headers })
  expect(sandbox.refusals).toEqual({})
  expect(sandbox.accepted).toBeGreaterThan(0)
}

describe('a token of a vendor’s command is taken by the vendor', () => {
  it('App Store Connect, with a team key', async () => {
    await using sandbox = await startAppStoreConnectSandbox()
    const { keyId, issuerId, privateKey } = sandbox.credentials
    const key = file('team.p8', privateKey)
    const made = await token([
      'app-store-connect',
      ...args('--key-id', keyId, '--issuer-id', issuerId, '--key', key),
    ])
    await accepts(sandbox, '/v1/apps', made)
  })

  it('App Store Connect, with an individual key', async () => {
    const made = await token([
      'app-store-connect',
      ...args('--key-id', 'ABC', '--individual', '--key', appleKey, '--scope', 'GET /v1/apps'),
      ...args('--lifetime', '10m', '--backdate', '5s'),
    ])
    const { payload } = verified(made)
    expect(payload).toMatchObject({ sub: 'user', scope: ['GET /v1/apps'] })
    expect(Number(payload['exp']) - Number(payload['iat'])).toBe(600)
  })

  it('App Store Server', async () => {
    await using sandbox = await startAppStoreServerSandbox({ transactionIds: ['2000000123456789'] })
    const { keyId, issuerId, bundleId, privateKey } = sandbox.credentials
    const made = await token([
      'app-store-server',
      ...args('--key-id', keyId, '--issuer-id', issuerId, '--bundle-id', bundleId),
      ...args('--key', file('server.p8', privateKey)),
    ])
    await accepts(sandbox, '/inApps/v1/transactions/2000000123456789', made)
  })

  it.each([
    ['apns', [], { iss: 'TEAM' }],
    ['music-kit', ['--web-origin', 'https://a.example'], { origin: ['https://a.example'] }],
    ['weather-kit', ['--service-id', 'com.example.weather'], { sub: 'com.example.weather' }],
    ['apple-client-secret', ['--client-id', 'com.example.web'], { sub: 'com.example.web' }],
  ])('%s', async (name, options, claims) => {
    const made = await token([
      name,
      ...args('--team-id', 'TEAM', '--key-id', 'ABC', '--key', appleKey),
      ...options,
    ])
    const { payload, protectedHeader } = verified(made)
    expect(payload).toMatchObject(claims)
    expect(protectedHeader).toMatchObject({ alg: 'ES256', kid: 'ABC' })
  })

  it('Zoom Video SDK, with the seed’s two days', async () => {
    const made = await token([
      'zoom-video-sdk',
      ...args('--sdk-key', 'KEY', '--topic', 'Cool Cars', '--role', 'host', '--lifetime', '48h'),
      ...args('--geo-regions', 'US,CA', '--cloud-recording-option', '1', '--secret-env', 'SECRET'),
    ])
    const judge = { sdkKey: 'KEY', sdkSecret: SECRET, topic: 'Cool Cars' }
    expect(judgeZoomVideoSdkToken(made, judge)).toMatchObject({ accepted: true })
    const { iat, exp, role_type, cloud_recording_option } = claimsOf(made) ?? {}
    expect(Number(exp) - Number(iat)).toBe(172_800)
    expect([role_type, cloud_recording_option]).toEqual([1, 1])
  })

  it('Zoom Meeting SDK', async () => {
    const made = await token([
      'zoom-meeting-sdk',
      ...args('--client-id', 'ID', '--meeting-number', '123456789', '--role', 'participant'),
      ...args('--secret-env', 'SECRET'),
    ])
    const judge = { clientId: 'ID', clientSecret: SECRET, client: 'web' } as const
    expect(judgeZoomMeetingSdkToken(made, judge)).toMatchObject({ accepted: true })
  })

  it('Zoom, server to server', async () => {
    await using sandbox = await startZoomSandbox()
    const { accountId, clientId, clientSecret } = sandbox.credentials
    const made = await token([
      'zoom-server-to-server',
      ...args('--account-id', accountId, '--client-id', clientId, '--origin', sandbox.origin),
      ...args('--token-endpoint', `${sandbox.origin}/oauth/token`, '--timeout', '5s'),
      ...args('--secret-file', file('zoom.txt', `${clientSecret}\n`)),
    ])
    await accepts(sandbox, '/v2/users/me', made)
  })

  it('Vonage', async () => {
    await using sandbox = await startVonageSandbox()
    const { applicationId, privateKey } = sandbox.credentials
    const made = await token([
      'vonage',
      ...args('--application-id', applicationId, '--key', file('private.key', privateKey)),
    ])
    await accepts(sandbox, '/v1/calls', made)
    const user = await token([
      'vonage',
      ...args('--application-id', applicationId, '--key', join(folder, 'private.key')),
      ...args('--subject', 'alice', '--client-sdk', '--acl-path', '/*/more/**'),
      ...args('--not-before', '2020-01-01T00:00:00Z'),
    ])
    const { acl, ...claims } = claimsOf(user) ?? {}
    expect(claims).toMatchObject({ sub: 'alice', nbf: 1_577_836_800 })
    expect(Object.keys((acl as { paths: object }).paths)).toHaveLength(11)
  })

  it('Telesign', async () => {
    const key = randomBytes(64)
    const made = await token(
      [
        'telesign',
        ...args('--customer-id', 'FFFFFFFF-EEEE-DDDD-1234-AB1234567890'),
        ...args('--phone-number', '15555551212', '--external-id', 'order-1', '--secret-env', 'KEY'),
      ],
      { KEY: key.toString('base64') },
    )
    const [head, body, signature] = made.split('.')
    const expected = createHmac('sha256', key).update(`${head}.${body}`).digest('base64url')
    expect(signature).toBe(expected)
    expect(claimsOf(made)).toMatchObject({ phn: '15555551212', xid: 'order-1' })
  })

  it('Voicegain', async () => {
    await using sandbox = await startVoicegainSandbox()
    const made = await token(
      [
        'voicegain',
        ...args('--audience', 'localhost:8088', '--lifetime', '60s', '--base-url', sandbox.origin),
        ...args('--secret-env', 'CONSOLE_JWT'),
      ],
      { CONSOLE_JWT: sandbox.credentials.consoleToken },
    )
    await accepts(sandbox, '/v1/sa/config', made)
    const { iat, exp } = claimsOf(made) ?? {}
    expect(Number(exp) - Number(iat)).toBe(60)
  })

  it('Twilio', async () => {
    const sids = { accountSid: `AC${'1'.repeat(32)}`, keySid: `SK${'2'.repeat(32)}` }
    const made = await token([
      'twilio',
      ...args('--account-sid', sids.accountSid, '--key-sid', sids.keySid, '--identity', 'alice'),
      ...args('--grant', 'video.room=cars', '--grant', 'voice.incoming.allow:=true'),
      ...args('--secret-env', 'SECRET'),
    ])
    const judge = { ...sids, keySecret: SECRET }
    expect(judgeTwilioToken(made, judge)).toMatchObject({ accepted: true })
    expect(claimsOf(made)?.['grants']).toEqual({
      identity: 'alice',
      video: { room: 'cars' },
      voice: { incoming: { allow: true } },
    })
  })

  it('LiveKit', async () => {
    const made = await token([
      'live-kit',
      ...args('--api-key', 'APIMmxiL8rquKzt', '--identity', 'alice', '--secret-env', 'SECRET'),
      ...args('--grant', 'room=cars', '--grant', 'roomJoin', '--grant', 'canPublish:=false'),
      ...args('--attribute', 'seat=12'),
    ])
    const judge = { apiKey: 'APIMmxiL8rquKzt', apiSecret: SECRET, room: 'cars' }
    expect(judgeLiveKitToken(made, judge)).toMatchObject({ accepted: true })
    expect(claimsOf(made)).toMatchObject({
      video: { room: 'cars', roomJoin: true, canPublish: false },
      attributes: { seat: '12' },
    })
  })

  it('GitHub, an app and one of its installations', async () => {
    await using sandbox = await startGithubSandbox()
    const { appId, privateKey } = sandbox.credentials
    const app = ['--app-id', appId, '--key-env', 'KEY', '--base-url', sandbox.origin]
    const env = { KEY: privateKey.replaceAll('\n', '\\n') }
    await accepts(sandbox, '/app', await token(['github-app', ...app], env))
    const installation = await token(
      [
        'github-installation',
        ...app,
        ...args(
          '--installation-id',
          String(sandbox.installationId),
          '--permission',
          'contents=read',
        ),
      ],
      env,
    )
    await accepts(sandbox, '/installation/repositories', installation)
  })

  it('Google, a service account', async () => {
    await using sandbox = await startGoogleSandbox()
    const key = file('service-account.json', JSON.stringify(sandbox.credentials))
    const made = await token([
      'google-service-account',
      ...args('--key', key, '--origin', sandbox.origin),
      ...args('--scope', 'https://www.googleapis.com/auth/devstorage.read_only'),
    ])
    await accepts(sandbox, '/storage/v1/b/bucket', made)
  })

  it('OAuth client credentials, with a secret and with a key', async () => {
    await using sandbox = await startOAuthSandbox()
    const { bySecret, byKey } = { bySecret: sandbox.credentials, byKey: sandbox.keyCredentials }
    const server = ['--issuer', sandbox.issuer, '--origin', sandbox.origin]
    const secret = await token(
      ['client-credentials', ...server, '--client-id', bySecret.clientId, '--secret-env', 'CLIENT'],
      { CLIENT: bySecret.clientSecret },
    )
    await accepts(sandbox, '/orders', secret)
    const signed = await token([
      'client-credentials',
      ...server,
      ...args('--client-id', byKey.clientId, '--key-id', byKey.keyId),
      ...args('--key', file('client.pem', byKey.privateKey)),
    ])
    await accepts(sandbox, '/orders', signed)
  })

  it('any server that takes a JWT', async () => {
    const made = await token([
      'jwt',
      ...args('--algorithm', 'ES256', '--key', appleKey, '--key-id', 'k1', '--issuer', 'me'),
      ...args('--audience', 'https://api.example.com', '--claim', 'roles:=["a","b"]', '--jti'),
      ...args('--header-field', 'typ=at+jwt'),
    ])
    const { payload, protectedHeader } = verified(made)
    expect(payload).toMatchObject({
      roles: ['a', 'b'],
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    expect(Number(payload['exp']) - Number(payload['iat'])).toBe(300)
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: 'k1' })
    const hmac = await token([
      'jwt',
      ...args('--algorithm', 'HS256', '--secret-env', 'SECRET', '--secret-encoding', 'hex'),
    ])
    const [head, body, signature] = hmac.split('.')
    const digest = createHmac('sha256', Buffer.from(SECRET, 'hex')).update(`${head}.${body}`)
    expect(signature).toBe(digest.digest('base64url'))
  })
})
