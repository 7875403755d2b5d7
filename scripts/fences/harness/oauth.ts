import { startOAuthSandbox } from '@mayfly/sandboxes'
import type { Harness } from '../context.ts'
import { runAgainst } from '../vendor-sandbox.ts'

/** Gives the fence an authorization server with an API behind it. */
export const harness: Harness = async (context) => {
  await using sandbox = await startOAuthSandbox()
  const env = {
    OAUTH_ISSUER: sandbox.issuer,
    OAUTH_CLIENT_ID: sandbox.credentials.clientId,
    OAUTH_CLIENT_SECRET: sandbox.credentials.clientSecret,
  }
  await runAgainst(sandbox, context, { env, origins: ['https://api.example.com'] })
}
