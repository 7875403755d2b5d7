import type { Revocations } from '@mayfly/core'
import type { RedisStoreOptions } from './client.ts'
import { RedisStoreError } from './errors.ts'
import { Keyspace, LONGEST_TOLERANCE } from './keyspace.ts'

/** Stays as long as the longest that was asked for. */
const REVOKE = `
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then
  redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])
end
return 1`

/**
 * Remembers in Redis which tokens were revoked, for however many processes. Give it to a verifier as
 * `revocations`. While Redis is out of reach no token is accepted.
 *
 * @example
 * ```ts
 * import { type RedisClient, RedisRevocations } from '@mayfly/redis'
 *
 * export async function logOut(client: RedisClient, tokenId: string, exp: number): Promise<void> {
 *   await new RedisRevocations({ client }).revoke(tokenId, exp)
 * }
 * ```
 */
export class RedisRevocations implements Revocations {
  readonly #keys: Keyspace

  /** @throws {OptionError} when an option is missing, unknown or unsound. */
  constructor(options: RedisStoreOptions) {
    this.#keys = new Keyspace('revoked', options)
  }

  /** @throws {RedisStoreError} when Redis gives no answer in time. */
  async isRevoked(tokenId: string): Promise<boolean> {
    const answer = await this.#keys.send(['EXISTS', this.#keys.name(tokenId)])
    if (answer === 0 || answer === 1) return answer === 1
    throw new RedisStoreError('ERR_REDIS_ANSWER', 'Redis answered EXISTS with something else.')
  }

  /** @throws {RedisStoreError} when it is not known to have been revoked: try again. */
  async revoke(tokenId: string, expiresAt: number): Promise<void> {
    const keep = this.#keys.keepMs(expiresAt + LONGEST_TOLERANCE)
    const answer = await this.#keys.send(['EVAL', REVOKE, '1', this.#keys.name(tokenId), keep])
    if (answer === 1) return
    throw new RedisStoreError('ERR_REDIS_ANSWER', 'Redis answered EVAL with something else.')
  }
}
