import { writeFile } from 'node:fs/promises'
import { startAppStoreConnectSandbox } from '@mayfly/testing'
import type { Harness } from '../context.ts'

/**
 * Stands in for Apple: the key lies in `AuthKey.p8`, its ids are in `ASC_KEY_ID` and `ASC_ISSUER_ID`,
 * and every request must be one that Apple would accept.
 */
export const harness: Harness = async ({ load, route }) => {
  await using sandbox = await startAppStoreConnectSandbox()
  const { keyId, issuerId, privateKey } = sandbox.credentials
  process.env['ASC_KEY_ID'] = keyId
  process.env['ASC_ISSUER_ID'] = issuerId
  await writeFile('AuthKey.p8', privateKey)
  route('https://api.appstoreconnect.apple.com', sandbox.origin)

  await load()

  const refusals = Object.entries(sandbox.refusals)
  if (refusals.length > 0) throw new Error(`Apple would refuse this: ${refusals.join()}`)
  if (sandbox.counts.accepted === 0) throw new Error('Not one request came to Apple.')
}
