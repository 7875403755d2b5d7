import { closedError, LedgerError } from '../errors.ts'
import { atTurnsEnd, later } from '../turn.ts'
import type { SqliteDatabase } from './database.ts'
import { isBusy, isRefusedValue, sqliteFailure } from './failure.ts'

interface Write {
  /** Runs inside the transaction. A `LedgerError` is its own; anything else fails all of the group. */
  readonly run: () => unknown
  readonly resolve: (value: unknown) => void
  readonly reject: (error: LedgerError) => void
}

/** The most writes of one transaction: the event loop stands still meanwhile. */
const MAX_GROUP = 500
/** The pause before a lock that another process holds is asked for again. */
const RETRY_MS = 40
/** With the time that SQLite itself waits at each, some five seconds. */
const DEFAULT_TRIES = 100

/**
 * Gathers what is to be written during one turn of the event loop into one transaction, so that a
 * hundred tokens cost one write to the disk. Each promise settles after the commit.
 */
export class GroupCommit {
  readonly #database: SqliteDatabase
  readonly #maxTries: number
  #waiting: Write[] = []
  #tries = 0
  #isScheduled = false
  #closed = false

  constructor(database: SqliteDatabase, maxTries: number = DEFAULT_TRIES) {
    this.#database = database
    this.#maxTries = maxTries
  }

  /** Writes with the next transaction. `work` throws a `LedgerError` before it wrote anything, or not. */
  add<Result>(work: () => Result): Promise<Result> {
    if (this.#closed) return Promise.reject(closedError())
    return new Promise<Result>((resolve, reject) => {
      const write: Write = {
        run: work,
        resolve: resolve as (value: unknown) => void,
        reject,
      }
      this.#waiting.push(write)
      this.#schedule()
    })
  }

  /** Writes what is waiting, then takes no more. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#database.waitForLocks('long')
    while (this.#waiting.length > 0) {
      this.#tries = this.#maxTries
      this.#flush()
    }
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return
    this.#isScheduled = true
    atTurnsEnd(() => this.#flush())
  }

  #flush(): void {
    this.#isScheduled = false
    const writes = this.#waiting.slice(0, MAX_GROUP)
    if (writes.length === 0) return
    try {
      this.#commit(writes)
    } catch (error) {
      if (isBusy(error) && this.#tries < this.#maxTries) {
        this.#tries += 1
        this.#isScheduled = true
        later(RETRY_MS, () => this.#flush())
        return
      }
      this.#fail(error, writes)
    }
    this.#tries = 0
    this.#waiting = this.#waiting.slice(writes.length)
    this.#schedule()
  }

  #commit(writes: readonly Write[]): void {
    const settle = this.#database.transaction(() => writes.map(attempt))
    for (const one of settle) one()
  }

  #fail(error: unknown, writes: readonly Write[]): void {
    if (writes.length === 1 || !isRefusedValue(error)) {
      const failure = sqliteFailure(error, this.#database.file)
      for (const { reject } of writes) reject(failure)
      return
    }
    // One of them is at fault, and its neighbours are not to suffer for it.
    for (const write of writes) {
      try {
        this.#commit([write])
      } catch (own) {
        this.#fail(own, [write])
      }
    }
  }
}

/** Runs one write, and gives what is to be told once the transaction is on the disk. */
function attempt({ run, resolve, reject }: Write): () => void {
  try {
    const value = run()
    return () => resolve(value)
  } catch (error) {
    // Anything else has ended the transaction for all.
    if (!(error instanceof LedgerError)) throw error
    return () => reject(error)
  }
}
