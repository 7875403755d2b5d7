import { closeSync, openSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { IN_MEMORY } from '../database-kind.ts'
import { sqliteFailure } from './failure.ts'

/** How long a statement waits for another process's lock, with the event loop standing still. */
const LOCK_MS = { short: 10, long: 5000 }

/** More than the ledger has; a list has one for each set of filters. */
const MAX_STATEMENTS = 128

/** One connection to a database file, with the statements that it has prepared. */
export class SqliteDatabase {
  /** The path, or `:memory:`. */
  readonly file: string
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  private constructor(file: string, database: DatabaseSync) {
    this.file = file
    this.#database = database
  }

  /** @throws {LedgerError} when the file cannot be opened, or is no database. */
  static open(file: string): SqliteDatabase {
    let database: DatabaseSync | undefined
    try {
      if (file !== IN_MEMORY) createPrivately(file)
      database = new DatabaseSync(file)
      const opened = new SqliteDatabase(file, database)
      opened.waitForLocks('long')
      // FULL: a commit has reached the disk when it returns, in WAL mode too.
      opened.exec('PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF')
      return opened
    } catch (error) {
      database?.close()
      throw sqliteFailure(error, file)
    }
  }

  /** Chooses how long to wait for locks: `long` where nothing else goes on, as at the start. */
  waitForLocks(time: 'short' | 'long'): void {
    this.exec(`PRAGMA busy_timeout = ${LOCK_MS[time]}`)
  }

  exec(sql: string): void {
    this.#database.exec(sql)
  }

  /** Gives the statement of this text, prepared once. Values are never part of the text. */
  prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const statement = this.#database.prepare(sql)
    const [oldest] = this.#statements.keys()
    if (this.#statements.size >= MAX_STATEMENTS && oldest !== undefined) {
      this.#statements.delete(oldest)
    }
    this.#statements.set(sql, statement)
    return statement
  }

  close(): void {
    this.#statements.clear()
    if (this.#database.isOpen) this.#database.close()
  }

  /**
   * Runs work as one transaction, which is on the disk when this returns. `IMMEDIATE` takes the lock for
   * writing at once: a transaction that reads first could find itself unable to write later.
   */
  transaction<Result>(work: () => Result): Result {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      this.#rollBack()
      throw error
    }
  }

  /** After some errors, a full disk for one, SQLite has rolled back by itself. */
  #rollBack(): void {
    try {
      this.#database.exec('ROLLBACK')
    } catch {
      // There is no transaction any more, which is what was wanted.
    }
  }
}

/** SQLite gives the files beside it the mode of this one. One that is there keeps its own. */
function createPrivately(file: string): void {
  try {
    closeSync(openSync(file, 'a', 0o600))
  } catch {
    // SQLite will say why it cannot be made.
  }
}
