import { keyFile } from '@mayfly/core/node'
import type { AppStoreConnectTeamOptions } from '@mayfly/core/vendors'
import { startAppStoreConnectSandbox } from '@mayfly/sandboxes'

/** A key for App Store Connect, and where its API is. */
export interface Account {
  readonly credentials: Pick<AppStoreConnectTeamOptions, 'keyId' | 'issuerId' | 'privateKey'>
  readonly upstream: string
  readonly close: () => Promise<void>
}

/**
 * Reads the account from the environment: `APP_STORE_CONNECT_KEY_ID`, `…_ISSUER_ID` and `…_KEY_FILE`,
 * the path of the `.p8` file. Without a key id it starts a sandbox that judges tokens as Apple does.
 */
export async function openAccount(env: NodeJS.ProcessEnv = process.env): Promise<Account> {
  const keyId = env['APP_STORE_CONNECT_KEY_ID']
  if (keyId === undefined) {
    const sandbox = await startAppStoreConnectSandbox()
    const { credentials, origin: upstream } = sandbox
    return { credentials, upstream, close: () => sandbox.close() }
  }
  const issuerId = required(env, 'APP_STORE_CONNECT_ISSUER_ID')
  const privateKey = keyFile(required(env, 'APP_STORE_CONNECT_KEY_FILE'), 'ES256')
  return {
    credentials: { keyId, issuerId, privateKey },
    upstream: 'https://api.appstoreconnect.apple.com',
    close: () => Promise.resolve(),
  }
}

function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name]
  if (value !== undefined && value !== '') return value
  throw new Error(`Set ${name} beside APP_STORE_CONNECT_KEY_ID, or neither for the sandbox.`)
}
