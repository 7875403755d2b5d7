import { ExpiringIds, type MemoryStoreOptions } from './expiring-ids.ts'

/** Remembers which tokens have been used, so that each is accepted once. */
export interface OneTimeGuard {
  /**
   * Uses a token up: `true` for the first call with this id, `false` for every other until the token
   * has expired. Of any number of calls at once, one is the first. What it throws refuses the token.
   *
   * @param tokenId the `jti`.
   * @param expiresAt seconds since the epoch, from when the token is refused anyway.
   */
  consume(tokenId: string, expiresAt: number): boolean | Promise<boolean>
}

/**
 * Remembers used tokens in memory: for one process. When it is full of tokens that have not expired,
 * it throws, and no further token is accepted until one has.
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

  consume(tokenId: string, expiresAt: number): boolean {
    if (this.#used.has(tokenId)) return false
    this.#used.add(tokenId, expiresAt)
    return true
  }
}
