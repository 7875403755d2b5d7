import { REUSE_OPTIONS, type ReuseOptions } from './reuse-policy.ts'
import type { Clock } from '../../base/clock.ts'
import { invalid, refuseUnknownOptions, requireOptions } from '../../base/options.ts'
import type { ErrorCode } from '../../base/errors.ts'
import type { Observe } from '../../base/observe.ts'
import type { ClockOrigin } from '../learned-clock.ts'
import type { GetTokenOptions, TokenSource, TokenStore } from '../token.ts'

/** Why a token was minted. */
export type MintReason = 'cold' | 'stale' | 'expired' | 'rejected' | 'forced'

/** Where a new token came from. */
export type MintOrigin = 'source' | 'store'

/** What was asked of a store that failed. */
export type StoreOperation = 'get' | 'set' | 'delete' | 'lock' | 'extend' | 'unlock'

/** What ended the wait for another process: its token, the turn to mint one, or neither in good time. */
export type WaitOutcome = 'token' | 'lock' | 'none'

/** What a `TokenManager` tells its observer. Durations are in milliseconds. */
export type ManagerEvent =
  | {
      readonly type: 'mint'
      readonly reason: MintReason
      readonly from: MintOrigin
      readonly durationMs: number
      readonly expiresAt: number
    }
  | {
      readonly type: 'refresh-failed'
      readonly reason: MintReason
      readonly durationMs: number
      readonly code: ErrorCode | undefined
      readonly permanent: boolean
      /** How long the next background try is put off. */
      readonly cooldownMs: number
    }
  | {
      readonly type: 'invalidate'
      /** What is given out until another is minted: the token before, which had worked, or none. */
      readonly fallback: 'previous' | 'none'
    }
  /**
   * The store failed or was too slow; the token was minted here instead, or not shared, or waited for
   * where a new one would end the others. `code` tells what was sealed with another key, or changed.
   */
  | {
      readonly type: 'store-failed'
      readonly operation: StoreOperation
      readonly code?: ErrorCode
    }
  /** A token that ends the others was minted without the store, gone for longer than a token lives. */
  | { readonly type: 'store-bypassed'; readonly goneForMs: number }
  /** The source's `id` is random in each process, so that the store shares nothing; `wrapSource` gives one. */
  | { readonly type: 'store-unused'; readonly reason: 'random-id' }
  | {
      readonly type: 'lock-waited'
      readonly outcome: WaitOutcome
      readonly durationMs: number
    }
  /** The margins did not fit a token that lives shorter than usual; the default ones were taken. */
  | { readonly type: 'margins-adjusted'; readonly lifetime: number }

/** Options of a `TokenManager`. */
export interface TokenManagerOptions extends ReuseOptions {
  /**
   * After a failed refresh, while the old token still serves: seconds until the next try. Doubles up
   * to 60 with each failure; a server's `Retry-After` is honoured. Default 5.
   */
  readonly failureCooldown?: number
  /** How long one mint may take, in milliseconds. Default 10 000. */
  readonly timeoutMs?: number
  /**
   * Whether callers share one running mint. Default: yes, except on Cloudflare Workers, where a
   * promise must not cross requests; there each caller mints and only the token is shared.
   */
  readonly shareInFlight?: boolean
  /** Shares tokens between processes: memory first, then the store, then the source. */
  readonly store?: TokenStore
  /**
   * How long the store may take, in milliseconds, before it is done without; the first time after a
   * start five times as long. What this process is late itself does not count. Default 200.
   */
  readonly storeTimeoutMs?: number
  /** The local clock. Default: the machine's. */
  readonly clock?: Clock
  /** Draws a number from 0 up to 1, for the jitter. Default `Math.random`. */
  readonly random?: () => number
  /** Gets the manager's events. */
  readonly observe?: Observe<ManagerEvent>
}

/** The names of the {@link TokenManagerOptions}. */
export const MANAGER_OPTIONS: readonly (keyof TokenManagerOptions)[] = [
  ...REUSE_OPTIONS,
  'failureCooldown',
  'timeoutMs',
  'shareInFlight',
  'store',
  'storeTimeoutMs',
  'clock',
  'random',
  'observe',
]

/** Whether a call asks for nothing that a fresh token would not satisfy. */
export function isPlain(options: GetTokenOptions | undefined): boolean {
  return (
    options === undefined ||
    (options.forceRefresh !== true &&
      options.minLifetime === undefined &&
      options.signal?.aborted !== true)
  )
}

/** Refuses options that no manager knows. */
export function requireManagerOptions(options: TokenManagerOptions, where: string): void {
  requireOptions(options, where)
  refuseUnknownOptions(options, MANAGER_OPTIONS, where)
}

/** Which option a source is given as, and what makes one. */
interface SourceOption {
  readonly option: string
  readonly maker: string
}

const SOURCE: SourceOption = {
  option: 'source',
  maker: 'a vendor function such as appStoreConnect()',
}

/** Refuses what is not a token source. */
export function requireSource(
  source: unknown,
  where: string,
  { option, maker }: SourceOption = SOURCE,
): asserts source is TokenSource {
  const candidate = source as Partial<TokenSource> | null | undefined
  const fits =
    typeof candidate === 'object' &&
    candidate !== null &&
    typeof candidate.getToken === 'function' &&
    typeof candidate.id === 'string' &&
    Array.isArray(candidate.origins)
  if (fits) return
  throw invalid(
    option,
    `${where}: "${option}" must be a token source: { id, origins, getToken }. That is what ${maker} makes.`,
  )
}

/** Where a `TokenManager` stands. Times are NumericDates (seconds) on the server's clock. */
export interface TokenManagerStats {
  readonly state: 'empty' | 'fresh' | 'stale' | 'expired' | 'closed'
  readonly issuedAt: number | undefined
  readonly expiresAt: number | undefined
  /** From when the token is refreshed in the background. */
  readonly refreshAt: number | undefined
  /** A mint is under way. */
  readonly refreshing: boolean
  /** How often the token in hand was given out. */
  readonly served: number
  /** Tokens minted since the start. */
  readonly mints: number
  /** Mints that failed since the start. */
  readonly failures: number
  /** Tokens that the server refused since the start. */
  readonly rejected: number
  /** How far the server's clock is ahead of the local one, by what the last caller knew. */
  readonly clockOffsetMs: number
  /** Where that comes from: the machine's clock, `Date` headers that proved right, or a trial of such. */
  readonly clockOrigin: ClockOrigin
}
