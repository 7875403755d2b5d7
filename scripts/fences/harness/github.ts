import { startGithubSandbox } from '@mayfly/sandboxes'
import type { Harness } from '../context.ts'
import { runAgainst } from '../vendor-sandbox.ts'

/** Puts the sandbox in GitHub's place; the key has its line ends as environment variables have them. */
export const harness: Harness = async (context) => {
  await using sandbox = await startGithubSandbox()
  const { appId, privateKey } = sandbox.credentials
  const env = {
    GITHUB_APP_ID: appId,
    GITHUB_PRIVATE_KEY: privateKey.replaceAll('\n', '\\n'),
    GITHUB_INSTALLATION_ID: String(sandbox.installationId),
  }
  await runAgainst(sandbox, context, { env, origins: ['https://api.github.com'] })
}
