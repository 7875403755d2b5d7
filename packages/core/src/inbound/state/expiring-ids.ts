import type { Clock } from '../../base/clock.ts'
import {
  clockOption,
  refuseUnknownOptions,
  requireNumber,
  requireOptions,
} from '../../base/options.ts'

/** Remembers which tokens were revoked before their time. */
export interface Revocations {
  /** Tells whether a token was revoked. What it throws refuses the token. */
  isRevoked(tokenId: string): boolean | Promise<boolean>
  /**
   * Revokes a token, for an hour longer than it is good: so far verifiers may let it go on by their
   * clock tolerance.
   *
   * @param tokenId the `jti`.
   * @param expiresAt the token's `exp`, in seconds since the epoch.
   */
  revoke(tokenId: string, expiresAt: number): void | Promise<void>
}

/** Seconds, the most that the `clockTolerance` of a verifier can be. */
const LONGEST_TOLERANCE = 3600

/**
 * Remembers revoked tokens in memory: for one process, until it ends.
 *
 * @example
 * ```ts
 * import { MemoryRevocations } from '@mayfly/core'
 *
 * const revocations = new MemoryRevocations()
 * revocations.revoke('token-1', 4_000_000_000)
 * console.log(revocations.isRevoked('token-1')) // true
 * ```
 */
export class MemoryRevocations implements Revocations {
  readonly #revoked: ExpiringIds

  /** @throws {OptionError} when an option is unknown or unsound. */
  constructor(options: MemoryStoreOptions = {}) {
    this.#revoked = new ExpiringIds(options, 'MemoryRevocations')
  }

  isRevoked(tokenId: string): boolean {
    return this.#revoked.has(tokenId)
  }

  /** @throws {Error} when it is full of tokens that have not expired. */
  revoke(tokenId: string, expiresAt: number): void {
    this.#revoked.add(tokenId, expiresAt + LONGEST_TOLERANCE)
  }
}

/** How much an in-memory store of token ids may hold. */
export interface MemoryStoreOptions {
  /** Token ids at the most. Default 1 000 000. */
  readonly max?: number
  readonly clock?: Clock
}

/** Sweeping looks at every id, so a store that stays full is not swept for every token. */
const SWEEP_INTERVAL_S = 1

/**
 * Token ids that are needed until their token has expired. When it is full of such ids it throws:
 * forgetting one early would let a token through that should be refused.
 */
export class ExpiringIds {
  readonly #expiries = new Map<string, number>()
  readonly #max: number
  readonly #clock: Clock
  #sweptAt = -Infinity

  constructor(options: MemoryStoreOptions, where: string) {
    requireOptions(options, where)
    refuseUnknownOptions(options, ['max', 'clock'], where)
    this.#max = requireNumber(options.max ?? 1_000_000, 'max', {
      min: 1,
      max: 10_000_000,
      integer: true,
      unit: 'token ids',
    })
    this.#clock = clockOption(options.clock)
  }

  has(id: string): boolean {
    const expiresAt = this.#expiries.get(id)
    return expiresAt !== undefined && this.#now() < expiresAt
  }

  /** Adds an id until then; an id that is there already stays as long as either asks. */
  add(id: string, expiresAt: number): void {
    const known = this.#expiries.get(id)
    if (known === undefined) this.#makeRoom()
    this.#expiries.set(id, Math.max(known ?? 0, expiresAt))
  }

  #makeRoom(): void {
    if (this.#expiries.size < this.#max) return
    const now = this.#now()
    if (now >= this.#sweptAt + SWEEP_INTERVAL_S || now < this.#sweptAt) {
      this.#sweptAt = now
      for (const [id, expiresAt] of this.#expiries) {
        if (expiresAt <= now) this.#expiries.delete(id)
      }
    }
    if (this.#expiries.size < this.#max) return
    throw new Error(`This in-memory store is full: it holds ${this.#max} token ids still in use.`)
  }

  #now(): number {
    return this.#clock.now() / 1000
  }
}

/** Remembers which tokens have been used, so that each is accepted once. */
export interface OneTimeGuard {
  /**
   * Uses a token up: `true` for the first call with this id, `false` for every other. It is remembered for
   * an hour longer than the token is good: so far any verifier that shares the store may let it go on by
   * its clock tolerance. Of any number of calls at once, one is the first. What it throws refuses the token.
   *
   * @param tokenId the `jti`.
   * @param expiresAt the token's `exp`, in seconds since the epoch.
   * @param margin seconds that it is remembered for beyond that, for what is no token. Default 3600.
   */
  consume(tokenId: string, expiresAt: number, margin?: number): boolean | Promise<boolean>
}

/**
 * Remembers used tokens in memory: for one process. When it is full of tokens that it has to remember,
 * it throws, and no further token is accepted until it may forget one.
 *
 * @example
 * ```ts
 * import { MemoryOneTimeGuard } from '@mayfly/core'
 *
 * const once = new MemoryOneTimeGuard()
 * console.log(once.consume('token-1', 4_000_000_000)) // true
 * console.log(once.consume('token-1', 4_000_000_000)) // false
 * ```
 */
export class MemoryOneTimeGuard implements OneTimeGuard {
  readonly #used: ExpiringIds

  /** @throws {OptionError} when an option is unknown or unsound. */
  constructor(options: MemoryStoreOptions = {}) {
    this.#used = new ExpiringIds(options, 'MemoryOneTimeGuard')
  }

  consume(tokenId: string, expiresAt: number, margin: number = LONGEST_TOLERANCE): boolean {
    if (this.#used.has(tokenId)) return false
    this.#used.add(tokenId, expiresAt + margin)
    return true
  }
}
