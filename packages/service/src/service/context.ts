import type { ServiceContext } from '../contracts/context.ts'
import type { ServiceEvent } from '../contracts/events.ts'
import { BoundClients } from '../contracts/client-bounds.ts'
import { guardLedger } from '../contracts/guarded-ledger.ts'
import { Mint } from '../contracts/mint.ts'
import type { LimiterRedis } from '../http/rate-limits/redis.ts'
import { memoryKeyStore } from '../keys/memory-store.ts'
import { ServiceKeys } from '../keys/service-keys.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { openSealer } from '../seal/open.ts'
import type { Sealer } from '../seal/sealer.ts'
import type { TokenServiceSettings } from './options.ts'

/** Opens what the contracts work with, on a ledger that is open. */
export async function openContext(
  settings: TokenServiceSettings,
  ledger: Ledger,
  observe: (event: ServiceEvent) => void,
): Promise<ServiceContext> {
  const { issuer, clock, maxLifetime, storeTokens } = settings
  const sealer = await sealerOf(settings, ledger)
  const keys = guardLedger(await keysOf(settings, ledger, { sealer, observe }))
  const guarded = guardLedger(ledger)
  const seal = storeTokens ? sealer.purpose('token') : undefined
  const mint = new Mint({ issuer, keys, ledger: guarded, clock, seal, observe })
  const clients = new BoundClients(settings.clients, issuer)
  return { issuer, ledger: guarded, keys, mint, clients, clock, seal, maxLifetime }
}

function sealerOf(settings: TokenServiceSettings, ledger: Ledger): Promise<Sealer> {
  const { sealKeys, ephemeral, storeTokens } = settings
  const database = settings.ledger === undefined ? settings.database : undefined
  // What is kept of tokens stays in the ledger, even where the signing keys do not.
  return openSealer({ database, ledger, sealKeys, ephemeral: ephemeral && !storeTokens })
}

function keysOf(
  { ephemeral, algorithm, rotateEvery, clock }: TokenServiceSettings,
  ledger: Ledger,
  { sealer, observe }: { sealer: Sealer; observe: (event: ServiceEvent) => void },
): Promise<ServiceKeys> {
  return ServiceKeys.open({
    ledger: ephemeral ? memoryKeyStore() : ledger,
    sealer,
    algorithm,
    clock,
    onFailure: (error) => observe({ type: 'failure', what: 'keys', error }),
    ...(rotateEvery !== undefined && { rotateEvery }),
  })
}

/** Connects to the Redis that the settings name. */
export async function connectRedis(
  { redis: url }: TokenServiceSettings,
  onEvent: (event: ServiceEvent) => void,
): Promise<LimiterRedis | undefined> {
  if (url === undefined) return undefined
  // Its client takes longer to load than all the rest, and few need it.
  const { connectLimiterRedis } = await import('../http/rate-limits/redis.ts')
  return connectLimiterRedis(url, (error) => onEvent({ type: 'failure', what: 'redis', error }))
}
