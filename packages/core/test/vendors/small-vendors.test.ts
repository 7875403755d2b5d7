import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { type TokenSource, TokenManager } from '@mayfly/core'
import * as vendors from '@mayfly/core/vendors'
import { FakeClock } from '@mayfly/testing'
import jwt from 'jsonwebtoken'
import { describe, expect, it } from 'vitest'
import { TEAM } from './apple/tokens.ts'
import { CREDENTIALS } from './google/credentials.ts'

const pair = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})
const { privateKey } = pair
const SECRET = 'qwertyuiopasdfghjklzxcvbnm123456'
const clock = new FakeClock()
const NOW = clock.now() / 1000
const google = createPublicKey(CREDENTIALS.private_key)

/** Verifies a token with a library that is not ours. */
async function open(
  source: TokenSource,
  key: jwt.Secret | ReturnType<typeof createPublicKey> = pair.publicKey,
) {
  const { value } = await source.getToken()
  const opened = jwt.verify(value, key, {
    complete: true,
    ignoreExpiration: true,
    ignoreNotBefore: true,
  })
  return { header: opened.header, payload: opened.payload as jwt.JwtPayload }
}

describe('snowflake', () => {
  const spki = createPublicKey(pair.publicKey).export({ type: 'spki', format: 'der' })
  const fingerprint = `SHA256:${createHash('sha256').update(spki).digest('base64')}`
  const make = (account: string, user = 'loader') =>
    vendors.snowflake({ account, user, privateKey, clock })

  it.each([
    ['myorg-account123', 'MYORG-ACCOUNT123', 'https://myorg-account123.snowflakecomputing.com'],
    ['xy12345.us-east-1', 'XY12345', 'https://xy12345.us-east-1.snowflakecomputing.com'],
    ['xy12345.us-east-1.aws', 'XY12345', 'https://xy12345.us-east-1.aws.snowflakecomputing.com'],
    ['acct-region1.global', 'ACCT', 'https://acct-region1.global.snowflakecomputing.com'],
    ['my_org-my_acct', 'MY_ORG-MY_ACCT', 'https://my-org-my-acct.snowflakecomputing.com'],
  ])('names the account %s as %s', async (account, name, origin) => {
    const source = make(account)
    const { payload } = await open(source)
    expect(payload).toEqual({
      iss: `${name}.LOADER.${fingerprint}`,
      sub: `${name}.LOADER`,
      iat: NOW - 60,
      exp: NOW + 3480,
    })
    expect(source.origins).toEqual([origin])
  })

  it('follows a key that is exchanged, the fingerprint with it', async () => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
    let key: string = privateKey
    const source = vendors.snowflake({ account: 'a', user: 'b', privateKey: () => key, clock })
    const before = (await open(source)).payload.iss
    key = String(other.privateKey.export({ type: 'pkcs8', format: 'pem' }))
    const { payload } = await open(
      source,
      String(other.publicKey.export({ type: 'spki', format: 'pem' })),
    )
    expect(payload.iss).not.toBe(before)
  })

  it('refuses a URL in the place of the account', () => {
    for (const account of ['https://a.snowflakecomputing.com', 'a.snowflakecomputing.com', 'a/b']) {
      expect(() => make(account)).toThrow('"account"')
    }
  })
})

describe('firebaseCustomToken', () => {
  it('has the claims of the documentation, the developer’s own under "claims"', async () => {
    const source = vendors.firebaseCustomToken({
      credentials: CREDENTIALS,
      uid: 'alice',
      developerClaims: { premium: true },
      tenantId: 'tenant-1',
      clock,
    })
    const { header, payload } = await open(source, google)
    expect(header).toMatchObject({ alg: 'RS256', kid: CREDENTIALS.private_key_id })
    expect(payload).toEqual({
      iss: CREDENTIALS.client_email,
      sub: CREDENTIALS.client_email,
      aud: 'https://identitytoolkit.googleapis.com/google.identity.identitytoolkit.v1.IdentityToolkit',
      iat: NOW - 10,
      exp: NOW + 3590,
      uid: 'alice',
      tenant_id: 'tenant-1',
      claims: { premium: true },
    })
    expect(source.origins).toEqual([])
  })

  it.each([
    [{ uid: 'x'.repeat(129) }, 'uid'],
    [{ developerClaims: { firebase: 1 } }, 'developerClaims'],
    [{ developerClaims: { a: 'x'.repeat(1000) } }, 'developerClaims'],
    [{ claims: { uid: 'x' } }, 'claims'],
  ])('refuses %j', (options, option) => {
    const make = () =>
      vendors.firebaseCustomToken({ credentials: CREDENTIALS, uid: 'a', ...options })
    expect(make).toThrow(expect.objectContaining({ option }))
  })
})

describe('stream', () => {
  it('is for a user, or for the server', async () => {
    const user = vendors.stream({ apiSecret: SECRET, userId: 'alice', clock })
    expect((await open(user, SECRET)).payload).toEqual({
      user_id: 'alice',
      iat: NOW - 60,
      exp: NOW + 3540,
    })
    expect(user.origins).toEqual([])
    const server = vendors.stream({ apiSecret: SECRET, server: true, clock })
    expect((await open(server, SECRET)).payload).toMatchObject({ server: true })
    expect(server.origins).toContain('https://chat.stream-io-api.com')
    expect(new TokenManager(server).header).toEqual({ scheme: '' })
    for (const options of [{}, { userId: 'a', server: true }]) {
      expect(() => vendors.stream({ apiSecret: SECRET, ...options })).toThrow('"userId"')
    }
  })
})

describe('ably', () => {
  it('takes the key apart, and writes the capability as text', async () => {
    const capability = { 'chat:*': ['subscribe'] }
    const source = vendors.ably({
      apiKey: `app1.key1:${SECRET}`,
      clientId: 'alice',
      capability,
      clock,
    })
    const { header, payload } = await open(source, SECRET)
    expect(header).toEqual({ alg: 'HS256', typ: 'JWT', kid: 'app1.key1' })
    expect(payload).toEqual({
      iat: NOW - 60,
      exp: NOW + 3540,
      'x-ably-clientId': 'alice',
      'x-ably-capability': JSON.stringify(capability),
    })
  })

  it('refuses half a key, and shows none of it', () => {
    for (const apiKey of [SECRET, 'app1.key1', `app1:${SECRET}`, `app1.key1:${SECRET}\n`]) {
      const make = () => vendors.ably({ apiKey })
      expect(make).toThrow('"apiKey"')
      expect(make).not.toThrow(SECRET.slice(0, 8))
    }
  })
})

describe('muxPlayback and cloudflareStream', () => {
  it('sign one video for a player, without iat', async () => {
    const mux = vendors.muxPlayback({
      keyId: 'key1',
      privateKey,
      playbackId: 'play1',
      type: 'thumbnail',
      params: { time: 10 },
      clock,
    })
    const { header, payload } = await open(mux)
    expect(header).toMatchObject({ alg: 'RS256', kid: 'key1' })
    expect(payload).toEqual({ sub: 'play1', aud: 't', exp: NOW + 43_140, kid: 'key1', time: 10 })
    const rules = [{ type: 'any', action: 'block' }]
    const cloudflare = vendors.cloudflareStream({
      keyId: 'key2',
      privateKey,
      videoId: 'video1',
      downloadable: false,
      notBefore: NOW,
      accessRules: rules,
      clock,
    })
    expect((await open(cloudflare)).payload).toEqual({
      sub: 'video1',
      kid: 'key2',
      exp: NOW + 3540,
      nbf: NOW,
      downloadable: false,
      accessRules: rules,
    })
  })

  it('take the key as base64 of its PEM, as both hand it out', async () => {
    const base64 = Buffer.from(privateKey).toString('base64')
    const mux = vendors.muxPlayback({
      keyId: 'key1',
      privateKey: base64,
      playbackId: 'play1',
      clock,
    })
    expect((await open(mux)).payload.sub).toBe('play1')
  })
})

describe('the limits of the small vendors', () => {
  it.each<[number, (lifetime: number) => TokenSource]>([
    [3600, (lifetime) => vendors.snowflake({ account: 'a', user: 'b', privateKey, lifetime })],
    [
      3600,
      (lifetime) => vendors.firebaseCustomToken({ credentials: CREDENTIALS, uid: 'a', lifetime }),
    ],
    [86_400, (lifetime) => vendors.ably({ apiKey: `a.b:${SECRET}`, lifetime })],
    [
      86_400,
      (lifetime) => vendors.cloudflareStream({ keyId: 'a', privateKey, videoId: 'b', lifetime }),
    ],
  ])('hold at %i seconds', (cap, make) => {
    expect(make(cap).maxLifetime).toBe(cap)
    expect(() => make(cap + 1)).toThrow(expect.objectContaining({ option: 'lifetime' }))
  })
})

describe('googleIdToken', () => {
  const audience = 'https://orders-abc.a.run.app'
  const idToken = (claims: object) => jwt.sign({ aud: audience, ...claims }, 'x')

  it('asks for a token of the target audience, and gives what Google signed', async () => {
    const forms: URLSearchParams[] = []
    const value = idToken({ iat: NOW, exp: NOW + 3600 })
    const fetch: typeof globalThis.fetch = async (_, init) => {
      forms.push(init?.body as URLSearchParams)
      return Response.json({ id_token: value })
    }
    const source = vendors.googleIdToken({ credentials: CREDENTIALS, audience, fetch, clock })
    expect(await source.getToken()).toMatchObject({ expiresAt: NOW + 3600, origins: [audience] })
    expect((await source.getToken()).value).toBe(value)
    const assertion = jwt.verify(forms[0]?.get('assertion') ?? '', google, {
      ignoreExpiration: true,
    })
    expect(assertion).toMatchObject({
      iss: CREDENTIALS.client_email,
      aud: CREDENTIALS.token_uri,
      target_audience: audience,
    })
  })

  it('needs origins for an audience that is no URL, and a JWT in the answer', async () => {
    const make = (options: object) =>
      vendors.googleIdToken({
        credentials: CREDENTIALS,
        audience: '123.apps.googleusercontent.com',
        clock,
        ...options,
      })
    expect(() => make({})).toThrow('"origins"')
    const origins = ['https://iap.example.com']
    for (const answer of [{}, { id_token: 'opaque' }]) {
      const fetch = async () => Response.json(answer)
      await expect(make({ origins, fetch }).getToken()).rejects.toMatchObject({
        code: 'ERR_TOKEN_UNUSABLE',
      })
    }
  })
})

describe('App Store Connect Enterprise', () => {
  it('has an audience and a server of its own', async () => {
    const { keyId, privateKey: key } = TEAM
    const source = vendors.appStoreConnect({
      keyId,
      privateKey: key,
      issuerId: 'issuer',
      enterprise: true,
    })
    const { value } = await source.getToken()
    expect(jwt.decode(value)).toMatchObject({ aud: 'apple-developer-enterprise-v1', iss: 'issuer' })
    expect(source.origins).toEqual(['https://api.enterprise.developer.apple.com'])
  })
})

describe('Google credentials as people have them', () => {
  const text = JSON.stringify(CREDENTIALS)
  const { client_email, private_key, private_key_id, token_uri } = CREDENTIALS
  const forms: readonly (readonly [string, unknown])[] = [
    ['text', text],
    ['text with white space around it', `\n ${text}\n`],
    ['base64', Buffer.from(text).toString('base64')],
    ['base64 in lines', Buffer.from(text).toString('base64').replaceAll(/.{76}/g, '$&\n')],
    ['base64url', Buffer.from(text).toString('base64url')],
    ['text in single quotes', `'${text}'`],
    ['text in double quotes', `"${text}"`],
    ['a JSON string of the text', JSON.stringify(text)],
    [
      'camel case',
      {
        clientEmail: client_email,
        privateKey: private_key,
        privateKeyId: private_key_id,
        tokenUri: token_uri,
      },
    ],
    ['capitals', { CLIENT_EMAIL: client_email, PRIVATE_KEY: private_key }],
    ['a prefix', { GOOGLE_CLIENT_EMAIL: client_email, GOOGLE_PRIVATE_KEY: private_key }],
    [
      'line ends as two characters',
      { ...CREDENTIALS, private_key: private_key.replaceAll('\n', String.raw`\n`) },
    ],
  ]

  it.each(forms)('%s', async (_what, credentials) => {
    const options = {
      credentials: credentials as string,
      audience: 'https://pubsub.googleapis.com/',
      clock,
    }
    const { payload } = await open(vendors.googleServiceAccount(options), google)
    expect(payload.iss).toBe(client_email)
  })
})

describe('exchangedSource', () => {
  const usual = { id: 'mine', origins: ['https://api.example.com'] }
  const url = new URL('https://api.example.com/login')

  it('is a vendor that hands tokens out', async () => {
    const fetch = async () => Response.json({ jwt: 'opaque', ttl: 60 })
    const source = vendors.exchangedSource({
      ...usual,
      fetch,
      clock,
      request: () => ({ url, body: '{}' }),
      read: ({ text }) => ({ value: JSON.parse(text).jwt, expiresIn: JSON.parse(text).ttl }),
    })
    expect(await source.getToken()).toMatchObject({ value: 'opaque', expiresAt: NOW + 60 })
  })

  it('sends no credentials in the clear, and knows its options', async () => {
    const source = vendors.exchangedSource({
      ...usual,
      request: () => ({ url: new URL('http://api.example.com/') }),
    })
    await expect(source.getToken()).rejects.toMatchObject({ option: 'url' })
    for (const [options, option] of [
      [{ reqest: 1 }, 'reqest'],
      [{ request: 1 }, 'request'],
      [{ id: '' }, 'id'],
    ] as const) {
      const make = () =>
        vendors.exchangedSource({ ...usual, request: () => ({ url }), ...options } as never)
      expect(make).toThrow(expect.objectContaining({ option }))
    }
  })
})
