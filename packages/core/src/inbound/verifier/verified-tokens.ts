import { Recent } from '../../base/recent.ts'
import { describe, invalid, refuseUnknownOptions, requireNumber } from '../../base/options.ts'

/** How much a verifier keeps of the tokens that it has verified. */
export interface VerifiedTokensOptions {
  /** Tokens kept at the most. Default 5000. */
  readonly max?: number
  /** Memory that they may take, in bytes, as an estimate. Default 16 MiB. */
  readonly maxBytes?: number
}

/** What a kept token is bound to. */
export interface KeptUnder {
  /** The key set version that the signature was verified under. */
  readonly version: number
  /** Seconds since the epoch from which the token is dropped. Absent: until it is crowded out. */
  readonly expiresAt: number | undefined
}

/** One kept token, its text out of sight of whoever inspects the cache. */
class Entry<Value> {
  readonly #token: string
  readonly value: Value
  readonly expiresAt: number

  constructor(token: string, value: Value, expiresAt: number) {
    this.#token = token
    this.value = value
    this.expiresAt = expiresAt
  }

  isFor(token: string): boolean {
    return this.#token === token
  }
}

// The text, its parts and the parsed claims come to about this many bytes for each character of a
// token, and to this many for each entry however short the token is.
const BYTES_PER_CHARACTER = 4
const BYTES_PER_ENTRY = 512

/**
 * Remembers which tokens had a good signature, so that the next request with the same token costs one
 * look-up. It holds facts and no verdicts: who reads it judges time, issuer, audience and everything
 * else again. An ECDSA signature has a second spelling that holds as well: that is another entry here, and
 * nothing that means security may go by the text.
 */
export class VerifiedTokens<Value extends object> {
  readonly #entries: Recent<number, Entry<Value>>
  #version: number | undefined

  constructor(options: VerifiedTokensOptions = {}) {
    const max = requireNumber(options.max ?? 5000, 'cache.max', {
      min: 1,
      max: 1e6,
      integer: true,
      unit: 'tokens',
    })
    const maxSize = requireNumber(options.maxBytes ?? 16 * 1024 * 1024, 'cache.maxBytes', {
      min: 1,
      integer: true,
      unit: 'bytes',
    })
    this.#entries = new Recent({ max, maxSize })
  }

  get size(): number {
    return this.#entries.size
  }

  /** Finds what was kept under this key set version and has not run out by `now`, in seconds. */
  get(token: string, version: number, now: number): Value | undefined {
    this.#follow(version)
    const hash = hashOf(token)
    const entry = this.#entries.get(hash)
    if (entry === undefined || !entry.isFor(token)) return undefined
    if (now < entry.expiresAt) return entry.value
    this.#entries.delete(hash)
    return undefined
  }

  /**
   * Keeps a token. `version` is the one that the caller saw before the signature was checked: what a
   * key that has been removed since then has verified is not kept.
   */
  set(token: string, value: Value, { version, expiresAt = Infinity }: KeptUnder): void {
    if (version !== this.#version) return
    const size = BYTES_PER_ENTRY + token.length * BYTES_PER_CHARACTER
    this.#entries.set(hashOf(token), new Entry(token, value, expiresAt), size)
  }

  clear(): void {
    this.#entries.clear()
  }

  #follow(version: number): void {
    if (version === this.#version) return
    this.#version = version
    this.#entries.clear()
  }
}

// Every request brings its token as a new string, and a Map reads a new string to its end for a hash.
// The end of the signature is random enough for 32 bits. The whole token is compared afterwards: one
// that ends like another takes its place in the cache, and never its claims.
function hashOf(token: string): number {
  let hash = 0
  for (let at = Math.max(0, token.length - 8); at < token.length; at++) {
    hash = (Math.imul(hash, 31) + token.charCodeAt(at)) | 0
  }
  return hash
}

/** Reads a `cache` option: `true` or left out is a cache of the default size, `false` is none. */
export function createVerifiedTokens<Value extends object>(
  option: boolean | VerifiedTokensOptions | undefined,
): VerifiedTokens<Value> | undefined {
  if (option === false) return undefined
  if (option === undefined || option === true) return new VerifiedTokens()
  if (typeof option !== 'object' || option === null) {
    throw invalid('cache', `"cache" must be true, false or an object, not ${describe(option)}.`)
  }
  refuseUnknownOptions(option, ['max', 'maxBytes'], 'cache')
  return new VerifiedTokens(option)
}
