import { LedgerConflictError } from './errors.ts'
import type { TokenRecord } from './ledger.ts'
import { atTurnsEnd } from './turn.ts'

/** What a record is known by: its kind, and its id within it. */
export function recordName({ kind, tokenId }: { kind: string; tokenId: string }): string {
  return `${kind} ${tokenId}`
}

/** Records tokens in one statement, and gives the names of those that were new. */
export type RecordTokens = (tokens: readonly TokenRecord[]) => Promise<ReadonlySet<string>>

/** What a database says of its errors. */
export interface BatchErrors {
  /** Whether it is a value that the database refuses: one of several may be at fault. */
  readonly isRefusedValue: (error: unknown) => boolean
  /** Whether a statement can be tried again as it is: the database has undone it. */
  readonly isTransient: (error: unknown) => boolean
}

interface Waiting {
  readonly token: TokenRecord
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** The most tokens of one statement. */
const MAX_BATCH = 200
/** How many statements are under way at once. What comes meanwhile goes together into the next. */
const MAX_RUNNING = 4
/** How often a statement is tried that the database undid because of another one. */
const MAX_TRIES = 5

/** Gathers the tokens of many requests into few statements. */
export class RecordBatch {
  readonly #record: RecordTokens
  readonly #errors: BatchErrors
  #waiting: Waiting[] = []
  /** The names of what is under way. */
  readonly #taken = new Set<string>()
  #running = 0
  #isScheduled = false

  constructor(record: RecordTokens, errors: BatchErrors) {
    this.#record = record
    this.#errors = errors
  }

  /** Records with one of the next statements. */
  add(token: TokenRecord): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#waiting.push({ token, resolve, reject })
      this.#schedule()
    })
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    atTurnsEnd(() => {
      this.#isScheduled = false
      this.#start()
    })
  }

  #start(): void {
    while (this.#running < MAX_RUNNING) {
      const batch = this.#takeBatch()
      if (batch.length === 0) return
      this.#running += 1
      void this.#run(batch).finally(() => {
        this.#running -= 1
        for (const { token } of batch) this.#taken.delete(recordName(token))
        if (this.#waiting.length > 0) this.#schedule()
      })
    }
  }

  /** Of two that have an id in common, the second waits: who came first is recorded. */
  #takeBatch(): readonly Waiting[] {
    const batch: Waiting[] = []
    const rest: Waiting[] = []
    for (const each of this.#waiting) {
      const name = recordName(each.token)
      if (batch.length === MAX_BATCH || this.#taken.has(name)) {
        rest.push(each)
      } else {
        this.#taken.add(name)
        batch.push(each)
      }
    }
    this.#waiting = rest
    return batch
  }

  async #run(batch: readonly Waiting[]): Promise<void> {
    try {
      const recorded = await this.#try(batch)
      for (const { token, resolve, reject } of batch) {
        if (recorded.has(recordName(token))) resolve()
        else reject(new LedgerConflictError())
      }
    } catch (error) {
      if (batch.length > 1 && this.#errors.isRefusedValue(error)) {
        // One of them is at fault, and the statement does not say which.
        for (const each of batch) await this.#run([each])
        return
      }
      for (const { reject } of batch) reject(error)
    }
  }

  async #try(batch: readonly Waiting[]): Promise<ReadonlySet<string>> {
    const tokens = batch.map(({ token }) => token)
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#record(tokens)
      } catch (error) {
        if (tries === MAX_TRIES || !this.#errors.isTransient(error)) throw error
      }
    }
  }
}
