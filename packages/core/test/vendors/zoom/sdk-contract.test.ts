import { zoomMeetingSdk, zoomVideoSdk } from '@mayfly/core/vendors'
import { judgeZoomMeetingSdkToken, judgeZoomVideoSdkToken } from '@mayfly/sandboxes'
import { testVendorContract } from '../contract.ts'
import { sdkBench } from '../sdk-bench.ts'

/** An SDK tells no time: no more than the backdate can be made up for, or what is left of a token. */
const CLOCKS = { clockOffsetsMs: [60_000, -30_000], without: ['revokeTokens'] } as const

testVendorContract({
  vendor: 'zoomVideoSdk',
  start: sdkBench({
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
    start: sdkBench({
      make: (clientSecret, clock, options) =>
        zoomMeetingSdk({ clientId: 'id', clientSecret, clock, ...(meeting as object), ...options }),
      judge: (token, clientSecret, clock) =>
        judgeZoomMeetingSdkToken(token, { clientId: 'id', clientSecret, client, clock }),
    }),
    ...CLOCKS,
    badOptions: [['no client id', { clientId: undefined }, 'clientId']],
  })
}
