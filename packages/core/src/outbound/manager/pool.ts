import { Recent } from '../../base/recent.ts'
import {
  describe,
  invalid,
  refuseUnknownOptions,
  requireNumber,
  requireOptions,
} from '../../base/options.ts'
import { MayflyError } from '../../base/errors.ts'
import { TokenManager } from './manager.ts'
import { MANAGER_OPTIONS, type TokenManagerOptions } from './options.ts'
import type { TokenSource } from '../token.ts'

/** So many tenants get new tokens at a time. */
const MAX_REFRESHES = 8

/** Options of a {@link TokenPool}. The others go to each tenant's manager. */
export interface TokenPoolOptions extends TokenManagerOptions {
  /** So many tenants are kept; the one that was not asked for the longest makes room. */
  readonly max: number
}

/**
 * Keeps one {@link TokenManager} per tenant. Tenants never share a token, a refresh or a failure.
 *
 * A tenant that has to make room is forgotten, not closed: whoever still holds its manager goes on
 * with it.
 *
 * @throws {OptionError} `ERR_OPTION_INVALID` or `ERR_OPTION_UNKNOWN` for options that cannot be.
 *
 * @example
 * ```ts
 * import { TokenPool, type TokenSource } from '@mayfly/core'
 *
 * declare function sourceOf(tenant: string): TokenSource
 *
 * const pool = new TokenPool((tenant: string) => sourceOf(tenant), { max: 1000 })
 * const token = await pool.get('acme').getToken()
 * ```
 */
export class TokenPool<Tenant extends string | number | object = string> {
  readonly #create: (tenant: Tenant) => TokenSource
  readonly #options: TokenManagerOptions
  readonly #managers: Recent<Tenant, TokenManager>
  #closed = false

  constructor(create: (tenant: Tenant) => TokenSource, options: TokenPoolOptions) {
    if (typeof create !== 'function') {
      throw invalid(
        'create',
        `TokenPool: give a function that makes a tenant's source, not ${describe(create)}.`,
      )
    }
    requireOptions(options, 'TokenPool')
    refuseUnknownOptions(options, ['max', ...MANAGER_OPTIONS], 'TokenPool')
    const { max, ...managerOptions } = options
    this.#create = create
    this.#options = managerOptions
    this.#managers = new Recent({
      max: requireNumber(max, 'max', { min: 1, max: 1e6, integer: true, unit: 'tenants' }),
    })
  }

  /** The number of tenants in the pool. */
  get size(): number {
    return this.#managers.size
  }

  /**
   * The manager of a tenant, made at the first call.
   *
   * @throws {MayflyError} `ERR_CLOSED` after {@link TokenPool.close}.
   */
  get(tenant: Tenant): TokenManager {
    if (this.#closed) throw new MayflyError('ERR_CLOSED', 'This token pool was closed.')
    const known = this.#managers.get(tenant)
    if (known !== undefined) return known
    const manager = new TokenManager(this.#create(tenant), this.#options)
    this.#managers.set(tenant, manager)
    return manager
  }

  /**
   * Mints new tokens at once, for keys or secrets that were replaced: one tenant's, or those of all that
   * are in the pool, a few at a time. See {@link TokenManager.refresh}.
   *
   * @throws {SourceError} when one could not be minted; the others are all the same.
   */
  async refresh(tenant?: Tenant): Promise<void> {
    const known = tenant === undefined ? [...this.#managers.values()] : [this.get(tenant)]
    const errors: unknown[] = []
    const work = async (): Promise<void> => {
      for (let next = known.pop(); next !== undefined; next = known.pop()) {
        await next.refresh().catch((error: unknown) => errors.push(error))
      }
    }
    await Promise.all(Array.from({ length: MAX_REFRESHES }, work))
    if (errors.length > 0) throw errors[0]
  }

  /** Closes a tenant's manager and forgets it. */
  delete(tenant: Tenant): void {
    this.#managers.peek(tenant)?.close()
    this.#managers.delete(tenant)
  }

  /** Closes all managers. */
  close(): void {
    this.#closed = true
    for (const manager of this.#managers.values()) manager.close()
    this.#managers.clear()
  }

  /** Closes it, as `await using` does at the end of a block. */
  [Symbol.asyncDispose](): Promise<void> {
    this.close()
    return Promise.resolve()
  }
}
