import { liveKit } from '@mayfly/core/vendors'
import { judgeLiveKitToken } from '@mayfly/sandboxes'
import { testVendorContract } from '../contract.ts'
import { sdkBench } from '../sdk-bench.ts'

testVendorContract({
  vendor: 'liveKit',
  start: sdkBench({
    make: (apiSecret, clock, options) => {
      const user = { identity: 'alice', grants: { room: 'a', roomJoin: true } }
      return liveKit({ apiKey: 'devkey', apiSecret, ...user, clock, ...options })
    },
    judge: (token, apiSecret, clock) =>
      judgeLiveKitToken(token, { apiKey: 'devkey', apiSecret, room: 'a', clock }),
  }),
  // An SDK tells no time: no more than the backdate can be made up for.
  clockOffsetsMs: [600_000, -60_000],
  without: ['revokeTokens'],
  badOptions: [
    ['no identity', { identity: undefined }, 'identity'],
    ['a secret that is a number', { apiSecret: 1 }, 'apiSecret'],
    ['no grants', { grants: undefined }, 'grants'],
  ],
})
