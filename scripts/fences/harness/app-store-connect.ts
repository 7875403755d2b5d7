import { writeFile } from 'node:fs/promises'
import { startAppStoreConnectSandbox } from '@mayfly/sandboxes'
import type { Harness } from '../context.ts'

/** Puts the sandbox in Apple's place, and the key file where the fence reads it. */
export const harness: Harness = async ({ load, route, urls }) => {
  const keyId = '2X9R4HXF34'
  const issuerId = '57246542-96fe-1a63-e053-0824d011072a'
  await using sandbox = await startAppStoreConnectSandbox({ keyId, issuerId })
  await writeFile(`AuthKey_${keyId}.p8`, sandbox.credentials.privateKey)
  route('https://api.appstoreconnect.apple.com', sandbox.origin)
  await load()
  await urls()
  if (sandbox.accepted === 0) throw new Error('Nothing reached the sandbox with a good token.')
}
