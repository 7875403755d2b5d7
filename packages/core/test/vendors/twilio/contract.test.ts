import { twilio } from '@mayfly/core/vendors'
import { judgeTwilioToken } from '@mayfly/sandboxes'
import { testVendorContract } from '../contract.ts'
import { sdkBench } from '../sdk-bench.ts'

const KEY = { accountSid: 'AC01', keySid: 'SK01' }

testVendorContract({
  vendor: 'twilio',
  start: sdkBench({
    make: (keySecret, clock, options) => {
      const user = { identity: 'alice', grants: { video: { room: 'a' } } }
      return twilio({ ...KEY, keySecret, ...user, clock, ...options })
    },
    judge: (token, keySecret, clock) => judgeTwilioToken(token, { ...KEY, keySecret, clock }),
  }),
  // An SDK tells no time: no more than the backdate can be made up for.
  clockOffsetsMs: [600_000, -60_000],
  without: ['revokeTokens'],
  badOptions: [
    ['no identity', { identity: undefined }, 'identity'],
    ['a secret that is a number', { keySecret: 1 }, 'keySecret'],
    ['more than 24 hours', { lifetime: 86_401 }, 'lifetime'],
  ],
})
