import { startVonageSandbox } from '@mayfly/sandboxes'
import type { Harness } from '../context.ts'
import { runAgainst } from '../vendor-sandbox.ts'

/** Puts the sandbox in the place of Vonage's API. */
export const harness: Harness = async (context) => {
  await using sandbox = await startVonageSandbox()
  const { applicationId, privateKey } = sandbox.credentials
  const env = { VONAGE_APPLICATION_ID: applicationId, VONAGE_PRIVATE_KEY: privateKey }
  await runAgainst(sandbox, context, { env, origins: ['https://api.nexmo.com'] })
}
