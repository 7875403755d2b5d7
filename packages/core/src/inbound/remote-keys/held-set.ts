import type { KeyError } from '../../base/errors.ts'
import type { Algorithm } from '../../keys/algorithms.ts'
import type { PublicJwk } from '../../keys/jwk.ts'
import type { Key } from '../../keys/key.ts'
import { KeyIndex } from '../../keys/static-keys.ts'
import { parseDate } from '../../base/clock.ts'

/** What a {@link HeldSet} is made of. */
export interface FetchedSet {
  readonly keys: readonly Key[]
  /** What was wrong with the keys that were left out. */
  readonly refused: readonly KeyError[]
  /** The local clock before it was asked for, in milliseconds. */
  readonly askedAt: number
  /** How long it is fresh from then on, in milliseconds. */
  readonly lifetimeMs: number
}

/** A key set that was fetched, as JSON: public keys, and how old they are. */
export interface KeysSnapshot {
  /** The issuer, or the `jwksUri` without its query, that they are of. */
  readonly from: string
  /** When they were asked for, in milliseconds since the epoch. */
  readonly fetchedAtMs: number
  /** How long they are fresh from then on, in milliseconds. */
  readonly lifetimeMs: number
  readonly keys: readonly PublicJwk[]
}

/** This share of a set's life goes by before it is refreshed in the background. */
const REFRESH_FROM = 0.75

/** A key set that was fetched, with the edges of its life. */
export class HeldSet {
  readonly index: KeyIndex
  readonly size: number
  readonly refused: readonly KeyError[]
  /** What there are keys for. */
  readonly algorithms: readonly Algorithm[]
  readonly #identities: ReadonlySet<string>
  readonly #keys: readonly Key[]
  readonly #askedAt: number
  readonly #lifetimeMs: number

  constructor({ keys, refused, askedAt, lifetimeMs }: FetchedSet) {
    this.index = new KeyIndex(keys)
    this.refused = refused
    this.algorithms = [...new Set(keys.map(({ algorithm }) => algorithm))]
    this.#keys = keys
    this.#identities = new Set(keys.map(identity))
    this.size = new Set(keys.map(({ fingerprint }) => fingerprint)).size
    this.#askedAt = askedAt
    this.#lifetimeMs = lifetimeMs
  }

  /** Writes it down, to begin with another time. */
  snapshot(from: string): KeysSnapshot {
    const keys = this.#keys.map((key) => key.publicJwk())
    return { from, fetchedAtMs: this.#askedAt, lifetimeMs: this.#lifetimeMs, keys }
  }

  /** How long ago it was asked for, in milliseconds. */
  ageMs(now: number): number {
    return now - this.#askedAt
  }

  /** Whether it is to be refreshed, soon or at once. A clock that was set back proves nothing fresh. */
  isDue(now: number): boolean {
    const age = this.ageMs(now)
    return age < 0 || age >= this.#lifetimeMs * REFRESH_FROM
  }

  /** Whether so many milliseconds have gone by since it was last fresh. */
  isPast(now: number, staleMs: number): boolean {
    return this.ageMs(now) >= this.#lifetimeMs + staleMs
  }

  /** Whether each key of another set is in this one, the same in algorithm, id and material. */
  hasAllOf(other: HeldSet): boolean {
    return [...other.#identities].every((one) => this.#identities.has(one))
  }
}

// Written as JSON, so that no id can be mistaken for another id and something else.
function identity({ algorithm, keyId, fingerprint }: Key): string {
  return JSON.stringify([algorithm, keyId, fingerprint])
}

/** Between which two lifetimes a server may choose, in milliseconds. */
export interface LifetimeBounds {
  readonly minMs: number
  readonly maxMs: number
}

/**
 * Reads how long an answer stays fresh (RFC 9111 section 4.2), in milliseconds and within bounds. A
 * server that does not say gets the longest; one that says it wrongly, or wants nothing kept, the
 * shortest.
 */
export function lifetimeOf(headers: Headers, { minMs, maxMs }: LifetimeBounds): number {
  const stated = statedLifetime(headers)
  if (stated === undefined) return maxMs
  const lifetime = (stated - secondsIn(headers.get('age'), 0)) * 1000
  return lifetime > minMs ? Math.min(lifetime, maxMs) : Math.min(minMs, maxMs)
}

/** Seconds, counted from when the answer was made. What cannot be read counts as none. */
function statedLifetime(headers: Headers): number | undefined {
  const directives = (headers.get('cache-control') ?? '')
    .split(',')
    .map((directive) => directive.trim().toLowerCase())
  if (directives.some((one) => /^no-(?:store|cache)(?:$|=)/.test(one))) return 0
  const ages = directives.flatMap((one) => /^max-age=(.*)$/.exec(one)?.[1] ?? [])
  if (ages.length > 0) return Math.min(...ages.map((age) => secondsIn(unquoted(age), 0)))
  const expires = headers.get('expires')
  if (expires === null) return undefined
  const seconds = (parseDate(expires) - parseDate(headers.get('date') ?? '')) / 1000
  return Number.isNaN(seconds) ? 0 : seconds
}

function unquoted(text: string): string {
  return text.replace(/^"(.*)"$/, '$1')
}

function secondsIn(text: string | null, otherwise: number): number {
  return text !== null && /^\d{1,12}$/.test(text.trim()) ? Number(text) : otherwise
}
