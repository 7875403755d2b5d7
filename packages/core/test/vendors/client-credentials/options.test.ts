import { generateKeyPairSync } from 'node:crypto'
import { inspect } from 'node:util'
import { generateKey, type SigningKey } from '@mayfly/core'
import { clientCredentials, type ClientCredentialsOptions } from '@mayfly/core/vendors'
import jwt from 'jsonwebtoken'
import { describe, expect, it } from 'vitest'
import { recordingFetch } from '../../support/recording-fetch.ts'

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})
const SECRET = {
  tokenEndpoint: 'https://auth.example/token',
  clientId: 'orders',
  clientSecret: 'a-secret-of-the-server',
} as const
const KEY = { tokenEndpoint: 'https://auth.example/token', clientId: 'orders', privateKey } as const

describe('clientCredentials refuses when the source is made', () => {
  const bad: readonly [string, object, string][] = [
    ['no client id', { ...SECRET, clientId: undefined }, 'clientId'],
    ['an empty client id', { ...SECRET, clientId: '' }, 'clientId'],
    ['neither endpoint nor issuer', { ...SECRET, tokenEndpoint: undefined }, 'tokenEndpoint'],
    ['both endpoint and issuer', { ...SECRET, issuer: 'https://auth.example' }, 'tokenEndpoint'],
    [
      'an endpoint in the clear',
      { ...SECRET, tokenEndpoint: 'http://auth.example' },
      'tokenEndpoint',
    ],
    ['an endpoint that is no URL', { ...SECRET, tokenEndpoint: '/token' }, 'tokenEndpoint'],
    [
      'an endpoint with a fragment',
      { ...SECRET, tokenEndpoint: 'https://a.example/#t' },
      'tokenEndpoint',
    ],
    [
      'an endpoint with a password',
      { ...SECRET, tokenEndpoint: 'https://a:b@c.example' },
      'tokenEndpoint',
    ],
    ['an issuer with a query', { ...CLIENT_BY('https://a.example/?b') }, 'issuer'],
    ['an issuer in the clear', { ...CLIENT_BY('http://a.example') }, 'issuer'],
    ['neither secret nor key', { ...SECRET, clientSecret: undefined }, 'clientSecret'],
    ['both secret and key', { ...SECRET, privateKey }, 'privateKey'],
    ['an empty secret', { ...SECRET, clientSecret: '' }, 'clientSecret'],
    ['another method', { ...SECRET, authentication: 'client_secret_jwt' }, 'authentication'],
    ['a key id with a secret', { ...SECRET, keyId: 'k' }, 'keyId'],
    ['an algorithm with a secret', { ...SECRET, algorithm: 'RS256' }, 'algorithm'],
    ['an assertion with a secret', { ...SECRET, assertion: {} }, 'assertion'],
    ['a method with a key', { ...KEY, authentication: 'client_secret_post' }, 'authentication'],
    ['an algorithm for secrets with a key', { ...KEY, algorithm: 'HS256' }, 'algorithm'],
    ['an unknown algorithm', { ...KEY, algorithm: 'none' }, 'algorithm'],
    ['a misspelt option of the assertion', { ...KEY, assertion: { lifetme: 1 } }, 'lifetme'],
    ['an assertion of no time', { ...KEY, assertion: { lifetime: 0 } }, 'lifetime'],
    ['an assertion of more than an hour', { ...KEY, assertion: { lifetime: 3601 } }, 'lifetime'],
    ['an assertion in milliseconds', { ...KEY, assertion: { lifetime: 6e13 } }, 'lifetime'],
    [
      'a backdate of the whole life',
      { ...KEY, assertion: { lifetime: 60, backdate: 60 } },
      'backdate',
    ],
    ['a fixed assertion id', { ...KEY, assertion: { tokenId: 'same' } }, 'tokenId'],
    [
      'a claim that replaces the subject',
      { ...KEY, assertion: { claims: { sub: 'b' } } },
      'claims',
    ],
    ['a header with another algorithm', { ...KEY, assertion: { header: { alg: 'x' } } }, 'header'],
    ['a scope with quotes', { ...SECRET, scope: 'a"b' }, 'scope'],
    ['a scope list with a space in a word', { ...SECRET, scope: ['a b'] }, 'scope'],
    ['an empty scope', { ...SECRET, scope: [] }, 'scope'],
    ['a resource that is not absolute', { ...SECRET, resource: '/orders' }, 'resource'],
    ['a resource with a fragment', { ...SECRET, resource: 'https://a.example/#b' }, 'resource'],
    ['no resource in a list', { ...SECRET, resource: [] }, 'resource'],
    ['a parameter that is set elsewhere', { ...SECRET, parameters: { scope: 'a' } }, 'parameters'],
    ['a parameter that is no text', { ...SECRET, parameters: { a: 1 } }, 'parameters'],
    ['a default lifetime of nothing', { ...SECRET, defaultLifetime: 0 }, 'defaultLifetime'],
    [
      'a default lifetime in milliseconds',
      { ...SECRET, defaultLifetime: 3.6e12 },
      'defaultLifetime',
    ],
    ['an origin with a path', { ...SECRET, origins: ['https://a.example/b'] }, 'origins'],
    ['a timeout of nothing', { ...SECRET, timeoutMs: 0 }, 'timeoutMs'],
    ['a fetch that is none', { ...SECRET, fetch: {} }, 'fetch'],
  ]
  for (const [what, options, option] of bad) {
    it(what, () => {
      expect(() => clientCredentials(options as ClientCredentialsOptions)).toThrow(
        expect.objectContaining({ name: 'OptionError', option }),
      )
    })
  }

  it('a misspelt option, and names the nearest', () => {
    const options = { ...SECRET, scopes: 'a' } as ClientCredentialsOptions
    expect(() => clientCredentials(options)).toThrow('Did you mean "scope"?')
  })

  it('a key that cannot sign', () => {
    expect(() => clientCredentials({ ...KEY, privateKey: 'not a key' })).toThrow(
      expect.objectContaining({ name: 'KeyError' }),
    )
  })

  it('nothing at the limits', () => {
    for (const lifetime of [1, 3600]) clientCredentials({ ...KEY, assertion: { lifetime } })
    clientCredentials({ ...KEY, assertion: { lifetime: 60, backdate: 59 } })
    clientCredentials({ ...SECRET, defaultLifetime: 1, timeoutMs: 1 })
  })
})

function CLIENT_BY(issuer: string): object {
  return { issuer, clientId: 'orders', clientSecret: 'secret' }
}

describe('clientCredentials', () => {
  async function assertionOf(options: Partial<ClientCredentialsOptions>): Promise<jwt.Jwt> {
    const { fetch, last } = recordingFetch()
    await clientCredentials({ ...KEY, fetch, ...options } as ClientCredentialsOptions).getToken()
    const decoded = jwt.decode(last().form.get('client_assertion') ?? '', { complete: true })
    if (decoded === null) throw new Error('There was no assertion.')
    return decoded
  }

  it('makes an assertion by RFC 7523, and puts one’s own claims and header beside it', async () => {
    const { header, payload } = await assertionOf({
      keyId: 'k1',
      assertion: { lifetime: 120, backdate: 30, claims: { note: 'a' }, header: { x5t: 'b' } },
      clock: { now: () => 1_700_000_000_000 },
    })
    expect(header).toEqual({ alg: 'RS256', typ: 'JWT', x5t: 'b', kid: 'k1' })
    expect(payload).toEqual({
      iss: 'orders',
      sub: 'orders',
      aud: 'https://auth.example/token',
      note: 'a',
      iat: 1_699_999_970,
      exp: 1_700_000_090,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
  })

  it('signs by the algorithm that a key was imported for, or a signer has', async () => {
    const key = await generateKey('ES256')
    expect((await assertionOf({ privateKey: key })).header.alg).toBe('ES256')
    const signer: SigningKey = { algorithm: 'ES256', keyId: 'kms', sign: (data) => key.sign(data) }
    expect((await assertionOf({ privateKey: signer })).header).toMatchObject({ kid: 'kms' })
  })

  it('has an id that follows everything that changes the token, and shows none of it', () => {
    const all: ClientCredentialsOptions[] = [
      SECRET,
      { ...SECRET, clientSecret: 'another-secret-of-the-server' },
      { ...SECRET, clientId: 'other' },
      { ...SECRET, tokenEndpoint: 'https://other.example/token' },
      { ...SECRET, scope: 'a' },
      { ...SECRET, audience: 'a' },
      { ...SECRET, resource: 'urn:a' },
      { ...SECRET, parameters: { a: 'b' } },
      { ...SECRET, origins: ['https://a.example'] },
      { ...SECRET, defaultLifetime: 60 },
      KEY,
      { ...KEY, scope: 'a' },
      { ...KEY, keyId: 'k' },
      { ...KEY, algorithm: 'PS256' as const },
      { ...KEY, assertion: { claims: { tenant: 'a' } } },
    ]
    const ids = all.map((options) => clientCredentials(options).id)
    expect(new Set(ids).size).toBe(all.length)
    expect(all.map((options) => clientCredentials(options).id)).toEqual(ids)
    expect(ids.join()).not.toMatch(/orders|secret/)
  })

  it('has an id of its own where the secret could be guessed, or comes from a function', () => {
    for (const clientSecret of ['short', () => SECRET.clientSecret]) {
      const options = { ...SECRET, clientSecret }
      expect(clientCredentials(options).id).not.toBe(clientCredentials(options).id)
    }
  })

  it('shows no secret in inspect or JSON', () => {
    const source = clientCredentials(SECRET)
    const seen = inspect(source, { depth: 10, showHidden: true }) + JSON.stringify(source)
    expect(seen).not.toContain(SECRET.clientSecret)
  })

  it('changes none of its options and keeps none', async () => {
    const scope = ['read']
    const parameters = { a: 'b' }
    const { fetch, last } = recordingFetch()
    const source = clientCredentials(Object.freeze({ ...SECRET, scope, parameters, fetch }))
    scope.push('write')
    parameters.a = 'c'
    await source.getToken()
    expect(last().body).toBe('grant_type=client_credentials&scope=read&a=b')
  })
})
