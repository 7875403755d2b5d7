import assert from 'node:assert/strict'
import { judgeZoomMeetingSdkToken, judgeZoomVideoSdkToken } from '@mayfly/sandboxes'
import type { Harness } from '../context.ts'
import { tokenFor } from '../vendor-sandbox.ts'

/** Hands what `joinToken` makes to the judges of Zoom's SDKs: one of them must take it. */
export const harness: Harness = async (context) => {
  const [id, secret] = ['4kDc3mPqRs', 'what-the-marketplace-shows']
  const token = await tokenFor(context, 'joinToken', { ZOOM_SDK_KEY: id, ZOOM_SDK_SECRET: secret })
  const verdicts = [
    judgeZoomVideoSdkToken(token, { sdkKey: id, sdkSecret: secret, topic: 'Cool Cars' }),
    judgeZoomMeetingSdkToken(token, { clientId: id, clientSecret: secret, client: 'web' }),
  ]
  assert.ok(
    verdicts.some(({ accepted }) => accepted),
    JSON.stringify(verdicts),
  )
}
