import type { KeyErrorCode } from '../../base/error-codes.ts'

/**
 * Why a key set was fetched. `first`: there was none. `due`: it was going to run out. `expired`: it
 * had. `unknown-key`: a token came whose key is not in it. `warm-up`: somebody asked.
 */
export type RefreshTrigger = 'first' | 'due' | 'expired' | 'unknown-key' | 'warm-up'

/** What remote keys report. Durations are those of their clock. */
export type RemoteKeysEvent =
  | {
      readonly type: 'jwks-refresh'
      /** The issuer, or the `jwksUri` without its query, as configured. */
      readonly from: string
      readonly trigger: RefreshTrigger
      readonly durationMs: number
      /** Keys that can be used. */
      readonly keys: number
      /** Keys that were left out, since something is wrong with them. */
      readonly refused: number
      /** Whether a key is gone that was there before: what it verified counts no longer. */
      readonly keysRemoved: boolean
    }
  | {
      readonly type: 'jwks-refresh-failed'
      readonly from: string
      readonly trigger: RefreshTrigger
      readonly durationMs: number
      readonly code: KeyErrorCode
      /** Whether there are older keys that may still be used. */
      readonly keysLeft: boolean
      /** How long no other try is made, in milliseconds. */
      readonly cooldownMs: number
    }

/** Where remote keys stand. */
export interface RemoteKeysHealth {
  /** The issuer, or the `jwksUri` without its query, as configured. */
  readonly from: string
  /**
   * `empty`: no keys, so that no token can be verified. `fresh`: all is well. `stale`: the keys have
   * run out, and are used because no newer ones could be had, or until somebody needs newer ones.
   */
  readonly state: 'empty' | 'fresh' | 'stale'
  /** Keys that can be used. */
  readonly keys: number
  /** Keys that were left out, since something is wrong with them. */
  readonly refused: number
  /** How old the keys are, in milliseconds. */
  readonly ageMs: number | undefined
  /** A refresh is under way. */
  readonly refreshing: boolean
  /** Refreshes that failed since the last one that did not. */
  readonly failures: number
  /** What the last refresh failed with, if it did. */
  readonly lastFailure: KeyErrorCode | undefined
  /** How long no other try is made, in milliseconds. */
  readonly retryInMs: number
}
