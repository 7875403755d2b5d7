import type { Clock } from '../../base/clock.ts'
import type { ErrorCode } from '../../base/errors.ts'
import type { GrantEndCause } from '../../base/grant-errors.ts'
import type { GrantStore } from '../../base/grant-store.ts'
import type { Observe } from '../../base/observe.ts'
import type { Sealing, SealingKey } from '../../keys/sealing.ts'
import type { ReuseOptions } from '../manager/reuse-policy.ts'
import type { GrantServerOptions } from './server.ts'

/** What a `GrantManager` tells its observer. Times are in milliseconds; no event holds a token. */
export type GrantEvent =
  /** This process has refreshed a grant, and the store has its new tokens. */
  | {
      readonly type: 'refreshed'
      readonly id: string
      readonly rotation: number
      readonly durationMs: number
    }
  /** Another process had refreshed it, or it was saved anew. */
  | { readonly type: 'adopted'; readonly id: string; readonly rotation: number }
  /** Another process refreshes it just now. */
  | { readonly type: 'waiting'; readonly id: string }
  /** It has ended: its user has to connect again. Told once, by the process that found it out. */
  | { readonly type: 'reconnect-needed'; readonly id: string; readonly cause: GrantEndCause }
  /** It is going to end, however often it is refreshed. Told once by each process. */
  | { readonly type: 'expiring'; readonly id: string; readonly endsAt: number }
  /** A refresh failed; the next one waits. */
  | {
      readonly type: 'refresh-failed'
      readonly id: string
      readonly code: ErrorCode
      /** The server may have spent the refresh token. */
      readonly ambiguous: boolean
      readonly retryAfterMs: number | undefined
    }
  /** The store failed while an answer had to be written; it is tried again. */
  | { readonly type: 'store-failed'; readonly id: string }
  /** An answer came for a grant that is gone, or was saved anew; its token was revoked and dropped. */
  | { readonly type: 'dropped'; readonly id: string }

/** Options of a `GrantManager`: where grants are kept, and the server that they are from. */
export interface GrantManagerOptions
  extends GrantServerOptions,
    Pick<ReuseOptions, 'refreshMargin' | 'expiryMargin' | 'jitter'> {
  /** Where grants are kept. It has to be one that loses nothing. */
  readonly store: GrantStore
  /**
   * The keys that records are encrypted with at rest; the first one seals. `null` keeps tokens in plain
   * text, for a store in memory.
   */
  readonly sealing: Sealing | readonly SealingKey[] | null
  /** Where the access tokens may go. A grant that is saved with `origins` has its own. */
  readonly origins?: readonly string[]
  /** The header field that the access tokens go into. Default: `Authorization`, as a bearer. */
  readonly header?: { readonly name?: string; readonly scheme?: string }
  /** How long a refresh keeps others off, in milliseconds, unless its owner lives. Default 30 000. */
  readonly leaseMs?: number
  /** How long one request may take, in milliseconds. Default 120 000. */
  readonly requestTimeoutMs?: number
  /** How long a caller waits at the most, in milliseconds. The refresh goes on. Default 10 000. */
  readonly timeoutMs?: number
  /** How long the store may take, in milliseconds. Default 5000. */
  readonly storeTimeoutMs?: number
  /** Seconds before a known end of a grant that `expiring` is told. Default 604 800, a week. */
  readonly expiringMargin?: number
  /** Grants that are kept in memory at the most. Default 10 000. */
  readonly maxInMemory?: number
  /** Is given the work that goes on behind an answer, for runtimes that freeze between requests. */
  readonly waitUntil?: (work: Promise<unknown>) => void
  /** The `fetch` underneath. Default: the global one. */
  readonly fetch?: typeof fetch
  readonly clock?: Clock
  readonly observe?: Observe<GrantEvent>
}

/** What {@link GrantManagerOptions} may name. */
export const GRANT_OPTIONS: readonly (keyof GrantManagerOptions)[] = [
  'store',
  'sealing',
  'endpoint',
  'issuer',
  'revocationEndpoint',
  'client',
  'parameters',
  'facts',
  'origins',
  'header',
  'refreshMargin',
  'expiryMargin',
  'jitter',
  'leaseMs',
  'requestTimeoutMs',
  'timeoutMs',
  'storeTimeoutMs',
  'expiringMargin',
  'maxInMemory',
  'waitUntil',
  'fetch',
  'clock',
  'observe',
]

/** What `save` may be told beside the token response. */
export interface SaveGrantOptions {
  /** The token endpoint of this grant: a shop's own, say. */
  readonly endpoint?: string
  /** Where its access tokens may go. Default: the manager's origins, or what the response says. */
  readonly origins?: readonly string[]
  /** NumericDate (seconds) of the token response. Default: now. */
  readonly obtainedAt?: number
}
