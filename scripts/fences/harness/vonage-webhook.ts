import assert from 'node:assert/strict'
import { signVonageWebhook } from '@mayfly/sandboxes'
import type { Harness } from '../context.ts'

/** Sends a signed webhook, and then the same one with another body. */
export const harness: Harness = async ({ load, urls }) => {
  const account = { apiKey: 'abcd1234', signatureSecret: 'what-the-dashboard-shows' }
  Object.assign(process.env, {
    VONAGE_API_KEY: account.apiKey,
    VONAGE_SIGNATURE_SECRET: account.signatureSecret,
  })
  await load()
  const [url = ''] = await urls()
  const statuses = []
  for (const more of [{}, { sent: '{"text":"forged"}' }]) {
    const { method, headers, body } = signVonageWebhook({ text: 'hello' }, { ...account, ...more })
    statuses.push((await fetch(`${url}/webhooks/inbound`, { method, headers, body })).status)
  }
  assert.deepEqual(statuses, [200, 401])
}
