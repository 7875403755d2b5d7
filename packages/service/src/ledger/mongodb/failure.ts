import { OptionError } from '@mayfly/core'
import { MongoBulkWriteError } from 'mongodb'
import { LedgerError, type LedgerErrorCode } from '../errors.ts'

type Meaning = readonly [codes: readonly number[], code: LedgerErrorCode, says: string]

// https://www.mongodb.com/docs/manual/reference/error-codes/
const MEANINGS: readonly Meaning[] = [
  [
    [11, 13, 18, 8000],
    'ERR_LEDGER_ACCESS',
    "doesn't let us in: check the user, the password, the database and its roles.",
  ],
  [
    [14_031],
    'ERR_LEDGER_FULL',
    'cannot grow: its disk is full. Make room; nothing that was answered is lost.',
  ],
  [
    [50, 64, 89, 91, 100, 112, 133, 189, 262, 10_058, 10_107, 11_600, 11_602, 13_435, 13_436],
    'ERR_LEDGER_UNAVAILABLE',
    'takes no work at the moment: it has no primary, stops, or has too much to do.',
  ],
]

/** Turns what the driver throws into an error that names the database and says what to do. */
export function mongoFailure(error: unknown, name: string, secret: string): Error {
  if (error instanceof LedgerError || error instanceof OptionError) return error
  const state = codeOf(error)
  const known = MEANINGS.find(([codes]) => state !== undefined && codes.includes(state))
  const [, code, says] = known ?? (state === undefined ? UNREACHABLE : REFUSED)
  return new LedgerError(code, `The ledger at ${name} ${says}`, { cause: harmless(error, secret) })
}

const REFUSED: Meaning = [
  [],
  'ERR_LEDGER_FAILED',
  'refuses a value or a command; the cause of this error tells why.',
]
const UNREACHABLE: Meaning = [
  [],
  'ERR_LEDGER_UNAVAILABLE',
  'cannot be reached, or has closed the connection. We try again with each request.',
]

/** The code for a document of this id, or with this value of a unique index, that is there already. */
export const DUPLICATE = 11_000

/** Tells whether a document of this id, or with this value of a unique index, is there already. */
export function isDuplicate(error: unknown): boolean {
  return codeOf(error) === DUPLICATE
}

/**
 * What a bulk of inserts failed with, one by one; `undefined` where that is not all, as when the connection
 * broke, or too few members of the set have the rest on their disks.
 */
export function writeErrorsOf(
  error: unknown,
): readonly { readonly index: number; readonly code: number }[] | undefined {
  if (!(error instanceof MongoBulkWriteError)) return undefined
  const failed = [error.writeErrors].flat()
  const isAll = failed.length > 0 && error.result.getWriteConcernError() === undefined
  return isAll ? failed.map(({ index, code }) => ({ index, code })) : undefined
}

function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'number' ? error.code : undefined
}

/** What the driver throws may hold documents and the address. Only its words, name and code go on. */
function harmless(error: unknown, secret: string): Error {
  const words = error instanceof Error ? error.message : 'unknown'
  // The values of a duplicate are in its message.
  const plain = words.replace(/dup key:.*/s, 'dup key')
  const message = secret === '' ? plain : plain.replaceAll(secret, '[password]')
  const code = codeOf(error)
  return Object.assign(new Error(message), code === undefined ? {} : { code })
}
