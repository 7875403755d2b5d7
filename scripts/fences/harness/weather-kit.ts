import { writeFile } from 'node:fs/promises'
import { startWeatherKitSandbox } from '@mayfly/sandboxes'
import type { Harness } from '../context.ts'
import { runAgainst } from '../vendor-sandbox.ts'

/** Puts the sandbox in Apple's place, and the key file where the fence reads it. */
export const harness: Harness = async (context) => {
  const keyId = 'ABC123DEFG'
  await using sandbox = await startWeatherKitSandbox({ keyId })
  await writeFile(`AuthKey_${keyId}.p8`, sandbox.credentials.privateKey)
  await runAgainst(sandbox, context, { origins: ['https://weatherkit.apple.com'] })
}
