import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { GrantPage, GrantStore, StoredGrant } from '@mayfly/core/grants'
import { SqliteDatabase } from '../ledger/sqlite/database.ts'
import { sqliteFailure } from '../ledger/sqlite/failure.ts'

const TABLE = `
  CREATE TABLE IF NOT EXISTS mayfly_grants (
    id TEXT PRIMARY KEY, record TEXT NOT NULL, version TEXT NOT NULL) STRICT, WITHOUT ROWID`

const READ = `
  SELECT record, version, CAST(unixepoch('now', 'subsec') * 1000 AS INTEGER) AS now
  FROM mayfly_grants WHERE id = ?`
const INSERT = 'INSERT INTO mayfly_grants VALUES (?, ?, ?) ON CONFLICT DO NOTHING'
const UPDATE = 'UPDATE mayfly_grants SET record = ?, version = ? WHERE id = ? AND version = ?'
const DELETE = 'DELETE FROM mayfly_grants WHERE id = ? AND version = ?'
const LIST = 'SELECT id FROM mayfly_grants WHERE id > ? ORDER BY id LIMIT ?'
const PAGE = 200

/** The primary result code for a database that another process has locked. */
const BUSY = 5
const TRIES = 100
const PAUSE_MS = 20

/**
 * Keeps grants in a SQLite file, for the processes of one machine. A write is on the disk when it is
 * answered.
 *
 * @example
 * ```ts
 * import { SqliteGrantStore } from '@mayfly/service/grants'
 *
 * const store = new SqliteGrantStore(':memory:')
 * console.log(await store.read('shop-1')) // undefined
 * ```
 */
export class SqliteGrantStore implements GrantStore, Disposable {
  readonly #database: SqliteDatabase

  /**
   * @param file the path of the file, which is made for its owner alone; or `:memory:`.
   * @throws {LedgerError} when the file cannot be opened, or is no database.
   */
  constructor(file: string) {
    this.#database = SqliteDatabase.open(file)
    try {
      this.#database.exec('PRAGMA journal_mode = WAL')
      this.#database.exec(TABLE)
      this.#database.waitForLocks('short')
    } catch (error) {
      this.#database.close()
      throw sqliteFailure(error, file)
    }
  }

  /** @throws {LedgerError} when the file cannot be read. */
  async read(id: string): Promise<StoredGrant | undefined> {
    const row = await this.#retry(() => this.#database.prepare(READ).get(id))
    if (row === undefined) return undefined
    const { record, version, now } = row
    return { record: String(record), version: String(version), now: Number(now) }
  }

  /** @throws {LedgerError} when the file cannot be written. */
  async write(id: string, record: string, expectedVersion?: string): Promise<string | undefined> {
    const version = randomUUID()
    const { changes } = await this.#retry(() =>
      expectedVersion === undefined
        ? this.#database.prepare(INSERT).run(id, record, version)
        : this.#database.prepare(UPDATE).run(record, version, id, expectedVersion),
    )
    return Number(changes) === 1 ? version : undefined
  }

  /** @throws {LedgerError} when the file cannot be written. */
  async delete(id: string, expectedVersion: string): Promise<boolean> {
    const { changes } = await this.#retry(() =>
      this.#database.prepare(DELETE).run(id, expectedVersion),
    )
    return Number(changes) === 1
  }

  /** @throws {LedgerError} when the file cannot be read. */
  async list(cursor = ''): Promise<GrantPage> {
    const rows = await this.#retry(() => this.#database.prepare(LIST).all(cursor, PAGE))
    const ids = rows.map((row) => String(row['id']))
    const last = ids.at(-1)
    return { ids, ...(ids.length === PAGE && last !== undefined && { cursor: last }) }
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#database.close()
  }

  /** The event loop must not stand still while another process has the lock. */
  async #retry<Result>(statement: () => Result): Promise<Result> {
    for (let tries = 1; ; tries++) {
      try {
        return statement()
      } catch (error) {
        const code = Number(Object(error).errcode) & 0xff
        if (code !== BUSY || tries === TRIES) throw sqliteFailure(error, this.#database.file)
        await wait(PAUSE_MS * Math.random())
      }
    }
  }
}
