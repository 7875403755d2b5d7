import assert from 'node:assert/strict'
import { judgeTwilioToken } from '@mayfly/sandboxes'
import type { Harness } from '../context.ts'
import { tokenFor } from '../vendor-sandbox.ts'

/** Hands what `joinToken` makes to the judge of Twilio's tokens. */
export const harness: Harness = async (context) => {
  const key = {
    accountSid: `AC${'1'.repeat(32)}`,
    keySid: `SK${'2'.repeat(32)}`,
    keySecret: 'what-twilio-showed-once',
  }
  const token = await tokenFor(context, 'joinToken', {
    TWILIO_ACCOUNT_SID: key.accountSid,
    TWILIO_KEY_SID: key.keySid,
    TWILIO_KEY_SECRET: key.keySecret,
  })
  const verdict = judgeTwilioToken(token, key)
  assert.ok(verdict.accepted, JSON.stringify(verdict))
}
