/**
 * The fetch wrapper alone: list the apps of an App Store Connect account.
 *
 *     node --conditions=source examples/outbound-fetch/main.ts
 *
 * Runs against a sandbox unless the environment names a key; see ../lib/account.ts.
 */
import { bearerFetch, TokenManager } from '@mayfly/core'
import { appStoreConnect } from '@mayfly/core/vendors'
import { type Account, openAccount } from '../lib/account.ts'

/** What the example tells of an app. */
export interface App {
  readonly name: string
  readonly bundleId: string
}

/** Makes a function that lists the account's apps. Keep it: the token is reused between calls. */
export function createAppList({ credentials, upstream }: Account): () => Promise<App[]> {
  // The source signs a token at every call, the manager keeps it while it is fresh, and the wrapper
  // puts it on requests to `upstream` and nowhere else.
  const source = appStoreConnect({ ...credentials, origins: [upstream] })
  const api = bearerFetch(new TokenManager(source))

  return async function listApps() {
    const answer = await api(`${upstream}/v1/apps`)
    if (!answer.ok) throw new Error(`App Store Connect answered ${answer.status}.`)
    const { data } = (await answer.json()) as { data: { attributes: App }[] }
    return data.map(({ attributes: { name, bundleId } }) => ({ name, bundleId }))
  }
}

if (import.meta.main) {
  const account = await openAccount()
  try {
    const listApps = createAppList(account)
    for (const { name, bundleId } of await listApps()) console.log(`${name} (${bundleId})`)
  } finally {
    await account.close()
  }
}
