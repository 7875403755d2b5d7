import { type Clock, deadline, untilAborted } from '../../base/clock.ts'
import { GrantError, SealingError } from '../../base/grant-errors.ts'
import type { GrantPage, GrantStore } from '../../base/grant-store.ts'
import type { Sealing } from '../../keys/sealing.ts'
import type { GrantRecord } from './record.ts'

/** A record as it was read or written, and how the store's time compares with the local clock. */
export interface SeenRecord {
  readonly record: GrantRecord
  readonly version: string
  /** The store's time when it was read, in milliseconds. */
  readonly now: number
  /** How far the store's clock is ahead of the local one, in milliseconds. */
  readonly offsetMs: number
  /** The local clock when it was seen. */
  readonly seenAt: number
}

/** The records of a store, sealed and within a time limit. All that fails is `ERR_GRANT_STORE`. */
export class GrantRecords {
  readonly #store: GrantStore
  readonly #sealing: Sealing | undefined
  readonly #clock: Clock
  readonly #timeoutMs: number
  /** As far as it is known, for the dates of a record that is the first to be written. */
  offsetMs: number | undefined

  constructor(parts: {
    readonly store: GrantStore
    readonly sealing: Sealing | undefined
    readonly clock: Clock
    readonly timeoutMs: number
  }) {
    this.#store = parts.store
    this.#sealing = parts.sealing
    this.#clock = parts.clock
    this.#timeoutMs = parts.timeoutMs
  }

  async read(id: string): Promise<SeenRecord | undefined> {
    return this.#guard(id, async () => {
      const stored = await this.#store.read(id)
      const seenAt = this.#clock.now()
      if (stored === undefined) return undefined
      const { record: sealed, version, now } = stored
      const text = (await this.#sealing?.open(sealed, nameOf(id))) ?? sealed
      this.offsetMs = now - seenAt
      const record = JSON.parse(text) as GrantRecord
      return { record, version, now, offsetMs: now - seenAt, seenAt }
    })
  }

  /** Gives what is there now, or `undefined` where another version was. */
  async write(
    id: string,
    record: GrantRecord,
    over: SeenRecord | undefined,
  ): Promise<SeenRecord | undefined> {
    return this.#guard(id, async () => {
      const text = JSON.stringify(record)
      const sealed = (await this.#sealing?.seal(text, nameOf(id))) ?? text
      const version = await this.#store.write(id, sealed, over?.version)
      if (version === undefined) return undefined
      const seenAt = this.#clock.now()
      const offsetMs = over?.offsetMs ?? this.offsetMs ?? 0
      return { record, version, now: seenAt + offsetMs, offsetMs, seenAt }
    })
  }

  async delete(id: string, seen: SeenRecord): Promise<boolean> {
    return this.#guard(id, () => this.#store.delete(id, seen.version))
  }

  async list(cursor: string | undefined): Promise<GrantPage> {
    return this.#guard('', () => this.#store.list(cursor))
  }

  /** Seals a record with the key that seals now; tells whether it was sealed with another. */
  async reseal(id: string): Promise<boolean> {
    return this.#guard(id, async () => {
      for (;;) {
        const stored = await this.#store.read(id)
        const sealing = this.#sealing
        if (stored === undefined || sealing === undefined) return false
        if (await sealing.isCurrent(stored.record)) return false
        const text = await sealing.open(stored.record, nameOf(id))
        const sealed = await sealing.seal(text, nameOf(id))
        if ((await this.#store.write(id, sealed, stored.version)) !== undefined) return true
      }
    })
  }

  async #guard<Value>(id: string, task: () => Promise<Value>): Promise<Value> {
    const limit = deadline(this.#clock, this.#timeoutMs)
    try {
      return await untilAborted(task(), limit.signal)
    } catch (cause) {
      const why = cause instanceof SealingError ? cause.message : 'Its store failed.'
      throw new GrantError('ERR_GRANT_STORE', id, `The grant cannot be read or written. ${why}`, {
        cause,
      })
    } finally {
      limit.end()
    }
  }
}

/** A record of one kind is no use in the place of one of another kind. */
function nameOf(id: string): string {
  return `grant ${id}`
}
