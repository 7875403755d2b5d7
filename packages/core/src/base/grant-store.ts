import { type Clock } from './clock.ts'
import { clockOption, refuseUnknownOptions, requireOptions } from './options.ts'

/** A record as a {@link GrantStore} has it. */
export interface StoredGrant {
  readonly record: string
  /**
   * Names this state of the record: opaque, compared for equality only. It never comes back for an id,
   * not after a deletion either.
   */
  readonly version: string
  /** The store's own time, in milliseconds since the epoch: dates in records are in this time. */
  readonly now: number
}

/** Some of the ids of a {@link GrantStore}. */
export interface GrantPage {
  readonly ids: readonly string[]
  /** Where the next page begins; absent on the last one. */
  readonly cursor?: string
}

/**
 * Keeps single records that are written by compare-and-swap. What it keeps is sealed already, and must
 * not be lost or evicted: a lost record is a login that its user has to repeat. A store that fails
 * rejects; it never answers with a guess.
 */
export interface GrantStore {
  /** Reads a record; `undefined` where there is none. */
  read(id: string): Promise<StoredGrant | undefined>
  /**
   * Writes a record where its version is still the expected one, and gives the new version; `undefined`
   * where it is another one. Without an expected version the record must not exist yet.
   */
  write(id: string, record: string, expectedVersion?: string): Promise<string | undefined>
  /** Deletes a record where its version is still the expected one; tells whether it did. */
  delete(id: string, expectedVersion: string): Promise<boolean>
  /** Lists ids, a page at a time. What is there from the first page to the last is listed once. */
  list(cursor?: string): Promise<GrantPage>
}

/**
 * Keeps records in memory: for tests, and for single processes whose users log in again after a
 * restart.
 *
 * @example
 * ```ts
 * import { MemoryGrantStore } from '@mayfly/core/grants'
 *
 * const store = new MemoryGrantStore()
 * const version = await store.write('shop-1', 'sealed')
 * console.log(await store.write('shop-1', 'other'), version !== undefined) // undefined true
 * ```
 */
export class MemoryGrantStore implements GrantStore {
  readonly #records = new Map<string, { readonly record: string; readonly version: string }>()
  readonly #clock: Clock

  /** @throws {OptionError} when an option is unknown or unsound. */
  constructor(options: { readonly clock?: Clock } = {}) {
    requireOptions(options, 'MemoryGrantStore')
    refuseUnknownOptions(options, ['clock'], 'MemoryGrantStore')
    this.#clock = clockOption(options.clock)
  }

  async read(id: string): Promise<StoredGrant | undefined> {
    const found = this.#records.get(id)
    return found && { ...found, now: this.#clock.now() }
  }

  async write(id: string, record: string, expectedVersion?: string): Promise<string | undefined> {
    if (this.#records.get(id)?.version !== expectedVersion) return undefined
    const version = crypto.randomUUID()
    this.#records.set(id, { record, version })
    return version
  }

  async delete(id: string, expectedVersion: string): Promise<boolean> {
    return this.#records.get(id)?.version === expectedVersion && this.#records.delete(id)
  }

  async list(cursor?: string): Promise<GrantPage> {
    const ids = [...this.#records.keys()].filter((id) => cursor === undefined || id > cursor)
    const page = ids.toSorted((a, b) => (a < b ? -1 : 1)).slice(0, PAGE)
    const last = page.at(-1)
    return { ids: page, ...(ids.length > PAGE && last !== undefined && { cursor: last }) }
  }
}

const PAGE = 100
