import { createTokenService } from '../create-token-service.ts'
import type { Scope } from '../http/scopes.ts'
import type { LedgerFlags } from './options.ts'
import { readLedger } from './settings.ts'
import type { ServeWorld } from './world.ts'

/** The service's own issuer has to be told where it is not running. */
const SOMEWHERE = 'http://127.0.0.1:4810'

/** Makes a new signing key in the ledger. Nodes that run see it within half a minute. */
export async function rotateKeys(
  flags: LedgerFlags & { readonly now?: boolean },
  world: ServeWorld,
): Promise<void> {
  const service = await createTokenService({
    issuer: flags.issuer ?? SOMEWHERE,
    ...(await readLedger(flags, world)),
    rateLimits: null,
    clock: world.clock,
  })
  try {
    const { keyId, algorithm, activeFrom } = await service.rotateKeys({ now: flags.now ?? false })
    const from = new Date(activeFrom * 1000).toISOString().replace(/\.\d+Z$/, 'Z')
    world.stdout.write(`${keyId} (${algorithm}) signs from ${from}\n`)
  } finally {
    await service.close()
  }
}

/** Makes a console token for a client, and prints it: the only time that it is shown. */
export async function printConsoleToken(
  client: string,
  flags: LedgerFlags & { readonly scope?: readonly string[] },
  world: ServeWorld,
): Promise<void> {
  const service = await createTokenService({
    issuer: flags.issuer ?? SOMEWHERE,
    ...(await readLedger(flags, world)),
    rateLimits: null,
    clock: world.clock,
  })
  try {
    const { scope } = flags
    const options = scope === undefined ? {} : { scope: scope as readonly Scope[] }
    world.stdout.write(`${await service.createConsoleToken(client, options)}\n`)
  } finally {
    await service.close()
  }
}
