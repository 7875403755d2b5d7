import { randomUUID } from 'node:crypto'
import type { GrantPage, GrantStore, StoredGrant } from '@mayfly/core/grants'
import { PostgresConnection } from '../ledger/postgres/connection.ts'

const TABLE = `
  CREATE TABLE IF NOT EXISTS mayfly_grants (
    id text COLLATE "C" PRIMARY KEY, record text NOT NULL, version uuid NOT NULL)`

const READ = `
  SELECT record, version, floor(extract(epoch FROM clock_timestamp()) * 1000)::text AS now
  FROM mayfly_grants WHERE id = $1`
const INSERT = 'INSERT INTO mayfly_grants VALUES ($1, $2, $3) ON CONFLICT DO NOTHING'
const UPDATE = 'UPDATE mayfly_grants SET record = $2, version = $3 WHERE id = $1 AND version = $4'
const DELETE = 'DELETE FROM mayfly_grants WHERE id = $1 AND version = $2'
const LIST = 'SELECT id FROM mayfly_grants WHERE id > $1 ORDER BY id LIMIT $2'
const PAGE = 200

/**
 * Keeps grants in PostgreSQL, for however many processes, in the table `mayfly_grants`, which it makes.
 *
 * @example
 * ```ts
 * import { PostgresGrantStore } from '@mayfly/service/grants'
 *
 * const store = new PostgresGrantStore('postgres://app:secret@db.example.com/app')
 * ```
 */
export class PostgresGrantStore implements GrantStore, AsyncDisposable {
  readonly #connection: PostgresConnection
  #table: Promise<void> | undefined

  /** @throws {OptionError} when the address isn't the URL of a PostgreSQL database. */
  constructor(address: string) {
    this.#connection = new PostgresConnection(address)
  }

  /** @throws {LedgerError} when the database gives no answer. */
  async read(id: string): Promise<StoredGrant | undefined> {
    const { rows } = await this.#run(READ, [id])
    const [row] = rows
    if (row === undefined) return undefined
    return {
      record: String(row['record']),
      version: String(row['version']),
      now: Number(row['now']),
    }
  }

  /** @throws {LedgerError} when the database gives no answer: it may have been written. */
  async write(id: string, record: string, expectedVersion?: string): Promise<string | undefined> {
    const version = randomUUID()
    const { count } =
      expectedVersion === undefined
        ? await this.#run(INSERT, [id, record, version])
        : await this.#run(UPDATE, [id, record, version, expectedVersion])
    return count === 1 ? version : undefined
  }

  /** @throws {LedgerError} when the database gives no answer: it may have been deleted. */
  async delete(id: string, expectedVersion: string): Promise<boolean> {
    const { count } = await this.#run(DELETE, [id, expectedVersion])
    return count === 1
  }

  /** @throws {LedgerError} when the database gives no answer. */
  async list(cursor = ''): Promise<GrantPage> {
    const { rows } = await this.#run(LIST, [cursor, PAGE])
    const ids = rows.map((row) => String(row['id']))
    const last = ids.at(-1)
    return { ids, ...(ids.length === PAGE && last !== undefined && { cursor: last }) }
  }

  /** Waits for what is running, then closes the connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close()
  }

  async #run(text: string, values: readonly unknown[]) {
    this.#table ??= this.#create()
    await this.#table
    return this.#connection.run(text, values)
  }

  async #create(): Promise<void> {
    try {
      // Of two that make it at once, one fails, and finds it made.
      await this.#connection.run(TABLE).catch(() => this.#connection.run(TABLE))
    } catch (error) {
      this.#table = undefined
      throw error
    }
  }
}
