import type { Clock } from '@mayfly/core'

/** Who a remark is about. */
export type Speaker = 'you' | 'mayfly' | 'gateway' | 'api'

/** One thing that happened, in plain words. */
export interface Remark {
  readonly speaker: Speaker
  readonly tone: 'plain' | 'good' | 'warn' | 'bad'
  readonly text: string
}

/** A remark in the journal. The same remark again, soon after, counts up and takes no line. */
export interface Entry extends Remark {
  readonly id: number
  /** When it was first made and when last, in milliseconds since the epoch. */
  readonly at: number
  readonly lastAt: number
  readonly count: number
}

const KEPT = 60
const SOON_MS = 1000

/** Keeps what happened last, and tells listeners that something changed. */
export class Journal {
  readonly #clock: Clock
  readonly #listeners = new Set<() => void>()
  #entries: readonly Entry[] = []
  #lastId = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The entries, oldest first. */
  get entries(): readonly Entry[] {
    return this.#entries
  }

  note(remark: Remark): void {
    const now = this.#clock.now()
    const again = this.#recent(remark, now)
    const counted = again !== undefined && { ...again, lastAt: now, count: again.count + 1 }
    this.#entries = counted
      ? this.#entries.map((entry) => (entry === again ? counted : entry))
      : [
          ...this.#entries.slice(1 - KEPT),
          { ...remark, id: ++this.#lastId, at: now, lastAt: now, count: 1 },
        ]
    this.changed()
  }

  /** Tells the listeners, for changes that need no words. */
  changed(): void {
    for (const listener of this.#listeners) listener()
  }

  /** Calls a listener after every change. Returns what ends that. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** The entry that the same remark made a moment ago, or last of all; a button begins anew. */
  #recent({ speaker, text }: Remark, now: number): Entry | undefined {
    const begun = this.#entries.findLastIndex((entry) => entry.speaker === 'you')
    const last = this.#entries.at(-1)
    return this.#entries.findLast(
      (entry, place) =>
        place > begun &&
        entry.text === text &&
        entry.speaker === speaker &&
        (entry === last || now - entry.lastAt < SOON_MS),
    )
  }
}
