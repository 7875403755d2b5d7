import { type AccessToken, TokenManager, type TokenSource } from '@mayfly/core'
import type { CliContext } from '../context.ts'
import type { OpenSource } from '../vendors/open-source.ts'
import { cacheFolder } from './cache-folder.ts'
import { DiskTokenStore } from './disk-store.ts'
import { entryKey } from './entry-key.ts'

/** A disk may be slow to wake up; a vendor's answer over the network takes longer still. */
const STORE_TIMEOUT_MS = 2000

/** A source whose tokens outlive the process. */
export interface CachedSource {
  readonly source: TokenManager
  /** Waits until the token is on the disk. */
  settled(): Promise<void>
}

/** Puts the disk cache before a source. It never makes a command fail: without it there are new tokens. */
export async function cachedSource(
  vendor: string,
  { source, settings, credential }: OpenSource,
  context: CliContext,
): Promise<CachedSource> {
  const { env, clock } = context.io
  const key = await entryKey(vendor, settings, credential)
  const notes = new Set<string>()
  const folder = cacheFolder(env)
  const store = new DiskTokenStore({
    folder,
    key,
    clock,
    onTrouble: (error) => void notes.add(reasonOf(error)),
  })
  const named: TokenSource = { ...source, id: key.id }
  return {
    source: new TokenManager(named, { store, clock, storeTimeoutMs: STORE_TIMEOUT_MS, jitter: 0 }),
    settled: async () => {
      await store.settled()
      for (const reason of notes) {
        await context.note(`the cache in ${folder} was not used: ${reason}`)
      }
    },
  }
}

/**
 * Gives a token that is good for a while: one that a server would renew in the background is renewed
 * at once, as this process is over before there is a background. Where that fails the old one serves.
 */
export async function freshToken(
  source: TokenManager,
  minLifetime: number | undefined,
): Promise<AccessToken> {
  const token = await source.getToken(minLifetime === undefined ? {} : { minLifetime })
  if (source.stats().state !== 'stale') return token
  return source.getToken({ forceRefresh: true }).catch(() => token)
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it cannot be used'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}
