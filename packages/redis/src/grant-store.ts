import { createHash, randomUUID } from 'node:crypto'
import type { GrantPage, GrantStore, StoredGrant } from '@mayfly/core/grants'
import { invalid, type RedisStoreOptions, type Send } from './client.ts'
import { RedisStoreError } from './errors.ts'
import { Keyspace } from './keyspace.ts'

/** What a {@link RedisGrantStore} is told. */
export interface RedisGrantStoreOptions extends RedisStoreOptions {
  /**
   * Is told of each setting of the server by which grants can be lost. Default: a warning of the
   * process. `null`: the settings aren't looked at.
   */
  readonly onWarning?: ((warning: string) => void) | null
}

const READ = `
local found = redis.call('HMGET', KEYS[1], 'record', 'version')
local time = redis.call('TIME')
return {found[1], found[2], time[1], time[2]}`

/** The index has the same slot of a cluster, so that a list is one answer of one server. */
const WRITE = `
local version = redis.call('HGET', KEYS[1], 'version') or ''
if version ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'record', ARGV[2], 'version', ARGV[3])
redis.call('ZADD', KEYS[2], 0, ARGV[4])
return 1`

const DELETE = `
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[2])
return 1`

const PAGE = 200

/** What a server that loses nothing is set to. */
const DURABLE: readonly (readonly [setting: string, wanted: string])[] = [
  ['appendonly', 'yes'],
  ['appendfsync', 'always'],
  ['maxmemory-policy', 'noeviction'],
]

/**
 * Keeps grants in Redis, for however many processes. The server must lose nothing: `appendonly yes`,
 * `appendfsync always`, `maxmemory-policy noeviction`; anything else is warned of when the store is made.
 * In a cluster all grants of one prefix are on one server.
 *
 * @example
 * ```ts
 * import { GrantManager, type GrantManagerOptions } from '@mayfly/core/grants'
 * import { type RedisClient, RedisGrantStore } from '@mayfly/redis'
 *
 * export const grantsIn = (client: RedisClient, options: Omit<GrantManagerOptions, 'store'>) =>
 *   new GrantManager({ ...options, store: new RedisGrantStore({ client }) })
 * ```
 */
export class RedisGrantStore implements GrantStore {
  readonly #send: Send
  readonly #prefix: string

  /** @throws {OptionError} when an option is missing, unknown or unsound. */
  constructor(options: RedisGrantStoreOptions) {
    this.#send = new Keyspace('grant', options, ['onWarning']).send
    this.#prefix = `{${options.prefix ?? 'mayfly'}:grant}`
    const { onWarning = warn } = options
    if (onWarning !== null && typeof onWarning !== 'function') {
      throw invalid('onWarning', '"onWarning" must be a function, or null.')
    }
    if (onWarning !== null) void this.#inspect(onWarning)
  }

  /** @throws {RedisStoreError} when Redis gives no answer in time. */
  async read(id: string): Promise<StoredGrant | undefined> {
    const answer = await this.#send(['EVAL', READ, '1', this.#name(id)])
    if (!Array.isArray(answer)) throw notUnderstood()
    const [record, version, seconds, micros] = answer.map(text)
    if (record === undefined || version === undefined) return undefined
    return { record, version, now: Number(seconds) * 1000 + Math.floor(Number(micros) / 1000) }
  }

  /** @throws {RedisStoreError} when Redis gives no answer in time: it may have been written. */
  async write(id: string, record: string, expectedVersion = ''): Promise<string | undefined> {
    const version = randomUUID()
    const keys = [this.#name(id), `${this.#prefix}:ids`]
    const done = await this.#send([
      'EVAL',
      WRITE,
      '2',
      ...keys,
      expectedVersion,
      record,
      version,
      id,
    ])
    if (done !== 0 && done !== 1) throw notUnderstood()
    return done === 1 ? version : undefined
  }

  /** @throws {RedisStoreError} when Redis gives no answer in time: it may have been deleted. */
  async delete(id: string, expectedVersion: string): Promise<boolean> {
    const keys = [this.#name(id), `${this.#prefix}:ids`]
    const done = await this.#send(['EVAL', DELETE, '2', ...keys, expectedVersion, id])
    if (done !== 0 && done !== 1) throw notUnderstood()
    return done === 1
  }

  /** @throws {RedisStoreError} when Redis gives no answer in time. */
  async list(cursor?: string): Promise<GrantPage> {
    const from = cursor === undefined ? '-' : `(${cursor}`
    const limit = ['LIMIT', '0', String(PAGE)]
    const answer = await this.#send(['ZRANGEBYLEX', `${this.#prefix}:ids`, from, '+', ...limit])
    if (!Array.isArray(answer)) throw notUnderstood()
    const ids = answer.map(String)
    const last = ids.at(-1)
    return { ids, ...(ids.length === PAGE && last !== undefined && { cursor: last }) }
  }

  #name(id: string): string {
    return `${this.#prefix}:${createHash('sha256').update(id).digest('base64url')}`
  }

  async #inspect(tell: (warning: string) => void): Promise<void> {
    for (const [setting, wanted] of DURABLE) {
      let found: unknown
      try {
        const answer = await this.#send(['CONFIG', 'GET', setting])
        found = Array.isArray(answer) ? answer[1] : Object(answer)[setting]
      } catch {
        // Hosted servers seldom tell.
      }
      if (found === wanted) continue
      const says = typeof found === 'string' ? `is "${found}"` : 'cannot be read'
      tell(
        `Redis may lose grants: its "${setting}" ${says}, and has to be "${wanted}". A grant that is lost is a login that its user has to repeat.`,
      )
    }
  }
}

function warn(warning: string): void {
  process.emitWarning(warning, { code: 'MAYFLY_REDIS_DURABILITY' })
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function notUnderstood(): RedisStoreError {
  return new RedisStoreError('ERR_REDIS_ANSWER', 'Redis answered with something else.')
}
