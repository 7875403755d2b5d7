import { generateKeyPairSync } from 'node:crypto'
import type { TokenSource } from '@mayfly/core'
import * as vendors from '@mayfly/core/vendors'
import type { FakeClock } from '@mayfly/testing'
import jwt from 'jsonwebtoken'
import { testVendorContract, type VendorBench, type VendorContract } from './contract.ts'
import { CREDENTIALS } from './google/credentials.ts'

const SECRET = 'qwertyuiopasdfghjklzxcvbnm123456'
const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})

type Make = (options: object, clock: FakeClock) => TokenSource

/** A bench whose judge goes by the dates and the signature of a token, with a library that is not ours. */
function bench(make: Make, key: string): VendorContract['start'] {
  return async (clock): Promise<VendorBench> => {
    let offsetMs = 0
    return {
      source: (options = {}) => make(options, clock),
      client: (source) => async () => {
        const { value } = await source.getToken()
        const now = Math.floor((clock.now() + offsetMs) / 1000)
        try {
          const { iat = now } = jwt.verify(value, key, { clockTimestamp: now }) as jwt.JwtPayload
          return iat <= now ? 200 : 401
        } catch {
          return 401
        }
      },
      setServerClock: (ms) => {
        offsetMs = ms
      },
      secrets: [SECRET, privateKey.slice(40, 80), CREDENTIALS.private_key.slice(40, 80)],
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
  }
}

// An SDK tells no time: no more than the backdate can be made up for.
const usual = {
  clockOffsetsMs: [600_000, -10_000],
  without: ['rotateKey', 'revokeTokens'],
} as const

testVendorContract({
  vendor: 'snowflake',
  start: bench(
    (own, clock) => vendors.snowflake({ account: 'a-b', user: 'c', privateKey, clock, ...own }),
    privateKey,
  ),
  ...usual,
  badOptions: [
    ['no user', { user: undefined }, 'user'],
    ['two hours', { lifetime: 7200 }, 'lifetime'],
  ],
})

testVendorContract({
  vendor: 'firebaseCustomToken',
  start: bench(
    (own, clock) =>
      vendors.firebaseCustomToken({ credentials: CREDENTIALS, uid: 'alice', clock, ...own }),
    CREDENTIALS.private_key,
  ),
  ...usual,
  badOptions: [
    ['no user', { uid: undefined }, 'uid'],
    ['two hours', { lifetime: 7200 }, 'lifetime'],
  ],
})

testVendorContract({
  vendor: 'stream',
  start: bench(
    (own, clock) => vendors.stream({ apiSecret: SECRET, userId: 'alice', clock, ...own }),
    SECRET,
  ),
  ...usual,
  badOptions: [['nobody', { userId: undefined }, 'userId']],
})

testVendorContract({
  vendor: 'ably',
  start: bench(
    (own, clock) => vendors.ably({ apiKey: `app.key:${SECRET}`, clock, ...own }),
    SECRET,
  ),
  ...usual,
  badOptions: [
    ['half a key', { apiKey: 'app.key' }, 'apiKey'],
    ['two days', { lifetime: 172_800 }, 'lifetime'],
  ],
})

testVendorContract({
  vendor: 'muxPlayback',
  start: bench(
    (own, clock) => vendors.muxPlayback({ keyId: 'a', privateKey, playbackId: 'b', clock, ...own }),
    privateKey,
  ),
  ...usual,
  badOptions: [['another type', { type: 'audio' }, 'type']],
})

testVendorContract({
  vendor: 'cloudflareStream',
  start: bench(
    (own, clock) =>
      vendors.cloudflareStream({ keyId: 'a', privateKey, videoId: 'b', clock, ...own }),
    privateKey,
  ),
  ...usual,
  badOptions: [
    ['two days', { lifetime: 172_800 }, 'lifetime'],
    ['six rules', { accessRules: [{}, {}, {}, {}, {}, {}] }, 'accessRules'],
  ],
})

testVendorContract({
  vendor: 'googleIdToken',
  start: bench((own, clock) => {
    const fetch = async (): Promise<Response> => {
      const iat = Math.floor(clock.now() / 1000)
      return Response.json({ id_token: jwt.sign({ iat, exp: iat + 3600 }, SECRET) })
    }
    return vendors.googleIdToken({
      credentials: CREDENTIALS,
      audience: 'https://a.run.app',
      fetch,
      clock,
      ...own,
    })
  }, SECRET),
  ...usual,
  clockOffsetsMs: [10_000],
  badOptions: [['no audience', { audience: undefined }, 'audience']],
})
