import type { Clock, TokenSource } from '@mayfly/core'
import { zoomMeetingSdk, zoomVideoSdk } from '@mayfly/core/vendors'
import {
  type FakeClock,
  judgeZoomMeetingSdkToken,
  judgeZoomVideoSdkToken,
  type SdkVerdict,
} from '@mayfly/testing'
import { testVendorContract, type VendorBench } from '../contract.ts'

interface Sdk {
  /** Makes the source with a callback for its secret. */
  readonly make: (secret: () => string, clock: FakeClock, options: object) => TokenSource
  readonly judge: (token: string, secret: string, clock: Clock) => SdkVerdict<string>
}

/** A bench without HTTP: the client hands the token to the SDK, and the SDK's server judges it. */
function bench({ make, judge }: Sdk): (clock: FakeClock) => Promise<VendorBench> {
  return async (clock) => {
    const secrets = ['first-secret-of-the-app']
    let offsetMs = 0
    return {
      source: (options = {}) => make(() => secrets.at(-1) ?? '', clock, options),
      client: (source) => async () => {
        const { value } = await source.getToken()
        const server = { now: () => clock.now() + offsetMs }
        // While a secret is exchanged, Zoom takes tokens of both.
        const accepted = secrets.some((secret) => judge(value, secret, server).accepted)
        return accepted ? 200 : 401
      },
      setServerClock: (ms) => {
        offsetMs = ms
      },
      rotateKey: () => {
        secrets.push('second-secret-of-the-app')
      },
      secrets,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
  }
}

/** An SDK tells no time: no more than the backdate can be made up for, or what is left of a token. */
const CLOCKS = { clockOffsetsMs: [60_000, -30_000], without: ['revokeTokens'] } as const

testVendorContract({
  vendor: 'zoomVideoSdk',
  start: bench({
    make: (sdkSecret, clock, options) =>
      zoomVideoSdk({ sdkKey: 'key', sdkSecret, topic: 'a', role: 'host', clock, ...options }),
    judge: (token, sdkSecret, clock) =>
      judgeZoomVideoSdkToken(token, { sdkKey: 'key', sdkSecret, topic: 'A', clock }),
  }),
  ...CLOCKS,
  badOptions: [['no topic', { topic: undefined }, 'topic']],
})

for (const client of ['web', 'native'] as const) {
  const meeting = client === 'web' ? { meetingNumber: '123', role: 'host' } : {}
  testVendorContract({
    vendor: `zoomMeetingSdk (${client})`,
    start: bench({
      make: (clientSecret, clock, options) =>
        zoomMeetingSdk({ clientId: 'id', clientSecret, clock, ...(meeting as object), ...options }),
      judge: (token, clientSecret, clock) =>
        judgeZoomMeetingSdkToken(token, { clientId: 'id', clientSecret, client, clock }),
    }),
    ...CLOCKS,
    badOptions: [['no client id', { clientId: undefined }, 'clientId']],
  })
}
