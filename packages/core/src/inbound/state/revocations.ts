import { ExpiringIds, type MemoryStoreOptions } from './expiring-ids.ts'

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
