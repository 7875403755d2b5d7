import {
  type Algorithm,
  ALGORITHMS,
  algorithmFacts,
  requireAlgorithm,
} from '../../keys/algorithms.ts'
import type { Clock } from '../../base/clock.ts'
import {
  describe,
  invalid,
  optionalFunction,
  optionalNumber,
  refuseUnknownOptions,
  requireOptions,
} from '../../base/options.ts'
import { OptionError, type KeyErrorCode } from '../../base/errors.ts'
import type { Observe } from '../../base/observe.ts'
import type { KeysSnapshot } from './held-set.ts'

/** How a key set is fetched, and for how long it is used. */
export interface RemoteKeysSettings {
  /**
   * How long a set is used before it is fetched again, in milliseconds. The server's cache headers may
   * ask for less, down to `cooldownMs`. It is refreshed in the background from three quarters of that
   * on. Default 600 000, ten minutes.
   */
  readonly cacheMaxAgeMs?: number
  /**
   * How long a set may be used beyond that while no new one can be had, in milliseconds. 0: not at
   * all. Default 86 400 000, a day.
   */
  readonly staleIfErrorMs?: number
  /**
   * Milliseconds between two fetches that tokens may cause which no held key verifies, at least 1000;
   * three of them may come at once. Default 30 000.
   */
  readonly cooldownMs?: number
  /** How long one refresh may take, discovery included, in milliseconds. Default 5000. */
  readonly timeoutMs?: number
  /**
   * What the keys may be used for. Default: in a verifier its `algorithms`, and else all but HMAC. A
   * key that names its own `alg` is used for that alone.
   */
  readonly algorithms?: readonly Algorithm[]
  /**
   * Hosts of a private network that keys and metadata may come from over http, one by one and exactly:
   * `idp.internal`, or with a port. Whoever can change what they send can sign tokens. Default: none.
   */
  readonly allowHttp?: readonly string[]
  /** What {@link RemoteKeys.snapshot} gave, to begin with: a cold start then waits for no fetch. */
  readonly snapshot?: KeysSnapshot
  /** The `fetch` underneath. Default: the global one, looked up at each call. */
  readonly fetch?: typeof fetch
  /** Default: in a verifier its clock, and else the machine's. */
  readonly clock?: Clock
  /** Gets an event for every refresh. Default: in a verifier its observer. */
  readonly observe?: Observe<RemoteKeysEvent>
}

/** Keys at an address that is known. */
export interface JwksUriOptions extends RemoteKeysSettings {
  /** Where the JWK set is: https, or http on loopback. */
  readonly jwksUri: string | URL
  readonly issuer?: undefined
}

/** Keys of an issuer that says itself where they are. */
export interface DiscoveryOptions extends RemoteKeysSettings {
  /** The issuer, spelt as in its own metadata (RFC 8414, OpenID Connect Discovery 1.0). */
  readonly issuer: string
  readonly jwksUri?: undefined
}

/** A JWK set that is fetched over HTTP, by its address or by its issuer. */
export type RemoteKeysOptions = JwksUriOptions | DiscoveryOptions

/** The bounds that were made of the options. */
export interface RemoteKeysLimits {
  readonly cacheMaxAgeMs: number
  readonly staleIfErrorMs: number
  readonly cooldownMs: number
  readonly timeoutMs: number
}

const MAX_MS = 365 * 86_400_000

/** Refuses what is no set of options for remote keys. The addresses are checked where they are used. */
export function requireRemoteKeysOptions(options: RemoteKeysOptions): void {
  requireOptions(options, 'RemoteKeys')
  refuseUnknownOptions(
    options,
    [
      'jwksUri',
      'issuer',
      'cacheMaxAgeMs',
      'staleIfErrorMs',
      'cooldownMs',
      'timeoutMs',
      'algorithms',
      'allowHttp',
      'snapshot',
      'fetch',
      'clock',
      'observe',
    ],
    'RemoteKeys',
  )
  const { jwksUri, issuer }: { jwksUri?: unknown; issuer?: unknown } = options
  if (jwksUri === undefined && issuer === undefined) {
    throw new OptionError('ERR_OPTION_REQUIRED', 'jwksUri', '"jwksUri" or "issuer" is required.')
  }
  if (jwksUri !== undefined && issuer !== undefined) {
    throw invalid(
      'jwksUri',
      'Give "jwksUri" or "issuer", not both: an issuer says itself where its keys are.',
    )
  }
  optionalFunction(options.fetch, 'fetch')
  optionalFunction(options.observe, 'observe')
}

/** Reads the numbers. */
export function readLimits(options: RemoteKeysOptions): RemoteKeysLimits {
  const read = (name: keyof RemoteKeysLimits, min: number, max = MAX_MS): number | undefined =>
    optionalNumber(options[name], name, { min, max, unit: 'milliseconds' })
  return {
    cacheMaxAgeMs: read('cacheMaxAgeMs', 1000) ?? 600_000,
    staleIfErrorMs: read('staleIfErrorMs', 0) ?? 86_400_000,
    cooldownMs: read('cooldownMs', 1000) ?? 30_000,
    timeoutMs: read('timeoutMs', 1, 600_000) ?? 5000,
  }
}

/** Checks which algorithms remote keys are for: never one that takes a secret. */
export function publicKeyAlgorithms(
  algorithms: readonly Algorithm[] | undefined,
): readonly Algorithm[] {
  if (algorithms === undefined) return Object.freeze(ALGORITHMS.filter(takesPublicKey))
  if (!Array.isArray(algorithms) || algorithms.length === 0) {
    throw invalid(
      'algorithms',
      `"algorithms" must be a list that names at least one, not ${describe(algorithms)}.`,
    )
  }
  const own = algorithms.map((one: unknown) => requireAlgorithm(one, 'algorithms'))
  const secret = own.find((algorithm) => !takesPublicKey(algorithm))
  if (secret === undefined) return Object.freeze(own)
  throw invalid(
    'algorithms',
    `"algorithms": ${secret} takes a secret, and what is published over HTTP is none.`,
  )
}

function takesPublicKey(algorithm: Algorithm): boolean {
  return algorithmFacts(algorithm).family !== 'HMAC'
}

/**
 * Why a key set was fetched. `first`: there was none. `due`: it was going to run out. `expired`: it
 * had. `unknown-key`: a token came that no key of it verifies. `warm-up`, `reload`: somebody asked.
 */
export type RefreshTrigger = 'first' | 'due' | 'expired' | 'unknown-key' | 'warm-up' | 'reload'

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
  /** The algorithms that there are keys for. */
  readonly algorithms: readonly Algorithm[]
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

/** Checks a snapshot that is to begin with. One of the future is as old as if it were of now. */
export function readSnapshot(
  snapshot: unknown,
  { from, now, maxMs }: { readonly from: string; readonly now: number; readonly maxMs: number },
): KeysSnapshot | undefined {
  if (snapshot === undefined) return undefined
  const found = Object(snapshot) as Partial<KeysSnapshot>
  const numbers = [found.fetchedAtMs, found.lifetimeMs]
  if (!Array.isArray(found.keys) || !numbers.every((one) => Number.isFinite(one))) {
    throw invalid('snapshot', '"snapshot" must be what the method "snapshot" of such keys gave.')
  }
  if (found.from !== from) {
    throw invalid('snapshot', `"snapshot" must be of ${from}, and is of another issuer or address.`)
  }
  const { fetchedAtMs = 0, lifetimeMs = 0, keys } = found
  return {
    from,
    keys,
    fetchedAtMs: Math.min(fetchedAtMs, now),
    lifetimeMs: Math.min(lifetimeMs, maxMs),
  }
}
