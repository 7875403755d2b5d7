import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { inspect } from 'node:util'
import { importKey, type Jwk, TokenManager, type TokenSource } from '@mayfly/core'
import { type AppStoreConnectOptions, appStoreConnect } from '@mayfly/core/vendors'
import { FakeClock } from '@mayfly/testing'
import jwt from 'jsonwebtoken'
import { describe, expect, it } from 'vitest'

const { privateKey, publicKey } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})
const TEAM = {
  keyId: '2X9R4HXF34',
  issuerId: '57246542-96fe-1a63e053-0824d011072a',
  privateKey,
} as const
const LONG_SCOPE = ['GET /v1/ciBuildRuns/1', 'GET /v1/apps/1/perfPowerMetrics']

async function claimsOf(source: TokenSource): Promise<jwt.Jwt> {
  const { value } = await source.getToken()
  return jwt.verify(value, publicKey, {
    algorithms: ['ES256'],
    complete: true,
    ignoreExpiration: true,
  })
}

describe('appStoreConnect', () => {
  it('makes the token of Apple’s documented sample, claim by claim', async () => {
    const clock = new FakeClock(1_528_407_660_000)
    const scope = ['GET /v1/apps?filter[platform]=IOS']
    const { header, payload } = await claimsOf(appStoreConnect({ ...TEAM, scope, clock }))
    expect(header).toEqual({ alg: 'ES256', kid: '2X9R4HXF34', typ: 'JWT' })
    expect(payload).toEqual({
      iss: '57246542-96fe-1a63e053-0824d011072a',
      iat: 1_528_407_600,
      exp: 1_528_408_800,
      aud: 'appstoreconnect-v1',
      scope,
    })
  })

  it('makes an individual key’s token with sub and without iss', async () => {
    const { keyId } = TEAM
    const { payload } = await claimsOf(appStoreConnect({ keyId, privateKey, individual: true }))
    expect(payload).toMatchObject({ sub: 'user', aud: 'appstoreconnect-v1' })
    expect(payload).not.toHaveProperty('iss')
  })

  it('is dated by the server’s clock where the caller knows it', async () => {
    const clock = new FakeClock()
    const server = { now: () => clock.now() + 7_200_000 }
    const token = await appStoreConnect({ ...TEAM, clock }).getToken({ clock: server })
    expect(token.issuedAt).toBe(1_700_007_200 - 60)
    expect(token).toMatchObject({ expiresAt: token.issuedAt + 1200, keyId: TEAM.keyId })
    expect(token.origins).toEqual(['https://api.appstoreconnect.apple.com'])
  })

  it('says before the first token how long its tokens last', () => {
    expect(appStoreConnect(TEAM).lifetime).toBe(1140)
  })

  it('takes a lifetime of six months for scopes that allow it', async () => {
    const source = appStoreConnect({ ...TEAM, scope: LONG_SCOPE, lifetime: 15_777_000 })
    const { payload } = await claimsOf(source)
    expect(payload).toMatchObject({ scope: LONG_SCOPE })
  })

  it('is reused for 20 minutes at the most, however long it lives', async () => {
    const clock = new FakeClock()
    const source = appStoreConnect({ ...TEAM, scope: LONG_SCOPE, lifetime: 15_777_000, clock })
    const manager = new TokenManager(source, { clock, random: () => 0 })
    const { value } = await manager.getToken()
    clock.advanceSeconds(854)
    expect((await manager.getToken()).value).toBe(value)
    clock.advanceSeconds(286)
    expect((await manager.getToken()).value).not.toBe(value)
  })

  it('puts claims of one’s own beside Apple’s', async () => {
    const { payload } = await claimsOf(appStoreConnect({ ...TEAM, claims: { note: 'ours' } }))
    expect(payload).toMatchObject({ note: 'ours', aud: 'appstoreconnect-v1' })
  })

  it('gives every token a new id where ids are asked for', async () => {
    const source = appStoreConnect({ ...TEAM, tokenId: () => crypto.randomUUID() })
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => (await claimsOf(source)).payload),
    )
    expect(new Set(ids.map((payload) => (payload as jwt.JwtPayload).jti)).size).toBe(20)
  })

  const bad: readonly [string, object, string][] = [
    ['no key id', { keyId: undefined }, 'keyId'],
    ['no issuer id on a team key', { issuerId: undefined }, 'issuerId'],
    ['an issuer id on an individual key', { individual: true }, 'issuerId'],
    ['no key', { privateKey: undefined }, 'privateKey'],
    ['one second more than 20 minutes', { lifetime: 1201 }, 'lifetime'],
    ['milliseconds', { lifetime: 1_200_000_000_000 }, 'lifetime'],
    ['part of a second', { lifetime: 600.5 }, 'lifetime'],
    ['no time at all', { lifetime: 0 }, 'lifetime'],
    ['more than six months, scoped', { scope: LONG_SCOPE, lifetime: 15_777_001 }, 'lifetime'],
    [
      'more than 20 minutes with one scope that does not allow it',
      { scope: [...LONG_SCOPE, 'GET /v1/apps'], lifetime: 1201 },
      'lifetime',
    ],
    ['a backdate as long as the lifetime', { backdate: 1200 }, 'backdate'],
    ['a scope for POST', { scope: ['POST /v1/apps'] }, 'scope'],
    ['a scope without a path', { scope: ['GET'] }, 'scope'],
    ['a scope that is one string', { scope: 'GET /v1/apps' }, 'scope'],
    ['an empty scope', { scope: [] }, 'scope'],
    ['a claim that replaces Apple’s', { claims: { aud: 'other' } }, 'claims'],
    ['a claim that replaces a date', { claims: { exp: 1 } }, 'claims'],
    ['a fixed token id', { tokenId: 'same' }, 'tokenId'],
    ['an origin with a path', { origins: ['https://example.com/v1'] }, 'origins'],
    ['an origin in the clear', { origins: ['http://example.com'] }, 'origins'],
  ]
  for (const [what, options, option] of bad) {
    it(`refuses ${what} when the source is made`, () => {
      expect(() => appStoreConnect({ ...TEAM, ...options })).toThrow(
        expect.objectContaining({ name: 'OptionError', option }),
      )
    })
  }

  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
  const badKeys: readonly [string, unknown, string][] = [
    ['a public key', publicKey, 'ERR_KEY_PUBLIC'],
    ['a key of another curve', p384.export({ type: 'pkcs8', format: 'pem' }), 'ERR_KEY_CURVE'],
    ['an empty text', '', 'ERR_KEY_EMPTY'],
    ['text that is no key', 'AuthKey_2X9R4HXF34.p8', 'ERR_KEY_FORMAT'],
  ]
  for (const [what, key, code] of badKeys) {
    it(`refuses ${what} when the source is made`, () => {
      const options = { ...TEAM, privateKey: key } as AppStoreConnectOptions
      expect(() => appStoreConnect(options)).toThrow(
        expect.objectContaining({ name: 'KeyError', code }),
      )
    })
  }

  const good: readonly [string, string][] = [
    ['with its line ends as two characters', privateKey.replaceAll('\n', '\\n')],
    ['as base64 of the PEM text', Buffer.from(privateKey).toString('base64')],
  ]
  for (const [what, key] of good) {
    it(`takes a key ${what}, as environment variables have it`, async () => {
      const { payload } = await claimsOf(appStoreConnect({ ...TEAM, privateKey: key }))
      expect(payload).toMatchObject({ iss: TEAM.issuerId })
    })
  }

  it('takes a signer outside of this process, under the key id that it is told', async () => {
    const key = await importKey(privateKey, 'ES256')
    const signer = { algorithm: 'ES256', sign: (data: Uint8Array) => key.sign(data) } as const
    const { header } = await claimsOf(appStoreConnect({ ...TEAM, privateKey: signer }))
    expect(header).toMatchObject({ kid: TEAM.keyId })
    const other = { ...signer, algorithm: 'ES384' } as const
    await expect(appStoreConnect({ ...TEAM, privateKey: other }).getToken()).rejects.toMatchObject({
      option: 'key',
    })
  })

  it('takes the id of the key itself where it is told none', async () => {
    const { issuerId } = TEAM
    const key = await importKey(privateKey, 'ES256', { keyId: 'OWN' })
    const jwk = { ...createPrivateKey(privateKey).export({ format: 'jwk' }), kid: 'OWN' } as Jwk
    for (const own of [key, jwk, () => key, async () => jwk]) {
      const { header } = await claimsOf(appStoreConnect({ issuerId, privateKey: own }))
      expect(header).toMatchObject({ kid: 'OWN' })
    }
  })

  it('signs nothing with a callback’s key that has no id', async () => {
    const { issuerId } = TEAM
    const source = appStoreConnect({ issuerId, privateKey: () => privateKey })
    await expect(source.getToken()).rejects.toMatchObject({ option: 'keyId' })
  })

  it('names the nearest option for a misspelt one', () => {
    expect(() => appStoreConnect({ ...TEAM, keyID: 'x' } as AppStoreConnectOptions)).toThrow(
      'Did you mean "keyId"?',
    )
  })

  it('has an id that follows everything that changes the token, and shows none of it', () => {
    const base = appStoreConnect({ ...TEAM }).id
    expect(appStoreConnect({ ...TEAM }).id).toBe(base)
    const others = [
      { ...TEAM, keyId: 'OTHER' },
      { ...TEAM, issuerId: 'other' },
      { ...TEAM, scope: ['GET /v1/apps'] },
      { ...TEAM, lifetime: 600 },
      { ...TEAM, backdate: 0 },
      { ...TEAM, claims: { a: 1 } },
      { ...TEAM, origins: ['https://sandbox.example'] },
    ].map((options) => appStoreConnect(options).id)
    expect(new Set([base, ...others]).size).toBe(others.length + 1)
    expect([base, ...others].join()).not.toContain(TEAM.issuerId)
  })

  it('changes none of its options and keeps none', async () => {
    const scope = ['GET /v1/apps']
    const options = { ...TEAM, scope }
    const source = appStoreConnect(options)
    scope.push('GET /v1/users')
    const { payload } = await claimsOf(source)
    expect(payload).toMatchObject({ scope: ['GET /v1/apps'] })
  })

  it('shows no key in inspect or JSON', () => {
    const source = appStoreConnect(TEAM)
    const seen = inspect(source, { depth: 10, showHidden: true }) + JSON.stringify(source)
    expect(seen).not.toContain(privateKey.split('\n')[1])
  })
})
