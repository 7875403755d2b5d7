import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import type { Harness } from '../context.ts'
import { tokenFor } from '../vendor-sandbox.ts'

/** Verifies what `verificationToken` makes as Telesign does: with the bytes that its key stands for. */
export const harness: Harness = async (context) => {
  const bytes = randomBytes(64)
  const token = await tokenFor(context, 'verificationToken', {
    TELESIGN_CUSTOMER_ID: 'FFFFFFFF-EEEE-DDDD-1234-AB1234567890',
    TELESIGN_API_KEY: bytes.toString('base64'),
  })
  const [head = '', body = '', signature = ''] = token.split('.')
  const expected = createHmac('sha256', bytes).update(`${head}.${body}`).digest('base64url')
  assert.equal(signature, expected)
  const { iss, iat, exp, phn, xid } = JSON.parse(
    Buffer.from(body, 'base64url').toString(),
  ) as Record<string, unknown>
  assert.deepEqual(
    [iss, phn, Number(exp) - Number(iat)],
    ['FFFFFFFF-EEEE-DDDD-1234-AB1234567890', '15555551212', 90],
  )
  assert.equal(typeof xid, 'string')
}
