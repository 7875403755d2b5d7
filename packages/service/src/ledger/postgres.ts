import { LedgerConflictError, LedgerError } from './errors.ts'
import type {
  FoundToken,
  GenerationSpace,
  Ledger,
  StoredKey,
  TokenKind,
  TokenPage,
  TokenQuery,
  TokenRecord,
} from './ledger.ts'
import { listQuery } from './list-query.ts'
import { isRefusedValue, isTransient } from './postgres/failure.ts'
import { PostgresConnection } from './postgres/connection.ts'
import { POSTGRES_DIALECT } from './postgres/dialect.ts'
import { migratePostgres } from './postgres/migrate.ts'
import { tokenColumns } from './postgres/rows.ts'
import * as sql from './postgres/statements.ts'
import { RecordBatch, recordName } from './record-batch.ts'
import { type Row, toKey, toPage, toToken } from './rows.ts'

/** How many tokens are forgotten in one statement: others write in between. */
const PURGE_BATCH = 500

/** The ledger in a PostgreSQL database, for several nodes. */
export class PostgresLedger implements Ledger {
  readonly #connection: PostgresConnection
  readonly #records: RecordBatch

  private constructor(connection: PostgresConnection) {
    this.#connection = connection
    this.#records = new RecordBatch(
      async (tokens) => {
        const json = JSON.stringify(tokens.map(tokenColumns))
        const { rows } = await connection.attempt(sql.RECORD, [json])
        return new Set(rows.map(toRecordName))
      },
      { isRefusedValue, isTransient },
    )
  }

  /**
   * @param at seconds since the epoch.
   * @throws {OptionError} when the address is no URL.
   * @throws {LedgerError} when the database cannot be reached, or is not fit for us.
   */
  static async open(address: string, at: number): Promise<PostgresLedger> {
    const connection = new PostgresConnection(address)
    try {
      await migratePostgres(connection, at)
      return new PostgresLedger(connection)
    } catch (error) {
      await connection.close()
      throw error
    }
  }

  record(token: TokenRecord): Promise<void> {
    return this.#connection.during(() => this.#records.add(token))
  }

  async findByTokenId(kind: TokenKind, tokenId: string): Promise<FoundToken | undefined> {
    const row = await this.#first(sql.FIND_BY_ID, kind, tokenId)
    return row && toToken(row)
  }

  async findByHash(tokenHash: string): Promise<FoundToken | undefined> {
    const row = await this.#first(sql.FIND_BY_HASH, tokenHash)
    return row && toToken(row)
  }

  async list(query: TokenQuery): Promise<TokenPage> {
    const { text, values } = listQuery(query, POSTGRES_DIALECT)
    const { rows } = await this.#connection.run(text, values)
    return toPage(rows, query.limit)
  }

  async revoke(kind: TokenKind, tokenId: string, at: number): Promise<boolean> {
    return this.#changes(sql.REVOKE, kind, tokenId, at)
  }

  async generation(space: GenerationSpace, name: string): Promise<number> {
    return Number((await this.#first(sql.GENERATION, space, name))?.['generation'] ?? 0)
  }

  async bumpGeneration(space: GenerationSpace, name: string): Promise<number> {
    return Number((await this.#first(sql.BUMP_GENERATION, space, name))?.['generation'])
  }

  async advanceGeneration(space: GenerationSpace, name: string, from: number): Promise<boolean> {
    return this.#changes(sql.ADVANCE_GENERATION, space, name, from)
  }

  async keys(): Promise<readonly StoredKey[]> {
    const { rows } = await this.#connection.run(sql.KEYS)
    return rows.map(toKey)
  }

  addKey(key: StoredKey, expectedNewest: string | undefined): Promise<boolean> {
    return this.#connection.transaction(async (run) => {
      await run(sql.LOCK_KEYS)
      const { rows } = await run(sql.NEWEST_KEY)
      if ((rows[0]?.['key_id'] ?? undefined) !== expectedNewest) return false
      const { keyId, algorithm, sealedKey, activeFrom, neededUntil, createdAt } = key
      const values = [keyId, algorithm, sealedKey, activeFrom, neededUntil, createdAt]
      if ((await run(sql.INSERT_KEY, values)).count > 0) return true
      throw new LedgerConflictError()
    })
  }

  async needKeyUntil(keyId: string, neededUntil: number): Promise<boolean> {
    return this.#changes(sql.NEED_KEY, keyId, neededUntil)
  }

  async removeKey(keyId: string): Promise<boolean> {
    return this.#changes(sql.REMOVE_KEY, keyId)
  }

  async purge({ expiredBefore, now }: { expiredBefore: number; now: number }): Promise<number> {
    await this.#connection.run(sql.PURGE_KEYS, [now])
    let purged = 0
    for (;;) {
      const { rows } = await this.#connection.run(sql.PURGE_TOKENS, [expiredBefore, PURGE_BATCH])
      const batch = Number(rows[0]?.['purged'])
      purged += batch
      if (batch < PURGE_BATCH) return purged
    }
  }

  async ping(): Promise<void> {
    if ((await this.#first(sql.CAN_WRITE))?.['yes'] === true) {
      await this.#connection.run(sql.BEAT)
      return
    }
    throw new LedgerError(
      'ERR_LEDGER_READ_ONLY',
      `The ledger at ${this.#connection.name} cannot be written: it is a standby, or set to be read-only. Give the address of the primary.`,
    )
  }

  close(): Promise<void> {
    return this.#connection.close()
  }

  async #first(text: string, ...values: readonly unknown[]): Promise<Row | undefined> {
    const { rows } = await this.#connection.run(text, values)
    return rows[0]
  }

  async #changes(text: string, ...values: readonly unknown[]): Promise<boolean> {
    const { count } = await this.#connection.run(text, values)
    return count > 0
  }
}

function toRecordName(row: Row): string {
  return recordName({ kind: String(row['kind']), tokenId: String(row['token_id']) })
}
