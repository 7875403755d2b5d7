import { generateKeyPairSync } from 'node:crypto'
import { inspect } from 'node:util'
import { type TokenSource, verifyCompact } from '@mayfly/core'
import { VONAGE_CLIENT_SDK_ACL, vonage, type VonageOptions } from '@mayfly/core/vendors'
import { FakeClock } from '@mayfly/testing'
import { type GeneratorOptions, tokenGenerate, verifySignature } from '@vonage/jwt'
import jwt from 'jsonwebtoken'
import { describe, expect, it } from 'vitest'

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})
const applicationId = 'aaaaaaaa-bbbb-cccc-dddd-0123456789ab'
const APPLICATION = { applicationId, privateKey } as const
const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const NOW = 1_700_000_000

interface Decoded {
  readonly header: unknown
  readonly claims: jwt.JwtPayload
}

async function decodedOf(source: TokenSource): Promise<Decoded> {
  return decoded((await source.getToken()).value)
}

/** Checks a token with a library that is not ours. */
function decoded(token: string): Decoded {
  const { header, payload } = jwt.verify(token, publicKey, {
    algorithms: ['RS256'],
    complete: true,
    ignoreExpiration: true,
    ignoreNotBefore: true,
  })
  if (typeof payload === 'string') throw new Error('The payload is no object.')
  return { header, claims: payload }
}

describe('vonage', () => {
  it('makes an application’s token with every claim that Vonage wants', async () => {
    const { header, claims } = await decodedOf(vonage({ ...APPLICATION, clock: new FakeClock() }))
    expect(header).toEqual({ alg: 'RS256', typ: 'JWT' })
    expect(claims).toEqual({
      application_id: applicationId,
      iat: NOW - 60,
      exp: NOW + 840,
      jti: expect.stringMatching(UUID_V4),
    })
  })

  it('makes a user’s token for a client SDK', async () => {
    const options = { ...APPLICATION, subject: 'alice', acl: VONAGE_CLIENT_SDK_ACL }
    const { claims } = await decodedOf(vonage(options))
    expect(claims.sub).toBe('alice')
    expect(Object.keys(claims['acl'].paths)).toEqual(
      'users conversations sessions devices image media applications push knocking legs'
        .split(' ')
        .map((name) => `/*/${name}/**`),
    )
    expect(
      new Set(Object.values(claims['acl'].paths).map((rules) => JSON.stringify(rules))),
    ).toEqual(new Set(['{}']))
  })

  it('writes notBefore as nbf', async () => {
    const clock = new FakeClock()
    const { claims } = await decodedOf(vonage({ ...APPLICATION, notBefore: NOW + 300, clock }))
    expect(claims).toMatchObject({ nbf: NOW + 300, iat: NOW - 60, exp: NOW + 840 })
  })

  it.each([
    [840, {}],
    [60, { lifetime: 60, backdate: 0 }],
    [45, { lifetime: 60 }],
  ])('is not made for tokens that would end before they begin, in %i s: %o', (end, more) => {
    const options = { ...APPLICATION, ...more, clock: new FakeClock() }
    expect(() => vonage({ ...options, notBefore: NOW + end - 1 })).not.toThrow()
    for (const notBefore of [NOW + end, NOW + 86_400 * 365]) {
      expect(() => vonage({ ...options, notBefore })).toThrow(
        expect.objectContaining({
          name: 'OptionError',
          option: 'notBefore',
          message: expect.stringContaining(`ends at ${NOW + end}`),
        }),
      )
    }
  })

  it('gives no token that ends before it begins where the clock was set back, or Vonage’s is behind', async () => {
    const clock = new FakeClock()
    const source = vonage({ ...APPLICATION, notBefore: NOW + 839, clock })
    const behind = { now: () => clock.now() - 1000 }
    await expect(source.getToken({ clock: behind })).rejects.toMatchObject({ option: 'notBefore' })
    await expect(source.getToken()).resolves.toMatchObject({ expiresAt: NOW + 840 })
    clock.set(clock.now() - 1000)
    await expect(source.getToken()).rejects.toMatchObject({ option: 'notBefore' })
  })

  it('gives the second token the lifetime of the first, and an id of its own', async () => {
    const source = vonage({ ...APPLICATION, lifetime: 120 })
    const tokens = await Promise.all(Array.from({ length: 20 }, () => decodedOf(source)))
    expect(new Set(tokens.map(({ claims }) => claims.jti)).size).toBe(20)
    expect(new Set(tokens.map(({ claims: { iat = 0, exp = 0 } }) => exp - iat))).toEqual(
      new Set([120]),
    )
  })

  it('is for Vonage’s two hosts, or for others by option', async () => {
    const origins = ['https://api-eu.vonage.com']
    expect(vonage(APPLICATION).origins).toEqual(['https://api.nexmo.com', 'https://api.vonage.com'])
    expect((await vonage({ ...APPLICATION, origins }).getToken()).origins).toEqual(origins)
  })

  it.each([
    ['lifetime', 30, 29],
    ['lifetime', 86_400, 86_401],
    ['notBefore', NOW, NOW * 1000],
    ['subject', 'x'.repeat(1024), 'x'.repeat(1025)],
    ['applicationId', 'x'.repeat(128), 'x'.repeat(129)],
  ])('takes a %s of %s, and not of %s', (option, good, bad) => {
    expect(() => vonage({ ...APPLICATION, [option]: good })).not.toThrow()
    expect(() => vonage({ ...APPLICATION, [option]: bad })).toThrow(
      expect.objectContaining({ name: 'OptionError', option }),
    )
  })

  const bad: readonly [string, object, string][] = [
    ['no application', { applicationId: undefined }, 'applicationId'],
    ['no key', { privateKey: undefined }, 'privateKey'],
    ['a key that is a number', { privateKey: 7 }, 'privateKey'],
    ['an empty user name', { subject: '' }, 'subject'],
    ['part of a second', { lifetime: 60.5 }, 'lifetime'],
    ['a fixed token id', { tokenId: 'same' }, 'tokenId'],
    ['a claim that replaces Vonage’s', { claims: { application_id: 'other' } }, 'claims'],
    ['a claim that stands for an option', { claims: { nbf: NOW } }, 'claims'],
    ['an ACL that is a list', { acl: ['/*/users/**'] }, 'acl'],
    ['an ACL without paths', { acl: {} }, 'acl'],
    ['an ACL of no paths', { acl: { paths: {} } }, 'acl'],
    ['an ACL whose paths are a list', { acl: { paths: ['/*/users/**'] } }, 'acl'],
    ['an ACL with more than paths', { acl: { paths: { '/a': {} }, path: {} } }, 'acl'],
    ['a path that is no object', { acl: { paths: { '/*/users/**': true } } }, 'acl'],
    ['a path that is relative', { acl: { paths: { 'users/**': {} } } }, 'acl'],
    ['a path with a query', { acl: { paths: { '/users?x=1': {} } } }, 'acl'],
    ['methods that are no list', { acl: { paths: { '/a': { methods: 'GET' } } } }, 'acl'],
    ['methods in small letters', { acl: { paths: { '/a': { methods: ['get'] } } } }, 'acl'],
    ['no methods at all', { acl: { paths: { '/a': { methods: [] } } } }, 'acl'],
    ['an ACL that is not plain JSON', { acl: { paths: { '/a': { filters: { x: 1n } } } } }, 'acl'],
  ]
  for (const [what, options, option] of bad) {
    it(`refuses ${what} when the source is made`, () => {
      expect(() => vonage({ ...APPLICATION, ...options })).toThrow(
        expect.objectContaining({ name: 'OptionError', option }),
      )
    })
  }

  it('names the nearest option, and those of Vonage’s own package not at all', () => {
    const misspelt = { ...APPLICATION, applicationID: 'x' } as VonageOptions
    expect(() => vonage(misspelt)).toThrow('Did you mean "applicationId"?')
    for (const option of ['exp', 'ttl', 'issued_at', 'nbf', 'expiresAt']) {
      expect(() => vonage({ ...APPLICATION, [option]: 1 })).toThrow(
        expect.objectContaining({ code: 'ERR_OPTION_UNKNOWN', option }),
      )
    }
  })

  it('changes none of its options and keeps none', async () => {
    const acl = { paths: { '/*/users/**': { methods: ['GET'] } } }
    const options = { ...APPLICATION, acl, lifetime: 60 }
    const before = structuredClone(options)
    const source = vonage(options)
    await source.getToken()
    expect(options).toEqual(before)
    acl.paths['/*/users/**'].methods.push('DELETE')
    const { claims } = await decodedOf(source)
    expect(claims['acl']).toEqual(before.acl)
  })

  it('has an id that follows everything that changes the token', () => {
    const variants: readonly Partial<VonageOptions>[] = [
      {},
      { applicationId: 'other' },
      { subject: 'alice' },
      { subject: 'bob' },
      { acl: VONAGE_CLIENT_SDK_ACL },
      { notBefore: NOW },
      { lifetime: 60 },
      { backdate: 0 },
      { claims: { a: 1 } },
      { origins: ['https://api-us.vonage.com'] },
    ]
    const ids = variants.map((options) => vonage({ ...APPLICATION, ...options }).id)
    expect(new Set(ids).size).toBe(variants.length)
    expect(vonage(APPLICATION).id).toBe(ids[0])
    expect(ids.join()).not.toContain(applicationId)
  })

  it('shows no key in inspect or JSON', () => {
    const source = vonage({ ...APPLICATION, notBefore: NOW })
    const seen = inspect(source, { depth: 10, showHidden: true }) + JSON.stringify(source)
    expect(seen).not.toContain(privateKey.split('\n')[1])
  })

  it('keeps its client SDK list from being changed by anybody', () => {
    expect(Object.isFrozen(VONAGE_CLIENT_SDK_ACL)).toBe(true)
    expect(Object.isFrozen(VONAGE_CLIENT_SDK_ACL.paths)).toBe(true)
    expect(Object.values(VONAGE_CLIENT_SDK_ACL.paths).every(Object.isFrozen)).toBe(true)
  })
})

describe('vonage beside @vonage/jwt', () => {
  const jti = 'f5a3a2d8-5b1c-4e0a-9d55-6a3a7c1f2b10'

  it.each([
    ['a server', {}, {}],
    ['a user', { subject: 'alice' }, { sub: 'alice' }],
    [
      'a user with an ACL',
      { subject: 'alice', acl: VONAGE_CLIENT_SDK_ACL },
      { sub: 'alice', acl: VONAGE_CLIENT_SDK_ACL },
    ],
    ['later', { notBefore: NOW + 60 }, { nbf: NOW + 60 }],
    ['a claim of one’s own', { claims: { note: 'ours' } }, { note: 'ours' }],
  ])('makes the same token for %s', async (_, ours, theirs) => {
    const options = { ...APPLICATION, ...ours, lifetime: 900, backdate: 0, tokenId: () => jti }
    const own = await decodedOf(vonage({ ...options, clock: new FakeClock() }))
    const dates = { jti, issued_at: NOW, exp: 4_000_000_000 }
    // Their "exp" counts only while it lies ahead of the machine's clock, so here it has to.
    const other = decoded(
      tokenGenerate(applicationId, privateKey, {
        ...theirs,
        ...dates,
      } as unknown as GeneratorOptions),
    )
    const { issued_at: _own, ...claims } = other.claims
    expect(own).toEqual({ header: other.header, claims: { ...claims, exp: NOW + 900 } })
  })

  it('makes tokens that its verifier accepts, and theirs is accepted by ours', async () => {
    const { value } = await vonage(APPLICATION).getToken()
    expect(verifySignature(value, publicKey)).toBe(true)
    expect(verifySignature(`${value.slice(0, -4)}AAAA`, publicKey)).toBe(false)
    const theirs = tokenGenerate(applicationId, privateKey)
    const keys = [{ algorithm: 'RS256', key: publicKey }] as const
    await expect(verifyCompact(theirs, keys, { algorithms: ['RS256'] })).resolves.toBeDefined()
  })

  const vector =
    'eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJPbmxpbmUgSldUIEJ1aWxkZXIiLCJpYXQiOjE2OTc2MzQ2ODAsImV4cCI6MzMyNTQ1NDA4MjgsImF1ZCI6IiIsInN1YiI6IiJ9.88vJc3I2HhuqEDixHXVhc9R30tA6U_HQHZTC29y6CGM'

  it.each([
    ['qwertyuiopasdfghjklzxcvbnm123456', true],
    ['asdf', false],
  ])(
    'judges the vector of Vonage’s Python SDK by the secret %s as it does: %s',
    async (text, good) => {
      const secret = new TextEncoder().encode(text)
      const keys = [{ algorithm: 'HS256', key: { secret }, allowShortSecret: true }] as const
      const verdict = verifyCompact(vector, keys, { algorithms: ['HS256'] })
      await (good
        ? expect(verdict).resolves.toBeDefined()
        : expect(verdict).rejects.toMatchObject({ code: 'ERR_TOKEN_SIGNATURE' }))
      expect(verifySignature(vector, text)).toBe(good)
    },
  )
})
