import { LedgerError } from '../errors.ts'
import type { PostgresConnection, RunStatement } from './connection.ts'
import { POSTGRES_MIGRATIONS } from './migrations.ts'

/** A number of our own among all that take advisory locks in the database ("mayfly" as bytes). */
const LOCK = 0x6d_61_79_66_6c_79

/**
 * Brings the schema up to date, in one transaction and under a lock: of several nodes that start at once
 * one does it, and the others wait.
 *
 * @param at seconds since the epoch.
 * @throws {LedgerError} `ERR_LEDGER_SCHEMA` when a newer version has been here.
 */
export async function migratePostgres(connection: PostgresConnection, at: number): Promise<void> {
  await connection.transaction(async (run) => {
    // Tables grow, and other nodes take their time.
    await run(`SET LOCAL statement_timeout = '5min'; SET LOCAL lock_timeout = '5min'`)
    await run('SELECT pg_advisory_xact_lock($1)', [LOCK])
    const version = await currentVersion(run)
    if (version > POSTGRES_MIGRATIONS.length) throw tooNew(connection.name, version)
    for (const [index, sql] of POSTGRES_MIGRATIONS.entries()) {
      if (index < version) continue
      await run(sql)
      await run('INSERT INTO mayfly_migrations VALUES ($1, $2)', [index + 1, at])
    }
  })
}

async function currentVersion(run: RunStatement): Promise<number> {
  // Asked for first: whoever may not create tables can still use those that are there.
  const { rows: known } = await run(`SELECT to_regclass('mayfly_migrations') AS found`)
  if (known[0]?.['found'] === null) {
    await run(
      'CREATE TABLE mayfly_migrations (version int PRIMARY KEY, applied_at bigint NOT NULL)',
    )
  }
  const { rows } = await run('SELECT max(version) AS version FROM mayfly_migrations')
  return Number(rows[0]?.['version'] ?? 0)
}

function tooNew(name: string, version: number): LedgerError {
  return new LedgerError(
    'ERR_LEDGER_SCHEMA',
    `The ledger at ${name} has schema ${version}, and this version of the service knows ${POSTGRES_MIGRATIONS.length}. Run the newer version of @mayfly/service that made it.`,
  )
}
