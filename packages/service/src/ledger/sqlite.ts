import { closedError, LedgerConflictError } from './errors.ts'
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
import { type Row, toKey, toPage, toToken } from './rows.ts'
import { SqliteDatabase } from './sqlite/database.ts'
import { sqliteFailure } from './sqlite/failure.ts'
import { GroupCommit } from './sqlite/group-commit.ts'
import { SQLITE_DIALECT } from './sqlite/dialect.ts'
import { migrateSqlite } from './sqlite/migrate.ts'
import { INSERT_TOKEN, tokenValues } from './sqlite/rows.ts'
import * as sql from './sqlite/statements.ts'

/** How many tokens are forgotten in one transaction: others write in between. */
const PURGE_BATCH = 500

/** The ledger in one file, or in memory. Several processes may share the file. */
export class SqliteLedger implements Ledger {
  readonly #database: SqliteDatabase
  readonly #writes: GroupCommit
  #closed = false

  /**
   * Takes a database whose schema is up to date.
   *
   * @param maxTries how often it asks for a lock that another process holds. Default: some seconds long.
   */
  constructor(database: SqliteDatabase, maxTries?: number) {
    this.#database = database
    this.#writes = new GroupCommit(database, maxTries)
  }

  /**
   * @param at seconds since the epoch.
   * @throws {LedgerError} when the file cannot be opened, or is not ours.
   */
  static open(file: string, at: number): SqliteLedger {
    const database = SqliteDatabase.open(file)
    try {
      migrateSqlite(database, at)
      database.waitForLocks('short')
      return new SqliteLedger(database)
    } catch (error) {
      database.close()
      throw sqliteFailure(error, file)
    }
  }

  record(token: TokenRecord): Promise<void> {
    return this.#write((database) => {
      const { changes, lastInsertRowid } = database.prepare(INSERT_TOKEN).run(...tokenValues(token))
      if (changes === 0) throw new LedgerConflictError()
      const insert = database.prepare(sql.INSERT_AUDIENCE)
      for (const audience of token.audience) insert.run(audience, token.issuedAt, lastInsertRowid)
    })
  }

  async findByTokenId(kind: TokenKind, tokenId: string): Promise<FoundToken | undefined> {
    const [row] = this.#read(sql.FIND_BY_ID, kind, tokenId)
    return row && toToken(row)
  }

  async findByHash(tokenHash: string): Promise<FoundToken | undefined> {
    const [row] = this.#read(sql.FIND_BY_HASH, tokenHash)
    return row && toToken(row)
  }

  async list(query: TokenQuery): Promise<TokenPage> {
    const { text, values } = listQuery(query, SQLITE_DIALECT)
    return toPage(this.#read(text, ...values), query.limit)
  }

  revoke(kind: TokenKind, tokenId: string, at: number): Promise<boolean> {
    return this.#write(
      (database) => database.prepare(sql.REVOKE).run(at, kind, tokenId).changes !== 0,
    )
  }

  async generation(space: GenerationSpace, name: string): Promise<number> {
    const [row] = this.#read(sql.GENERATION, space, name)
    return Number(row?.['generation'] ?? 0)
  }

  bumpGeneration(space: GenerationSpace, name: string): Promise<number> {
    return this.#write((database) =>
      Number(database.prepare(sql.BUMP_GENERATION).get(space, name)?.['generation']),
    )
  }

  advanceGeneration(space: GenerationSpace, name: string, from: number): Promise<boolean> {
    return this.#write((database) => {
      const advanced = database.prepare(sql.ADVANCE_GENERATION).run(from, space, name, from)
      if (advanced.changes !== 0 || from !== 0) return advanced.changes !== 0
      return database.prepare(sql.FIRST_GENERATION).run(space, name).changes !== 0
    })
  }

  async keys(): Promise<readonly StoredKey[]> {
    return this.#read(sql.KEYS).map(toKey)
  }

  addKey(key: StoredKey, expectedNewest: string | undefined): Promise<boolean> {
    return this.#write((database) => {
      const newest = database.prepare(sql.NEWEST_KEY).get()?.['key_id'] ?? undefined
      if (newest !== expectedNewest) return false
      const { keyId, algorithm, sealedKey, activeFrom, neededUntil, createdAt } = key
      const values = [keyId, algorithm, sealedKey, activeFrom, neededUntil, createdAt]
      if (database.prepare(sql.INSERT_KEY).run(...values).changes !== 0) return true
      throw new LedgerConflictError()
    })
  }

  needKeyUntil(keyId: string, neededUntil: number): Promise<boolean> {
    return this.#write(
      (database) => database.prepare(sql.NEED_KEY).run(neededUntil, keyId).changes !== 0,
    )
  }

  removeKey(keyId: string): Promise<boolean> {
    return this.#write((database) => database.prepare(sql.REMOVE_KEY).run(keyId).changes !== 0)
  }

  async purge({ expiredBefore, now }: { expiredBefore: number; now: number }): Promise<number> {
    await this.#write((database) => database.prepare(sql.PURGE_KEYS).run(now, now))
    let purged = 0
    for (;;) {
      const batch = await this.#write((database) => purgeBatch(database, expiredBefore))
      purged += batch
      if (batch < PURGE_BATCH) return purged
    }
  }

  async ping(): Promise<void> {
    await this.#write((database) => database.prepare(sql.BEAT).run())
    this.#read(sql.FEEL_PULSE)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#writes.close()
    this.#database.close()
  }

  #write<Result>(work: (database: SqliteDatabase) => Result): Promise<Result> {
    return this.#writes.add(() => work(this.#database))
  }

  #read(text: string, ...values: (string | number)[]): Row[] {
    if (this.#closed) throw closedError()
    try {
      return this.#database.prepare(text).all(...values)
    } catch (error) {
      throw sqliteFailure(error, this.#database.file)
    }
  }
}

function purgeBatch(database: SqliteDatabase, expiredBefore: number): number {
  const doomed = database.prepare(sql.DOOMED).all(expiredBefore, PURGE_BATCH)
  const deleteAudience = database.prepare(sql.DELETE_AUDIENCE)
  const deleteToken = database.prepare(sql.DELETE_TOKEN)
  for (const row of doomed) {
    const sequence = Number(row['sequence'])
    const { audience, issuedAt } = toToken(row)
    for (const one of audience) deleteAudience.run(one, issuedAt, sequence)
    deleteToken.run(sequence)
  }
  return doomed.length
}
