import { AppStoreServerAPIClient, Environment } from '@apple/app-store-server-library'
import { appStoreServer } from '@mayfly/core/vendors'
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

/** Apple's own client, which keeps its requests to itself. */
class AppleClient extends AppStoreServerAPIClient {
  authorization = ''

  protected override makeFetchRequest(
    ...[, , , , headers]: Parameters<AppStoreServerAPIClient['makeFetchRequest']>
  ): never {
    this.authorization = String(headers['Authorization'])
    throw new Error('not sent')
  }
}

async function applesToken(): Promise<string> {
  const client = new AppleClient(privateKey, keyId, issuerId, bundleId, Environment.SANDBOX)
  await client.getTransactionInfo('1').catch(() => {})
  return client.authorization.replace('Bearer ', '')
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
