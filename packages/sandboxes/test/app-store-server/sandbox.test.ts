import { describe, expect, it } from 'vitest'
import { FakeClock } from '@mayfly/testing'
import {
  type AppStoreServerSandbox,
  type AppStoreServerSandboxOptions,
  startAppStoreServerSandbox,
} from '../../src/app-store-server/sandbox.ts'
import { type Claims, NOW, sign } from '../app-store-connect/tokens.ts'

const PATH = '/inApps/v1/transactions/2000000000000001'

interface Bench extends AsyncDisposable {
  readonly sandbox: AppStoreServerSandbox
  token(claims?: Claims, header?: Claims): string
  get(token: string | undefined, path?: string): Promise<Response>
}

async function start(options: AppStoreServerSandboxOptions = {}): Promise<Bench> {
  const clock = new FakeClock(NOW * 1000)
  const sandbox = await startAppStoreServerSandbox({ clock, ...options })
  const { issuerId: iss, bundleId: bid, keyId: kid, privateKey } = sandbox.credentials
  const base = { iss, iat: NOW, exp: NOW + 300, aud: 'appstoreconnect-v1', bid }
  return {
    sandbox,
    token: (claims = {}, header = {}) =>
      sign({ ...base, ...claims }, { kid, ...header }, privateKey),
    get: (token, path = PATH) =>
      fetch(sandbox.origin + path, {
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      }),
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}

describe('the App Store Server sandbox judges', () => {
  it.each<[string, Claims, string | undefined]>([
    ['a good token', {}, undefined],
    ['a life of an hour', { exp: NOW + 3600 }, undefined],
    ['a life of an hour and a second', { iat: NOW - 1, exp: NOW + 3600 }, 'too-long'],
    ['an iat one second ahead', { iat: NOW + 1 }, 'iat-in-future'],
    ['one second left', { iat: NOW - 60, exp: NOW + 1 }, undefined],
    ['no time left', { iat: NOW - 60, exp: NOW }, 'expired'],
    ['no exp', { exp: undefined }, 'claims'],
    ['no iat', { iat: undefined }, 'claims'],
    ['an end before the beginning', { iat: NOW, exp: NOW - 1 }, 'claims'],
    ['another audience', { aud: 'appstoreconnect-v2' }, 'audience'],
    ['another issuer', { iss: 'somebody' }, 'issuer'],
    ['no bundle id, as on a token for App Store Connect', { bid: undefined }, 'bundle'],
    ['another bundle id', { bid: 'com.example.other' }, 'bundle'],
  ])('%s', async (_what, claims, reason) => {
    await using place = await start()
    const response = await place.get(place.token(claims))
    expect(response.status).toBe(reason === undefined ? 200 : 401)
    expect(Object.keys(place.sandbox.refusals)).toEqual(reason === undefined ? [] : [reason])
  })

  it('keys and signatures', async () => {
    await using place = await start()
    const { sandbox } = place
    const other = sandbox.createKey()
    const forged = sign({}, { kid: sandbox.credentials.keyId }, other.privateKey)
    for (const token of [undefined, 'x', forged, place.token({}, { kid: 'AAAAAAAAAA' })]) {
      expect((await place.get(token)).status).toBe(401)
    }
    sandbox.revokeKey()
    expect((await place.get(place.token())).status).toBe(401)
    sandbox.restoreKey()
    expect((await place.get(place.token())).status).toBe(200)
    expect(sandbox.refusals).toEqual({
      missing: 1,
      malformed: 1,
      signature: 1,
      kid: 1,
      'key-revoked': 1,
    })
  })

  it('single tokens, as a test wants it', async () => {
    await using place = await start()
    const [one, two, three] = [1, 2, 3].map((more) => place.token({ exp: NOW + more })) as [
      string,
      string,
      string,
    ]
    await place.get(one)
    place.sandbox.revokeTokensSeen()
    place.sandbox.revokeToken(two)
    place.sandbox.refuseFirstUse(1)
    const statuses = []
    for (const token of [one, two, three, three]) statuses.push((await place.get(token)).status)
    expect(statuses).toEqual([401, 401, 401, 200])
    expect(place.sandbox.refusals).toEqual({ revoked: 2, 'first-use': 1 })
  })
})

describe('the App Store Server sandbox answers', () => {
  it('every bad token with a 401 that has no error code', async () => {
    await using place = await start()
    const response = await place.get('x')
    expect(response.headers.get('content-type')).toBe('text/plain')
    expect(await response.text()).toMatch(/^Unauthenticated\n\nRequest ID: [0-9A-F]{32}\.0\.0\n$/)
  })

  it.each([
    [PATH, 200, { signedTransactionInfo: expect.any(String) }],
    ['/inApps/v1/transactions/5', 404, { errorCode: 4_040_010 }],
    ['/inApps/v1/transactions/x', 400, { errorCode: 4_000_006 }],
  ])('GET %s with %i', async (path, status, body) => {
    await using place = await start()
    const response = await place.get(place.token(), path)
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject(body)
  })

  it('the request for a test notification', async () => {
    await using place = await start()
    const response = await fetch(`${place.sandbox.origin}/inApps/v1/notifications/test`, {
      method: 'POST',
      headers: { authorization: `Bearer ${place.token()}` },
    })
    expect(await response.json()).toEqual({ testNotificationToken: expect.any(String) })
    expect((await place.get(place.token(), '/nothing')).status).toBe(404)
  })

  it.each([
    [429, { errorCode: 4_290_000 }],
    [500, { errorCode: 5_000_001 }],
    [400, { errorCode: 4_000_000 }],
  ])('a %i in Apple’s form when a test asks for it', async (status, body) => {
    await using place = await start()
    place.sandbox.failNext(1, status)
    const response = await place.get(place.token())
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject(body)
  })

  it('for another app and other transactions, if it is told so', async () => {
    await using place = await start({ bundleId: 'a.b', transactionIds: ['7'] })
    expect(place.sandbox.credentials.bundleId).toBe('a.b')
    expect((await place.get(place.token(), '/inApps/v1/transactions/7')).status).toBe(200)
    expect((await place.get(place.token())).status).toBe(404)
  })

  it('nothing to an option that it does not know', async () => {
    const options: object = { bundle: 'a.b' }
    await expect(startAppStoreServerSandbox(options)).rejects.toMatchObject({ option: 'bundle' })
  })
})
