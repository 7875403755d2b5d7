import { ExpiringIds, type MemoryStoreOptions } from './expiring-ids.ts'

/** Remembers which tokens were revoked before their time. */
export interface Revocations {
  /** Tells whether a token was revoked. What it throws refuses the token. */
  isRevoked(tokenId: string): boolean | Promise<boolean>
  /**
   * Revokes a token.
   *
   * @param tokenId the `jti`.
   * @param expiresAt seconds since the epoch: the token's `exp` and your verifiers' clock tolerance;
   * after that it is refused anyway.
   */
  revoke(tokenId: string, expiresAt: number): void | Promise<void>
}

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
    this.#revoked.add(tokenId, expiresAt)
  }
}
