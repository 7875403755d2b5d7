import { answerDeadline, type Clock, untilAborted } from '../base/clock.ts'
import type { GrantPage, GrantStore } from '../base/grant-store.ts'
import type { Sealing } from './sealing.ts'

/** A record as it was read or written, and how the store's time compares with the local clock. */
export interface SeenRecord<Value> {
  readonly record: Value
  readonly version: string
  /** The store's time when it was read, in milliseconds. */
  readonly now: number
  /** How far the store's clock is ahead of the local one, in milliseconds. */
  readonly offsetMs: number
  /** The local clock when it was seen. */
  readonly seenAt: number
}

/** What sealed records are kept with. */
export interface SealedRecordsParts {
  readonly store: GrantStore
  readonly sealing: Sealing | undefined
  readonly clock: Clock
  readonly timeoutMs: number
  /** Goes before the ids in the store. A record of one kind is no use in the place of another's. */
  readonly prefix: string
  /** Makes the error for whatever fails. */
  readonly failure: (id: string, cause: unknown) => Error
}

/** Records of one kind in a {@link GrantStore}, sealed, and within a time limit. */
export class SealedRecords<Value> {
  readonly #parts: SealedRecordsParts
  /** The store's time against the local clock, as far as it is known. */
  offsetMs: number | undefined

  constructor(parts: SealedRecordsParts) {
    this.#parts = parts
  }

  /** The store's time as far as it is known, in milliseconds. */
  get now(): number {
    return this.#parts.clock.now() + (this.offsetMs ?? 0)
  }

  async read(id: string): Promise<SeenRecord<Value> | undefined> {
    return this.#guard(id, async () => {
      const stored = await this.#parts.store.read(this.#parts.prefix + id)
      const seenAt = this.#parts.clock.now()
      if (stored === undefined) return undefined
      const { record: sealed, version, now } = stored
      const text = (await this.#parts.sealing?.open(sealed, this.#nameOf(id))) ?? sealed
      const offsetMs = now - seenAt
      this.offsetMs = offsetMs
      return { record: JSON.parse(text) as Value, version, now, offsetMs, seenAt }
    })
  }

  /** Gives what is there now, or `undefined` where another version was. */
  async write(
    id: string,
    record: Value,
    over: SeenRecord<Value> | undefined,
  ): Promise<SeenRecord<Value> | undefined> {
    return this.#guard(id, async () => {
      const { sealing, store, prefix, clock } = this.#parts
      const text = JSON.stringify(record)
      const sealed = (await sealing?.seal(text, this.#nameOf(id))) ?? text
      const version = await store.write(prefix + id, sealed, over?.version)
      if (version === undefined) return undefined
      const seenAt = clock.now()
      const offsetMs = over?.offsetMs ?? this.offsetMs ?? 0
      return { record, version, now: seenAt + offsetMs, offsetMs, seenAt }
    })
  }

  async delete(id: string, seen: SeenRecord<Value>): Promise<boolean> {
    return this.#guard(id, () => this.#parts.store.delete(this.#parts.prefix + id, seen.version))
  }

  async *ids(): AsyncGenerator<string, void, undefined> {
    const { store, prefix } = this.#parts
    for (let cursor: string | undefined; ; ) {
      const from = cursor
      const page: GrantPage = await this.#guard('', () => store.list(from))
      for (const id of page.ids) if (id.startsWith(prefix)) yield id.slice(prefix.length)
      if (page.cursor === undefined) return
      cursor = page.cursor
    }
  }

  /** Seals a record with the key that seals now; tells whether it was sealed with another. */
  async reseal(id: string): Promise<boolean> {
    return this.#guard(id, async () => {
      const { store, sealing, prefix } = this.#parts
      for (;;) {
        const stored = await store.read(prefix + id)
        if (stored === undefined || sealing === undefined) return false
        if (await sealing.isCurrent(stored.record)) return false
        const text = await sealing.open(stored.record, this.#nameOf(id))
        const sealed = await sealing.seal(text, this.#nameOf(id))
        if ((await store.write(prefix + id, sealed, stored.version)) !== undefined) return true
      }
    })
  }

  #nameOf(id: string): string {
    return `grant ${this.#parts.prefix}${id}`
  }

  async #guard<Result>(id: string, task: () => Promise<Result>): Promise<Result> {
    const limit = answerDeadline(this.#parts.clock, this.#parts.timeoutMs)
    try {
      return await untilAborted(task(), limit.signal)
    } catch (cause) {
      throw this.#parts.failure(id, cause)
    } finally {
      limit.end()
    }
  }
}
