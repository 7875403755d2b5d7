import { randomUUID } from 'node:crypto'
import type { StoredToken, TokenLock, TokenLockOptions, TokenStore } from '@mayfly/core'
import type { FlattenedJWE } from 'jose'
import { flattenedDecrypt } from 'jose/jwe/flattened/decrypt'
import { FlattenedEncrypt } from 'jose/jwe/flattened/encrypt'
import { invalid, type RedisStoreOptions } from './client.ts'
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
  /** The first one encrypts; what any of them encrypted is read. */
  readonly encryptionKeys: readonly EncryptionKey[]
}

const UTF8 = new TextEncoder()

/** More than the longest token takes. What is longer still is not ours, and is not read to its end. */
const LAST_BYTE = '262143'

/** Ends a lock unless another has taken it since. */
const RELEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`

/**
 * Shares tokens between processes in Redis, for tokens that cost something to get. Give it to a
 * `TokenManager` as `store`. What is stored is encrypted (JWE, `dir` with `A256GCM`) and bound to its
 * name; an entry that was changed, moved, or made with an unknown key is none. Where several processes
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
  readonly #keys: Keyspace
  readonly #locks: Keyspace
  readonly #encryptionKeys: ReadonlyMap<string, Uint8Array>
  readonly #newest: EncryptionKey

  /** @throws {OptionError} when an option is missing, unknown or unsound. */
  constructor(options: RedisTokenStoreOptions) {
    this.#keys = new Keyspace('token', options, ['encryptionKeys'])
    this.#locks = new Keyspace('lock', options, ['encryptionKeys'])
    const keys = requireKeys(options.encryptionKeys)
    this.#newest = keys[0]
    this.#encryptionKeys = new Map(keys.map(({ keyId, key }) => [keyId, key]))
  }

  /** @throws {RedisStoreError} when Redis gives no answer in time. */
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
    await this.#keys.send(['SET', name, await this.#seal(token, name), 'PX', String(ms)], signal)
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
    if (answer === 'OK') return { release }
    throw new RedisStoreError('ERR_REDIS_ANSWER', 'Redis answered SET with something else.')
  }

  async #seal(token: StoredToken, name: string): Promise<string> {
    const { keyId, key } = this.#newest
    const sealed = await new FlattenedEncrypt(UTF8.encode(JSON.stringify(token)))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: keyId })
      .setAdditionalAuthenticatedData(UTF8.encode(name))
      .encrypt(key)
    return JSON.stringify(sealed)
  }

  /** Whatever is wrong with an entry, there is none. */
  async #open(text: string, name: string): Promise<StoredToken | undefined> {
    try {
      const sealed = JSON.parse(text) as FlattenedJWE
      const aad = Buffer.from(name).toString('base64url')
      const { plaintext } = await flattenedDecrypt(
        { ...sealed, aad },
        (header) => {
          const key = this.#encryptionKeys.get(header?.kid ?? '')
          if (key === undefined) throw new TypeError('unknown key')
          return key
        },
        { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] },
      )
      return JSON.parse(new TextDecoder().decode(plaintext)) as StoredToken
    } catch {
      return undefined
    }
  }
}

function requireKeys(keys: unknown): readonly [EncryptionKey, ...EncryptionKey[]] {
  if (!Array.isArray(keys) || keys.length === 0) {
    throw invalid(
      'encryptionKeys',
      '"encryptionKeys" must be a list of at least one { keyId, key }.',
    )
  }
  const ids = new Set<string>()
  for (const one of keys as Partial<EncryptionKey>[]) {
    const { keyId, key } = one ?? {}
    if (typeof keyId !== 'string' || keyId === '' || keyId.length > 128 || ids.has(keyId)) {
      throw invalid('encryptionKeys', 'Each of "encryptionKeys" needs a "keyId" of its own.')
    }
    if (!(key instanceof Uint8Array) || key.length !== 32) {
      throw invalid('encryptionKeys', 'Each "key" of "encryptionKeys" must be 32 random bytes.')
    }
    ids.add(keyId)
  }
  return (keys as EncryptionKey[]).map(({ keyId, key }) => ({
    keyId,
    key: new Uint8Array(key),
  })) as unknown as readonly [EncryptionKey, ...EncryptionKey[]]
}
