import { LedgerError, type LedgerErrorCode } from '../errors.ts'

interface Meaning {
  /** How the SQLSTATE begins: https://www.postgresql.org/docs/current/errcodes-appendix.html */
  readonly states: readonly string[]
  readonly code: LedgerErrorCode
  /** Follows the database's name. */
  readonly says: string
}

const MEANINGS: readonly Meaning[] = [
  {
    states: ['28', '42501', '3D000', '0LP01'],
    code: 'ERR_LEDGER_ACCESS',
    says: 'lets us not in: check the user, the password, the name of the database and its privileges.',
  },
  {
    states: ['25006'],
    code: 'ERR_LEDGER_READ_ONLY',
    says: 'cannot be written: it is a standby, or set to be read-only. Give the address of the primary.',
  },
  {
    states: ['53100'],
    code: 'ERR_LEDGER_FULL',
    says: 'cannot grow: its disk is full. Make room; nothing that was answered is lost.',
  },
  {
    states: ['XX001', 'XX002'],
    code: 'ERR_LEDGER_CORRUPT',
    says: 'is damaged. Stop the service, and restore the database from a backup.',
  },
  {
    states: ['42P01', '42703'],
    code: 'ERR_LEDGER_SCHEMA',
    says: 'lacks a table or column of ours. Look whether "search_path" differs among connections.',
  },
  {
    states: ['57014', '55P03'],
    code: 'ERR_LEDGER_UNAVAILABLE',
    says: 'did not answer in time. If this stays, look for long transactions and locks.',
  },
  {
    states: ['40', '53', '57', '08'],
    code: 'ERR_LEDGER_UNAVAILABLE',
    says: 'takes no work at the moment: it starts, stops, or has too much to do.',
  },
  {
    states: ['22', '23', '42', '54', 'XX'],
    code: 'ERR_LEDGER_FAILED',
    says: 'refuses a value or a statement; the cause of this error tells why.',
  },
]

/** Turns what `pg` throws into an error that names the database and says what to do. */
export function postgresFailure(error: unknown, name: string, secret: string): LedgerError {
  if (error instanceof LedgerError) return error
  const state = codeOf(error)
  const meaning = MEANINGS.find(({ states }) => states.some((each) => state?.startsWith(each)))
  const { code, says } = meaning ?? (isTls(error) ? UNTRUSTED : UNREACHABLE)
  return new LedgerError(code, `The ledger at ${name} ${says}`, { cause: harmless(error, secret) })
}

/** Tells whether a statement can be tried again as it is: the database has undone it. */
export function isTransient(error: unknown): boolean {
  return ['40001', '40P01'].includes(codeOf(error) ?? '')
}

/** Tells whether it is a value that the database refuses: one of several may be at fault. */
export function isRefusedValue(error: unknown): boolean {
  return /^(?:22|23|54)/.test(codeOf(error) ?? '')
}

const UNREACHABLE: Omit<Meaning, 'states'> = {
  code: 'ERR_LEDGER_UNAVAILABLE',
  says: 'cannot be reached, or has closed the connection. We try again with each request.',
}

const UNTRUSTED: Omit<Meaning, 'states'> = {
  code: 'ERR_LEDGER_ACCESS',
  says: 'cannot be reached over TLS: check the certificate and "sslmode" in the address.',
}

function isTls(error: unknown): boolean {
  return (
    error instanceof Error &&
    /CERT|TLS|SSL/.test(`${codeOf(error)} ${error.message.includes('SSL') ? 'SSL' : ''}`)
  )
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** What `pg` throws holds rows, and may hold the connection. Only its words and its code go on. */
function harmless(error: unknown, secret: string): Error {
  const words = error instanceof Error ? error.message : 'unknown'
  const message = secret === '' ? words : words.replaceAll(secret, '[password]')
  const code = codeOf(error)
  return Object.assign(new Error(message), code === undefined ? {} : { code })
}
