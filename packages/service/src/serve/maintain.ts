import { createTokenService } from '../create-token-service.ts'
import { requireDuration } from '@mayfly/core/adapter'
import type { ClientBounds } from '../contracts/client-bounds.ts'
import type { ConsoleTokenOptions } from '../contracts/console-tokens.ts'
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

/** The command line of {@link printConsoleToken}. */
export interface ConsoleTokenFlags extends LedgerFlags {
  readonly scope?: readonly string[]
  readonly allowAudience?: readonly string[]
  readonly allowOrigin?: readonly string[]
  readonly allowSubject?: readonly string[]
  readonly allowScope?: readonly string[]
  readonly allowLifetime?: string
  readonly expiresIn?: string
}

/** Makes a console token for a client, and prints it: the only time that it is shown. */
export async function printConsoleToken(
  client: string,
  flags: ConsoleTokenFlags,
  world: ServeWorld,
): Promise<void> {
  const service = await createTokenService({
    issuer: flags.issuer ?? SOMEWHERE,
    ...(await readLedger(flags, world)),
    rateLimits: null,
    clock: world.clock,
  })
  try {
    world.stdout.write(`${await service.createConsoleToken(client, readOrder(flags))}\n`)
  } finally {
    await service.close()
  }
}

function readOrder({ scope, expiresIn, ...flags }: ConsoleTokenFlags): ConsoleTokenOptions {
  const bounds = readBounds(flags)
  return {
    ...(scope !== undefined && { scope: scope as readonly Scope[] }),
    ...(expiresIn !== undefined && { expiresIn: requireDuration(expiresIn, '--expires-in') }),
    ...(Object.keys(bounds).length > 0 && { bounds }),
  }
}

function readBounds(flags: ConsoleTokenFlags): ClientBounds {
  const lists = {
    audiences: flags.allowAudience,
    origins: flags.allowOrigin,
    subjects: flags.allowSubject,
    scopes: flags.allowScope,
  }
  const given = Object.entries(lists).flatMap(([name, list]) =>
    list === undefined ? [] : [[name, list.includes('*') ? '*' : list] as const],
  )
  const { allowLifetime } = flags
  return {
    ...Object.fromEntries(given),
    ...(allowLifetime !== undefined && {
      maxLifetime: requireDuration(allowLifetime, '--allow-lifetime', { min: 1 }),
    }),
  }
}
