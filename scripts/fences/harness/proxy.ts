import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { startAppStoreConnectSandbox } from '@mayfly/sandboxes'
import type { Harness } from '../context.ts'

/** Calls through a proxy that was told to go to the sandbox, with credentials of its own. */
export const harness: Harness = async ({ load, urls }) => {
  const keyId = '2X9R4HXF34'
  const issuerId = '57246542-96fe-1a63-e053-0824d011072a'
  await using sandbox = await startAppStoreConnectSandbox({ keyId, issuerId })
  await writeFile(`AuthKey_${keyId}.p8`, sandbox.credentials.privateKey)
  process.env['UPSTREAM'] = sandbox.origin
  await load()
  const [url = ''] = await urls()
  const headers = { authorization: 'Bearer mine', cookie: 'session=mine' }
  const response = await fetch(`${url}/apple/v1/apps`, { headers })
  assert.equal(response.status, 200)
  assert.equal(sandbox.accepted, 1)
}
