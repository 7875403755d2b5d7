import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type Claims, bench, NOW, sign, signWithJose } from './tokens.ts'

const SIX_MONTHS = 15_777_000
const LONG_SCOPE = ['GET /v1/ciProducts']

async function outcome(claims: Claims, header: Claims = {}, path = '/v1/apps'): Promise<string> {
  await using place = await bench()
  const response = await place.get(path, place.token(claims, header))
  const reason = Object.keys(place.sandbox.refusals)[0]
  return reason === undefined ? String(response.status) : `${response.status} ${reason}`
}

describe('the App Store Connect sandbox accepts', () => {
  it('a team token signed with jsonwebtoken', async () => {
    expect(await outcome({})).toBe('200')
  })

  it('a team token signed with jose', async () => {
    await using place = await bench()
    const { keyId, issuerId, privateKey } = place.sandbox.credentials
    const claims = { iss: issuerId, iat: NOW, exp: NOW + 1200, aud: 'appstoreconnect-v1' }
    const token = await signWithJose(claims, keyId, privateKey)
    expect((await place.get('/v1/apps', token)).status).toBe(200)
  })

  it('an individual token, which names the user and no issuer', async () => {
    await using place = await bench()
    const { keyId, privateKey } = place.sandbox.individualCredentials
    const claims = { sub: 'user', iat: NOW, exp: NOW + 1200, aud: 'appstoreconnect-v1' }
    const token = await signWithJose(claims, keyId, privateKey)
    expect((await place.get('/v1/apps', token)).status).toBe(200)
  })
})

describe('the App Store Connect sandbox judges times', () => {
  it.each([
    ['a life of 1200 seconds', { iat: NOW, exp: NOW + 1200 }, '200'],
    ['a life of 1201 seconds', { iat: NOW - 1, exp: NOW + 1200 }, '401 too-long'],
    ['an end 1201 seconds from now', { iat: NOW + 1, exp: NOW + 1201 }, '401 exp-too-far'],
    ['an iat of this second', { iat: NOW, exp: NOW + 60 }, '200'],
    ['an iat one second ahead', { iat: NOW + 1, exp: NOW + 60 }, '401 iat-in-future'],
    ['one second left', { iat: NOW - 60, exp: NOW + 1 }, '200'],
    ['no time left', { iat: NOW - 60, exp: NOW }, '401 expired'],
    ['no exp', { exp: undefined }, '401 claims'],
    ['no iat', { iat: undefined }, '401 claims'],
    ['an exp that is a string', { exp: String(NOW + 60) }, '401 claims'],
    ['an iat with a fraction', { iat: NOW - 0.5 }, '401 claims'],
    ['an end before the beginning', { iat: NOW - 60, exp: NOW - 61 }, '401 claims'],
    ['milliseconds', { iat: NOW * 1000, exp: NOW * 1000 + 1200 }, '401 exp-too-far'],
  ])('%s', async (_, claims, expected) => {
    expect(await outcome(claims)).toBe(expected)
  })

  it('by its own clock, whatever the caller takes the time to be', async () => {
    await using place = await bench()
    const token = place.token({ iat: NOW, exp: NOW + 1200 })
    place.sandbox.clockOffsetMs = -1
    expect((await place.get('/v1/apps', token)).status).toBe(401)
    place.sandbox.clockOffsetMs = 0
    expect((await place.get('/v1/apps', token)).status).toBe(200)
    place.sandbox.clockOffsetMs = 1_200_000
    expect((await place.get('/v1/apps', token)).status).toBe(401)
    expect(place.sandbox.refusals).toEqual({ 'exp-too-far': 1, expired: 1 })
  })
})

describe('the App Store Connect sandbox judges parties', () => {
  it.each([
    ['another audience', { aud: 'appstoreconnect-v2' }, '401 audience'],
    ['no audience', { aud: undefined }, '401 audience'],
    ['another issuer', { iss: '57246542-96fe-1a63-e053-0824d011072a' }, '401 issuer'],
    ['no issuer with a team key', { iss: undefined }, '401 issuer'],
    ['a subject with a team key', { sub: 'user' }, '401 subject'],
  ])('%s', async (_, claims, expected) => {
    expect(await outcome(claims)).toBe(expected)
  })

  it.each([
    ['a stray issuer', { sub: 'user', iss: 'somebody' }, 'issuer'],
    ['no subject', {}, 'subject'],
    ['another subject', { sub: 'me' }, 'subject'],
  ])('%s with an individual key', async (_, claims, reason) => {
    await using place = await bench()
    const { keyId, privateKey } = place.sandbox.individualCredentials
    const times = { iat: NOW, exp: NOW + 1200, aud: 'appstoreconnect-v1' }
    const token = sign({ ...times, ...claims }, { kid: keyId }, privateKey)
    expect((await place.get('/v1/apps', token)).status).toBe(401)
    expect(place.sandbox.refusals).toEqual({ [reason]: 1 })
  })
})

describe('the App Store Connect sandbox judges signatures', () => {
  it.each([
    ['an unknown kid', { kid: 'AAAAAAAAAA' }, '401 kid'],
    ['no kid', { kid: undefined }, '401 kid'],
  ])('%s', async (_, header, expected) => {
    expect(await outcome({}, header)).toBe(expected)
  })

  it('made by another key', async () => {
    await using place = await bench()
    const { keyId } = place.sandbox.credentials
    const { privateKey } = place.sandbox.individualCredentials
    const claims = { iss: 'x', iat: NOW, exp: NOW + 60, aud: 'appstoreconnect-v1' }
    await place.get('/v1/apps', sign(claims, { kid: keyId }, privateKey))
    expect(place.sandbox.refusals).toEqual({ signature: 1 })
  })

  it('over another payload', async () => {
    await using place = await bench()
    const [header, , signature] = place.token().split('.')
    const [, payload] = place.token({ exp: NOW + 1139 }).split('.')
    await place.get('/v1/apps', [header, payload, signature].join('.'))
    expect(place.sandbox.refusals).toEqual({ signature: 1 })
  })

  it('in another algorithm', async () => {
    await using place = await bench()
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-384',
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    })
    const header = { alg: 'ES384', kid: place.sandbox.credentials.keyId }
    await place.get('/v1/apps', sign({ iat: NOW, exp: NOW + 60 }, header, privateKey))
    expect(place.sandbox.refusals).toEqual({ algorithm: 1 })
  })

  it.each(['x', 'x.y.z', 'eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.bm90IGpzb24.c2ln', '..'])(
    'of something that is no token: %s',
    async (text) => {
      await using place = await bench()
      expect((await place.get('/v1/apps', text)).status).toBe(401)
      expect(place.sandbox.refusals).toEqual({ malformed: 1 })
    },
  )

  it('that is not there', async () => {
    await using place = await bench()
    expect((await place.get('/v1/apps')).status).toBe(401)
    expect(place.sandbox.refusals).toEqual({ missing: 1 })
  })
})

describe('the App Store Connect sandbox judges scopes', () => {
  const scope = ['GET /v1/apps?filter[bundleId]=a.b&limit=1', 'GET /v1/bundleIds']

  it.each([
    ['the request that it names', '/v1/apps?filter[bundleId]=a.b&limit=1', '200'],
    [
      'the same query, escaped and in another order',
      '/v1/apps?limit=1&filter%5BbundleId%5D=a.b',
      '200',
    ],
    ['its second entry', '/v1/bundleIds', '200'],
    ['another path', '/v1/apps/1', '401 scope'],
    ['a parameter more', '/v1/apps?filter[bundleId]=a.b&limit=1&x=1', '401 scope'],
    ['a parameter less', '/v1/apps?filter[bundleId]=a.b', '401 scope'],
    ['another value', '/v1/apps?filter[bundleId]=a.c&limit=1', '401 scope'],
  ])('%s', async (_, path, expected) => {
    expect(await outcome({ scope }, {}, path)).toBe(expected)
  })

  it.each([
    ['a string', 'GET /v1/apps'],
    ['an empty list', []],
    ['another method', ['POST /v1/apps']],
    ['an address', ['GET https://api.appstoreconnect.apple.com/v1/apps']],
    ['a number', [1]],
    ['an entry without a method', ['/v1/apps']],
  ])('that are %s', async (_, claim) => {
    expect(await outcome({ scope: claim })).toBe('401 scope')
  })

  it('another method than the scope has', async () => {
    await using place = await bench()
    const authorization = `Bearer ${place.token({ scope: ['GET /v1/bundleIds'] })}`
    const request = { method: 'POST', headers: { authorization }, body: '{}' }
    expect((await fetch(`${place.sandbox.origin}/v1/bundleIds`, request)).status).toBe(401)
  })
})

describe('the App Store Connect sandbox lets a scoped token live longer', () => {
  const long = { iat: NOW, exp: NOW + SIX_MONTHS }

  it.each([
    ['six months', { ...long, scope: LONG_SCOPE }, '200'],
    ['six months and a second', { ...long, iat: NOW - 1, scope: LONG_SCOPE }, '401 too-long'],
    [
      'six months from tomorrow',
      { iat: NOW + 1, exp: NOW + 1 + SIX_MONTHS, scope: LONG_SCOPE },
      '401 exp-too-far',
    ],
    ['without a scope', long, '401 too-long'],
    [
      'for one resource that may not',
      { ...long, scope: [...LONG_SCOPE, 'GET /v1/apps'] },
      '401 too-long',
    ],
    [
      'for a resource whose name only begins alike',
      { ...long, scope: ['GET /v1/ciProductsX'] },
      '401 too-long',
    ],
  ])('%s', async (_, claims, expected) => {
    expect(await outcome(claims, {}, '/v1/ciProducts')).toBe(expected)
  })

  it.each([
    '/v1/ciBuildActions/1',
    '/v1/ciBuildRuns',
    '/v1/scmGitReferences/1',
    '/v1/ciIssues/1',
    '/v1/ciMacOsVersions',
    '/v1/ciProducts/1/workflows',
    '/v1/scmProviders',
    '/v1/apps/1/perfPowerMetrics',
    '/v1/diagnosticSignatures/1/logs',
    '/v1/scmPullRequests/1',
    '/v1/scmRepositories',
    '/v1/ciTestResults/1',
    '/v1/ciWorkflows/1',
    '/v1/ciXcodeVersions',
  ])('for %s', async (path) => {
    await using place = await bench()
    await place.get(path, place.token({ ...long, scope: [`GET ${path}`] }))
    expect(place.sandbox.refusals).toEqual({})
  })
})
