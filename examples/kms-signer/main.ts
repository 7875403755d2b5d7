/**
 * A key that stays in another process: list the apps of an App Store Connect account with tokens that a
 * signer outside of this program signs.
 *
 *     node --conditions=source examples/kms-signer/main.ts
 *
 * Runs against a sandbox unless the environment names a key, as in ../lib/account.ts.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startAppStoreConnectSandbox } from '@mayfly/sandboxes'
import { createAppList } from '../outbound-fetch/main.ts'
import { RemoteSigner } from './remote-signer.ts'

/** An account whose key is named, and not read. */
interface SealedAccount {
  readonly keyId: string
  readonly issuerId: string
  readonly keyFile: string
  readonly upstream: string
}

/** Lists the names of the account's apps, and ends the signer. */
export async function listWithSigner(account: SealedAccount): Promise<string[]> {
  const { keyId, issuerId, keyFile, upstream } = account
  await using privateKey = new RemoteSigner(keyId, keyFile)
  const credentials = { keyId, issuerId, privateKey }
  const listApps = createAppList({ credentials, upstream, close: () => Promise.resolve() })
  return (await listApps()).map(({ name }) => name)
}

/** Lists the apps of a sandbox, whose key it puts into a file for the signer. */
async function listInSandbox(): Promise<string[]> {
  await using sandbox = await startAppStoreConnectSandbox()
  const { keyId, issuerId, privateKey } = sandbox.credentials
  const folder = await mkdtemp(join(tmpdir(), 'mayfly-key-'))
  try {
    const keyFile = join(folder, 'key.p8')
    await writeFile(keyFile, privateKey, { mode: 0o600 })
    return await listWithSigner({ keyId, issuerId, keyFile, upstream: sandbox.origin })
  } finally {
    await rm(folder, { recursive: true })
  }
}

if (import.meta.main) {
  const {
    APP_STORE_CONNECT_KEY_ID: keyId,
    APP_STORE_CONNECT_ISSUER_ID: issuerId,
    APP_STORE_CONNECT_KEY_FILE: keyFile,
  } = process.env
  const upstream = 'https://api.appstoreconnect.apple.com'
  const isNamed = keyId !== undefined && issuerId !== undefined && keyFile !== undefined
  const names = isNamed
    ? await listWithSigner({ keyId, issuerId, keyFile, upstream })
    : await listInSandbox()
  for (const name of names) console.log(name)
}
