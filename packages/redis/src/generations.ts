import type { Generations } from '@mayfly/core'
import { invalid, type RedisStoreOptions } from './client.ts'
import { RedisStoreError } from './errors.ts'
import { Keyspace, LONGEST_TOLERANCE } from './keyspace.ts'

/** What a {@link RedisGenerations} may be told. */
export interface RedisGenerationsOptions extends RedisStoreOptions {
  /**
   * Seconds that the longest-lived token is good for: the `maxLifetime` of the issuer. The longest that any
   * process with the same prefix was given counts for all. Default 86 400, a day.
   */
  readonly maxLifetime?: number
}

/**
 * A generation's number is the time of Redis that it began at, one clock for all processes: what comes
 * after it was forgotten is larger still.
 */
const BUMP = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local next = math.max(now, tonumber(redis.call('GET', KEYS[1]) or '0') + 1)
local text = string.format('%.0f', next)
redis.call('SET', KEYS[1], text, 'PX', ARGV[1])
return text`

/** Notes the longest lifetime that a process counts on. Nobody's is forgotten by those who count on less. */
const NOTE = `
local known = tonumber(redis.call('GET', KEYS[1]) or '0')
if tonumber(ARGV[1]) > known then redis.call('SET', KEYS[1], ARGV[1]) end
return 1`

/**
 * Counts generations in Redis, for however many processes: `bump` makes all older tokens of a subject
 * invalid. Give it to issuer and verifier as `generations`. While Redis is out of reach no token is
 * accepted.
 *
 * @example
 * ```ts
 * import { type RedisClient, RedisGenerations } from '@mayfly/redis'
 *
 * export async function regenerate(client: RedisClient, subject: string): Promise<void> {
 *   await new RedisGenerations({ client, maxLifetime: 3600 }).bump(subject)
 * }
 * ```
 */
export class RedisGenerations implements Generations {
  readonly maxLifetime: number
  readonly #keys: Keyspace
  #noted: Promise<void> | undefined

  /** @throws {OptionError} when an option is missing, unknown or unsound. */
  constructor(options: RedisGenerationsOptions) {
    this.#keys = new Keyspace('generation', options, ['maxLifetime'])
    const { maxLifetime = 86_400 } = options
    if (typeof maxLifetime !== 'number' || !(maxLifetime >= 1 && maxLifetime < 1e10)) {
      throw invalid('maxLifetime', '"maxLifetime" must be a number of seconds, at least 1.')
    }
    this.maxLifetime = maxLifetime
  }

  /** @throws {RedisStoreError} when Redis gives no answer in time. */
  async current(subject: string): Promise<number> {
    // Before the first token is issued by it: whoever bumps must know how long that may live.
    await this.#note()
    return numberIn(await this.#keys.send(['GET', this.#keys.name(subject)]), 0)
  }

  /** @throws {RedisStoreError} when it is not known to have begun: try again. */
  async bump(subject: string): Promise<number> {
    const { send } = this.#keys
    await this.#note()
    const longest = numberIn(await send(['GET', this.#keys.fixedName('lifetime')]), 0)
    // A verifier may accept a token for an hour of clock tolerance after it has expired.
    const keepMs = (Math.max(longest, this.maxLifetime) + LONGEST_TOLERANCE) * 1000
    const name = this.#keys.name(subject)
    return numberIn(await send(['EVAL', BUMP, '1', name, String(Math.ceil(keepMs))]))
  }

  /** Notes once, in Redis, how long this process's tokens may live. */
  async #note(): Promise<void> {
    this.#noted ??= this.#noteOnce()
    try {
      await this.#noted
    } catch (error) {
      this.#noted = undefined
      throw error
    }
  }

  /** Writes only what is not known yet: a verifier may have a Redis that it can read alone. */
  async #noteOnce(): Promise<void> {
    const { send } = this.#keys
    const name = this.#keys.fixedName('lifetime')
    const lifetime = Math.ceil(this.maxLifetime)
    if (numberIn(await send(['GET', name]), 0) >= lifetime) return
    const answer = await send(['EVAL', NOTE, '1', name, String(lifetime)])
    if (answer === 1) return
    throw new RedisStoreError('ERR_REDIS_ANSWER', 'Redis answered EVAL with something else.')
  }
}

function numberIn(answer: unknown, absent?: number): number {
  if (answer === null && absent !== undefined) return absent
  if (typeof answer === 'string' && /^\d{1,15}$/.test(answer)) return Number(answer)
  throw new RedisStoreError('ERR_REDIS_ANSWER', 'Redis answered with something else than a number.')
}
