import assert from 'node:assert/strict'
import { startVoicegainSandbox } from '@mayfly/sandboxes'
import type { Harness } from '../context.ts'
import { tokenFor } from '../vendor-sandbox.ts'

/** Uses what `browserToken` gives as a page of the audience does. */
export const harness: Harness = async (context) => {
  await using sandbox = await startVoicegainSandbox()
  context.route('https://api.voicegain.ai', sandbox.origin)
  const { consoleToken } = sandbox.credentials
  const token = await tokenFor(context, 'browserToken', { VOICEGAIN_CONSOLE_JWT: consoleToken })
  assert.notEqual(token, consoleToken)
  const headers = { authorization: `Bearer ${token}`, origin: 'https://app.example.com' }
  assert.equal((await fetch(`${sandbox.origin}/v1/sa/config`, { headers })).status, 200)
}
