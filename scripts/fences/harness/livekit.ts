import assert from 'node:assert/strict'
import { judgeLiveKitToken } from '@mayfly/sandboxes'
import type { Harness } from '../context.ts'
import { tokenFor } from '../vendor-sandbox.ts'

/** Joins a room of LiveKit with what `joinToken` makes. */
export const harness: Harness = async (context) => {
  const key = { apiKey: 'APIMmxiL8rquKzt', apiSecret: 'what-livekit-shows' }
  const token = await tokenFor(context, 'joinToken', {
    LIVEKIT_API_KEY: key.apiKey,
    LIVEKIT_API_SECRET: key.apiSecret,
  })
  const verdict = judgeLiveKitToken(token, { ...key, room: 'cool-cars' })
  assert.ok(verdict.accepted, JSON.stringify(verdict))
}
