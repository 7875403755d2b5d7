import { LedgerError } from '../errors.ts'
import type { SqliteDatabase } from './database.ts'
import { SQLITE_MIGRATIONS } from './migrations.ts'

/**
 * Brings the schema up to date, in one transaction: of two processes that start at once one does it.
 *
 * @param at seconds since the epoch.
 * @throws {LedgerError} `ERR_LEDGER_SCHEMA` when a newer version has been here.
 */
export function migrateSqlite(database: SqliteDatabase, at: number): void {
  requireOwn(database)
  // Readers and the writer do not wait for each other. It stays with the file.
  database.exec('PRAGMA journal_mode = WAL')
  database.transaction(() => {
    database.exec(`
      CREATE TABLE IF NOT EXISTS schema_migrations (
        version INTEGER PRIMARY KEY,
        applied_at INTEGER NOT NULL
      ) STRICT`)
    const version = currentVersion(database)
    if (version > SQLITE_MIGRATIONS.length) throw tooNew(database.file, version)
    for (const [index, sql] of SQLITE_MIGRATIONS.entries()) {
      if (index < version) continue
      database.exec(sql)
      database.prepare('INSERT INTO schema_migrations VALUES (?, ?)').run(index + 1, at)
    }
  })
}

function currentVersion(database: SqliteDatabase): number {
  const row = database.prepare('SELECT max(version) AS version FROM schema_migrations').get()
  return Number(row?.['version'] ?? 0)
}

/** A file that is another program's is left as it is. */
function requireOwn(database: SqliteDatabase): void {
  const tables = database
    .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
    .all()
    .map(({ name }) => name)
  if (tables.length === 0 || tables.includes('schema_migrations')) return
  throw new LedgerError(
    'ERR_LEDGER_SCHEMA',
    `"${database.file}" is the database of another program. Give the ledger a file of its own.`,
  )
}

function tooNew(file: string, version: number): LedgerError {
  return new LedgerError(
    'ERR_LEDGER_SCHEMA',
    `The ledger "${file}" has schema ${version}, and this version of the service knows ${SQLITE_MIGRATIONS.length}. Run the newer version of @mayfly/service that made it.`,
  )
}
