import { AppStoreServerAPIClient, Environment } from '@apple/app-store-server-library'
import { bearerFetch, TokenManager } from '@mayfly/core'
import { appStoreServer } from '@mayfly/core/vendors'
import { startAppStoreServerSandbox } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { expectDistinctIds, itRefuses, mint, NOW, open, TEAM } from './tokens.ts'

const { keyId, privateKey } = TEAM
const issuerId = '57246542-96fe-1a63-e053-0824d011072a'
const bundleId = 'com.example.app'

function make(options: object = {}): ReturnType<typeof appStoreServer> {
  const all = { keyId, privateKey, issuerId, bundleId, clock: new FakeClock(), ...options }
  return appStoreServer(all)
}

/** Apple's own client, whose requests go to a server of ours. */
class AppleClient extends AppStoreServerAPIClient {
  origin = ''
  token = ''

  protected override async makeFetchRequest(
    ...[path, query, method, , headers]: Parameters<AppStoreServerAPIClient['makeFetchRequest']>
  ): ReturnType<AppStoreServerAPIClient['makeFetchRequest']> {
    this.token = String(headers['Authorization']).replace('Bearer ', '')
    const response: unknown = await fetch(`${this.origin}${path}?${String(query)}`, {
      method,
      headers,
    })
    return response as Awaited<ReturnType<AppStoreServerAPIClient['makeFetchRequest']>>
  }
}

async function applesToken(): Promise<string> {
  const client = new AppleClient(privateKey, keyId, issuerId, bundleId, Environment.SANDBOX)
  await client.getTransactionInfo('1').catch(() => {})
  return client.token
}

describe('appStoreServer', () => {
  it('makes the token of Apple’s documentation, its claims in the same order', async () => {
    const { header, payload } = await mint(make())
    expect(header).toEqual({ alg: 'ES256', kid: keyId, typ: 'JWT' })
    expect(Object.entries(payload)).toEqual([
      ['iss', issuerId],
      ['iat', NOW - 60],
      ['exp', NOW + 240],
      ['aud', 'appstoreconnect-v1'],
      ['bid', bundleId],
    ])
  })

  it('makes the very token that Apple’s own library makes, claim by claim', async () => {
    const theirs = open(await applesToken())
    const clock = new FakeClock(Number(theirs.payload['iat']) * 1000)
    const ours = await mint(make({ clock, backdate: 0 }))
    expect(ours).toEqual(theirs)
  })

  it('makes a new token at every call, as Apple wants one for each request', async () => {
    const source = make({ tokenId: () => crypto.randomUUID() })
    const tokens = await Promise.all(Array.from({ length: 20 }, () => source.getToken()))
    expect(new Set(tokens.map(({ value }) => value)).size).toBe(20)
    expect(new Set(tokens.map(({ value }) => open(value).payload['jti'])).size).toBe(20)
  })

  it.each([
    [{}, 'https://api.storekit.apple.com'],
    [{ environment: 'production' }, 'https://api.storekit.apple.com'],
    [{ environment: 'sandbox' }, 'https://api.storekit-sandbox.apple.com'],
    [{ environment: 'sandbox', origins: ['https://other.example'] }, 'https://other.example'],
  ])('sends its tokens, by %o, to %s alone', async (options, origin) => {
    expect(make(options).origins).toEqual([origin])
    expect((await make(options).getToken()).origins).toEqual([origin])
  })

  it('lets a token live for an hour at the most', async () => {
    const token = await make({ lifetime: 3600 }).getToken()
    expect(token.expiresAt - token.issuedAt).toBe(3600)
    expect(() => make({ lifetime: 3601 })).toThrow(/3601 seconds; Apple refuses .* more than 3600/)
  })

  it('puts claims of one’s own after Apple’s', async () => {
    const { payload } = await mint(make({ claims: { nonce: 'n' } }))
    expect(Object.keys(payload)).toEqual(['iss', 'iat', 'exp', 'aud', 'bid', 'nonce'])
  })

  it('has an id that follows everything that changes the token', () => {
    expectDistinctIds(make, [
      {},
      { bundleId: 'com.example.other' },
      { issuerId: 'other' },
      { keyId: 'OTHER' },
      { environment: 'sandbox' },
      { lifetime: 301 },
      { backdate: 0 },
      { claims: { nonce: 'n' } },
    ])
  })

  itRefuses(make, [
    ['no bundle id', { bundleId: undefined }, 'bundleId'],
    ['an empty bundle id', { bundleId: '' }, 'bundleId'],
    ['no issuer', { issuerId: undefined }, 'issuerId'],
    ['no key id', { keyId: undefined }, 'keyId'],
    ['another environment', { environment: 'Sandbox' }, 'environment'],
    ['milliseconds', { lifetime: 300_000_000_000 }, 'lifetime'],
    ['no time at all', { lifetime: 0 }, 'lifetime'],
    ['a backdate as long as the lifetime', { backdate: 300 }, 'backdate'],
    ['a claim that replaces the bundle id', { claims: { bid: 'x' } }, 'claims'],
  ])
})

describe('appStoreServer against the sandbox', () => {
  it('sends a new token with each request, where it is not wrapped in a manager', async () => {
    const clock = new FakeClock()
    await using sandbox = await startAppStoreServerSandbox({ clock })
    const source = make({ ...sandbox.credentials, origins: [sandbox.origin], clock })
    const url = `${sandbox.origin}/inApps/v1/transactions/2000000000000001`
    const single = bearerFetch(source, { clock })
    const reusing = bearerFetch(new TokenManager(source, { clock }), { clock })
    for (let count = 0; count < 5; count++) expect((await single(url)).status).toBe(200)
    expect(sandbox.distinctTokens).toBe(5)
    for (let count = 0; count < 5; count++) expect((await reusing(url)).status).toBe(200)
    expect(sandbox.distinctTokens).toBe(6)
  })

  it('finds the sandbox to take Apple’s own tokens, too', async () => {
    await using sandbox = await startAppStoreServerSandbox()
    const { credentials: own } = sandbox
    const id = '2000000000000001'
    const client = new AppleClient(
      own.privateKey,
      own.keyId,
      own.issuerId,
      own.bundleId,
      Environment.SANDBOX,
    )
    client.origin = sandbox.origin
    const { signedTransactionInfo } = await client.getTransactionInfo(id)
    expect(signedTransactionInfo).toBeTypeOf('string')
    await expect(client.getTransactionInfo('5')).rejects.toMatchObject({
      httpStatusCode: 404,
      apiError: 4_040_010,
    })
    sandbox.revokeKey()
    await expect(client.getTransactionInfo(id)).rejects.toMatchObject({ httpStatusCode: 401 })
  })
})
