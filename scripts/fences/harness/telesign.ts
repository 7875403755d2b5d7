import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { judgeTelesignToken } from '@mayfly/sandboxes'
import type { Harness } from '../context.ts'
import { tokenFor } from '../vendor-sandbox.ts'

/** Has Telesign's judge look at what `verificationToken` makes. */
export const harness: Harness = async (context) => {
  const customerId = 'FFFFFFFF-EEEE-DDDD-1234-AB1234567890'
  const apiKey = randomBytes(64).toString('base64')
  const token = await tokenFor(context, 'verificationToken', {
    TELESIGN_CUSTOMER_ID: customerId,
    TELESIGN_API_KEY: apiKey,
  })
  const phoneNumber = '15555551212'
  const verdict = judgeTelesignToken(token, { customerId, apiKey, phoneNumber })
  assert.ok(verdict.accepted, 'The judge refused the token.')
}
