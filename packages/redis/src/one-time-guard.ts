import type { OneTimeGuard } from '@mayfly/core'
import type { RedisStoreOptions } from './client.ts'
import { RedisStoreError } from './errors.ts'
import { Keyspace, LONGEST_TOLERANCE } from './keyspace.ts'

/**
 * Remembers in Redis which tokens have been used, so that each is accepted once by however many
 * processes. Give it to a verifier as `once`. While Redis is out of reach no token is accepted.
 *
 * @example
 * ```ts
 * import { type RedisClient, RedisOneTimeGuard } from '@mayfly/redis'
 *
 * export async function use(client: RedisClient, tokenId: string): Promise<boolean> {
 *   return new RedisOneTimeGuard({ client }).consume(tokenId, 4_000_000_000)
 * }
 * ```
 */
export class RedisOneTimeGuard implements OneTimeGuard {
  readonly #keys: Keyspace

  /** @throws {OptionError} when an option is missing, unknown or unsound. */
  constructor(options: RedisStoreOptions) {
    this.#keys = new Keyspace('once', options)
  }

  /** @throws {RedisStoreError} when Redis gives no answer in time. */
  async consume(
    tokenId: string,
    expiresAt: number,
    margin: number = LONGEST_TOLERANCE,
  ): Promise<boolean> {
    const { send } = this.#keys
    const keep = this.#keys.keepMs(expiresAt + margin)
    const answer = await send(['SET', this.#keys.name(tokenId), '1', 'NX', 'PX', keep])
    if (answer === null) return false
    if (answer === 'OK') return true
    throw new RedisStoreError('ERR_REDIS_ANSWER', 'Redis answered SET with something else.')
  }
}
