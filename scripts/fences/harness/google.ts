import { writeFile } from 'node:fs/promises'
import { startGoogleSandbox } from '@mayfly/sandboxes'
import type { Harness } from '../context.ts'
import { runAgainst } from '../vendor-sandbox.ts'

/** Puts the sandbox in Google's place, and the service account's key where the fence reads it. */
export const harness: Harness = async (context) => {
  await using sandbox = await startGoogleSandbox()
  await writeFile('service-account.json', JSON.stringify(sandbox.credentials))
  await runAgainst(sandbox, context, { origins: ['https://storage.googleapis.com'] })
}
