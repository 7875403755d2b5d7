import { startZoomSandbox } from '@mayfly/sandboxes'
import type { Harness } from '../context.ts'
import { runAgainst } from '../vendor-sandbox.ts'

/** Puts the sandbox in the place of Zoom's API and of its token endpoint. */
export const harness: Harness = async (context) => {
  await using sandbox = await startZoomSandbox()
  const { accountId, clientId, clientSecret } = sandbox.credentials
  const env = {
    ZOOM_ACCOUNT_ID: accountId,
    ZOOM_CLIENT_ID: clientId,
    ZOOM_CLIENT_SECRET: clientSecret,
  }
  await runAgainst(sandbox, context, { env, origins: ['https://zoom.us', 'https://api.zoom.us'] })
}
