import type { Clock } from '@mayfly/core'
import {
  clockOption,
  invalid,
  optionalNumber,
  refuseUnknownOptions,
  requireOptions,
  requireString,
} from '@mayfly/core/adapter'
import { databaseKind } from './database-kind.ts'
import type { Ledger } from './ledger.ts'

/** Where the ledger is. */
export interface OpenLedgerOptions {
  /**
   * The path of a SQLite file, which is made where there is none; `:memory:`; or the URL of a database of
   * PostgreSQL, `postgres://…`, or MongoDB, `mongodb://…`.
   */
  readonly database: string
  /**
   * Seconds that records are kept after their tokens have expired, should nobody purge: MongoDB lets them
   * go by an index a day later. Default: it does not.
   */
  readonly retention?: number
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
  refuseUnknownOptions(options, ['database', 'retention', 'clock'], 'openLedger')
  const database = requireString(options.database, 'database')
  const clock = clockOption(options.clock)
  const at = Math.floor(clock.now() / 1000)
  const retention = optionalNumber(options.retention, 'retention', { integer: true })
  const kind = databaseKind(database)
  // Each has a driver, and a program needs one of them.
  if (kind === 'PostgreSQL') {
    return (await import('./postgres.ts')).PostgresLedger.open(database, at)
  }
  if (kind === 'MongoDB') {
    return (await import('./mongodb.ts')).MongoLedger.open(database, clock, retention)
  }
  if (!SCHEME.test(database)) {
    return (await import('./sqlite.ts')).SqliteLedger.open(database, at)
  }
  // The value is never repeated: a URL may hold a password.
  throw invalid(
    'database',
    '"database" must be the path of a SQLite file, ":memory:", or a URL that begins with postgres:// or mongodb://.',
  )
}

/** Two letters at least: one is a drive of Windows. */
const SCHEME = /^[a-z][a-z\d+.-]+:/i
