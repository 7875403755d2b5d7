import { randomUUID } from 'node:crypto'
import type { StoredToken, TokenLock, TokenLockOptions, TokenStore } from '@mayfly/core'
import { Sealing } from '@mayfly/core/adapter'
import type { RedisStoreOptions } from './client.ts'
import { RedisStoreError } from './errors.ts'
import { Keyspace } from './keyspace.ts'

/** A key that stored tokens are encrypted with. */
export interface EncryptionKey {
  /** Names it in what is stored, so that old entries can be read after a change of keys. */
  readonly keyId: string
  /** 32 random bytes. */
  readonly key: Uint8Array
}

/** What a {@link RedisTokenStore} is told. */
export interface RedisTokenStoreOptions extends RedisStoreOptions {
  /**
   * The first one encrypts; what any of them encrypted is read. To change it, put the new one behind the
   * old one in every process first, and in front of it once they all have it.
   */
  readonly encryptionKeys: readonly EncryptionKey[]
}

/** More than the longest token takes. What is longer still is not ours, and is not read to its end. */
const LAST_BYTE = '262143'

/** Ends a lock unless another has taken it since. */
const RELEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`

/** Lets a lock live on, unless it has ended. */
const EXTEND = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0`

/**
 * Shares tokens between processes in Redis, for tokens that cost something to get. Give it to a
 * `TokenManager` as `store`. What is stored is encrypted (JWE, `dir` with `A256GCM`) and bound to its
 * name. Where several processes
 * need a token at once, one of them mints it and the others wait for it.
 *
 * @example
 * ```ts
 * import { TokenManager, type TokenSource } from '@mayfly/core'
 * import { type RedisClient, RedisTokenStore } from '@mayfly/redis'
 *
 * export function shared(source: TokenSource, client: RedisClient, key: Uint8Array): TokenManager {
 *   const encryptionKeys = [{ keyId: '2026-11', key }]
 *   return new TokenManager(source, { store: new RedisTokenStore({ client, encryptionKeys }) })
 * }
 * ```
 */
export class RedisTokenStore implements TokenStore {
  readonly extendsLocks = true
  readonly #keys: Keyspace
  readonly #locks: Keyspace
  readonly #sealing: Sealing

  /** @throws {OptionError} when an option is missing, unknown or unsound. */
  constructor(options: RedisTokenStoreOptions) {
    this.#keys = new Keyspace('token', options, ['encryptionKeys'])
    this.#locks = new Keyspace('lock', options, ['encryptionKeys'])
    this.#sealing = new Sealing(options.encryptionKeys, 'encryptionKeys')
  }

  /**
   * @throws {RedisStoreError} when Redis gives no answer in time.
   * @throws {SealingError} `ERR_SEALING_KEY_UNKNOWN` for an entry under a key that is not among the
   * `encryptionKeys`; `ERR_SEALING_BROKEN` for one that was changed, or moved, or sealed with another key
   * of the same name.
   */
  async get(
    id: string,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<StoredToken | undefined> {
    const name = this.#keys.name(id)
    const sealed = await this.#keys.send(['GETRANGE', name, '0', LAST_BYTE], signal)
    return typeof sealed === 'string' && sealed !== '' ? this.#open(sealed, name) : undefined
  }

  /** @throws {RedisStoreError} when Redis gives no answer in time. */
  async set(
    id: string,
    token: StoredToken,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    const ms = this.#keys.remainingMs(token.expiresAt)
    if (ms === 0) return
    const name = this.#keys.name(id)
    await this.#keys.send(
      ['SET', name, await this.#sealing.seal(JSON.stringify(token), name), 'PX', String(ms)],
      signal,
    )
  }

  /** @throws {RedisStoreError} when Redis gives no answer in time. */
  async delete(id: string): Promise<void> {
    await this.#keys.send(['DEL', this.#keys.name(id)])
  }

  /** @throws {RedisStoreError} when Redis gives no answer in time. */
  async lock(id: string, { lifetimeMs, signal }: TokenLockOptions): Promise<TokenLock | undefined> {
    const { send } = this.#locks
    const name = this.#locks.name(id)
    const owner = randomUUID()
    const release = async (): Promise<void> => {
      await send(['EVAL', RELEASE, '1', name, owner])
    }
    const answer = await send(['SET', name, owner, 'NX', 'PX', `${lifetimeMs}`], signal).catch(
      (error: unknown) => {
        // It may have been taken all the same, and would hold the others up.
        release().catch(() => {})
        throw error
      },
    )
    if (answer === null) return undefined
    if (answer === 'OK') {
      const extend = async (forMs: number): Promise<boolean> =>
        (await send(['EVAL', EXTEND, '1', name, owner, `${Math.ceil(forMs)}`])) === 1
      return { release, extend }
    }
    throw new RedisStoreError('ERR_REDIS_ANSWER', 'Redis answered SET with something else.')
  }

  /** What nobody can have sealed is none. What another key may have sealed is not nothing. */
  async #open(sealed: string, name: string): Promise<StoredToken | undefined> {
    try {
      await this.#sealing.isCurrent(sealed)
    } catch {
      return undefined
    }
    return JSON.parse(await this.#sealing.open(sealed, name)) as StoredToken
  }
}
