import {
  type AccessToken,
  type Clock,
  createAccessToken,
  SourceError,
  TokenManager,
  type TokenSource,
} from '@mayfly/core'
import type { CliContext } from '../context.ts'
import type { OpenSource } from '../vendors/open-source.ts'
import { cacheFolder } from './cache-folder.ts'
import { DiskTokenStore } from './disk-store.ts'
import { entryKey } from './entry-key.ts'

/** A disk may be slow to wake up; a vendor's answer over the network takes longer still. */
const STORE_TIMEOUT_MS = 2000

/** Seconds that a token must still have to be of any use. */
const LEAST = 10

/** A source whose tokens outlive the process. */
export interface CachedSource {
  readonly source: TokenSource
  /** Gives a token that is good for a while. */
  readonly freshToken: () => Promise<AccessToken>
  /** Waits until the token is on the disk. */
  readonly settled: () => Promise<void>
}

/** Puts the disk cache before a source. It never makes a command fail: without it there are new tokens. */
export async function cachedSource(
  vendor: string,
  { source, settings, credential }: OpenSource,
  { context, minLifetime }: { context: CliContext; minLifetime: number | undefined },
): Promise<CachedSource> {
  const { env, clock } = context.io
  const key = await entryKey(vendor, settings, credential)
  const folder = cacheFolder(env)
  const reasons = new Set<string>()
  const store = new DiskTokenStore({
    folder,
    key,
    clock,
    onTrouble: (error) => void reasons.add(reasonOf(error)),
  })
  const named: TokenSource = { ...source, id: key.id }
  const options = { store, clock, storeTimeoutMs: STORE_TIMEOUT_MS, jitter: 0 }
  const manager = new TokenManager(named, options)
  return {
    source: manager,
    freshToken: async () => freshToken(manager, store, { clock, minLifetime }),
    settled: async () => {
      await store.settled()
      for (const reason of reasons) {
        await context.note(`the cache in ${folder} was not used: ${reason}`)
      }
    },
  }
}

/**
 * Gives a token that is good for a while. One that is about to end is replaced; where that fails, it
 * serves as long as it lives.
 */
async function freshToken(
  manager: TokenManager,
  store: DiskTokenStore,
  { clock, minLifetime = 0 }: { clock: Clock; minLifetime: number | undefined },
): Promise<AccessToken> {
  try {
    const token = await manager.getToken({ minLifetime })
    // A server would go on with it and renew it in the background; this process is about to end.
    if (manager.stats().state !== 'stale') return token
    return await manager.getToken({ minLifetime, forceRefresh: true })
  } catch (error) {
    if (!(error instanceof SourceError)) throw error
    const kept = await store.get()
    const needed = clock.now() / 1000 + Math.max(minLifetime, LEAST)
    if (kept === undefined || error.permanent || kept.expiresAt < needed) throw error
    return createAccessToken(kept)
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it cannot be used'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}
