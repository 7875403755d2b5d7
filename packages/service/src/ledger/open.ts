import type { Clock } from '@mayfly/core'
import {
  clockOption,
  invalid,
  refuseUnknownOptions,
  requireOptions,
  requireString,
} from '@mayfly/core/adapter'
import { isPostgres } from './database-kind.ts'
import type { Ledger } from './ledger.ts'
import { PostgresLedger } from './postgres.ts'
import { SqliteLedger } from './sqlite.ts'

/** Where the ledger is. */
export interface OpenLedgerOptions {
  /**
   * The path of a SQLite file, which is made where there is none; `:memory:`; or the URL of a
   * PostgreSQL database, `postgres://…`.
   */
  readonly database: string
  readonly clock?: Clock
}

/**
 * Opens a ledger, and brings its schema up to date.
 *
 * @throws {OptionError} when `database` names none of these.
 * @throws {LedgerError} when the database cannot be opened, or a newer version has been there.
 */
export async function openLedger(options: OpenLedgerOptions): Promise<Ledger> {
  requireOptions(options, 'openLedger')
  refuseUnknownOptions(options, ['database', 'clock'], 'openLedger')
  const database = requireString(options.database, 'database')
  const at = Math.floor(clockOption(options.clock).now() / 1000)
  if (isPostgres(database)) return PostgresLedger.open(database, at)
  if (!SCHEME.test(database)) return SqliteLedger.open(database, at)
  // The value is never repeated: a URL may hold a password.
  throw invalid(
    'database',
    '"database" must be the path of a SQLite file, ":memory:", or a URL that begins with postgres://.',
  )
}

/** Two letters at least: one is a drive of Windows. */
const SCHEME = /^[a-z][a-z\d+.-]+:/i
