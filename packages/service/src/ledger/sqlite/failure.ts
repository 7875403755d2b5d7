import { LedgerError, type LedgerErrorCode } from '../errors.ts'

interface Meaning {
  readonly code: LedgerErrorCode
  /** Follows the file's name. */
  readonly says: string
}

// The primary result codes of SQLite: https://sqlite.org/rescode.html
const MEANINGS: ReadonlyMap<number, Meaning> = new Map([
  [
    3,
    {
      code: 'ERR_LEDGER_UNAVAILABLE',
      says: 'may not be accessed. Check who owns the file, its folder, and the files "-wal" and "-shm" beside it.',
    },
  ],
  [
    5,
    {
      code: 'ERR_LEDGER_UNAVAILABLE',
      says: 'is locked by another process. If this stays, look for a program that has it open, such as a backup or a shell.',
    },
  ],
  [
    8,
    {
      code: 'ERR_LEDGER_READ_ONLY',
      says: 'cannot be written: the file, its folder or the file system is read-only. Let the user of this process write to it.',
    },
  ],
  [
    10,
    {
      code: 'ERR_LEDGER_FAILED',
      says: 'cannot be read or written: the disk reports an error. Check the disk and the mount.',
    },
  ],
  [
    11,
    {
      code: 'ERR_LEDGER_CORRUPT',
      says: 'is damaged. Stop the service, and restore the file and those beside it from a backup.',
    },
  ],
  [
    13,
    {
      code: 'ERR_LEDGER_FULL',
      says: 'cannot grow: the disk is full. Make room; nothing that was answered is lost.',
    },
  ],
  [
    14,
    {
      code: 'ERR_LEDGER_UNAVAILABLE',
      says: 'cannot be opened. Check that its folder exists, and that the user of this process may read and write there.',
    },
  ],
  [
    26,
    {
      code: 'ERR_LEDGER_CORRUPT',
      says: 'is no SQLite database. Give the path of another file, or move this one away.',
    },
  ],
])

/** Turns what `node:sqlite` throws into an error that names the file and says what to do. */
export function sqliteFailure(error: unknown, file: string): LedgerError {
  if (error instanceof LedgerError) return error
  const { code, says } = MEANINGS.get(primaryCode(error) ?? -1) ?? {
    code: 'ERR_LEDGER_FAILED',
    says: 'refuses a value or a statement; the cause of this error tells how.',
  }
  return new LedgerError(code, `The ledger "${file}" ${says}`, { cause: error })
}

/** Tells whether another connection holds the lock that was asked for. */
export function isBusy(error: unknown): boolean {
  return primaryCode(error) === 5
}

/** Tells whether it is a value that cannot be kept: too big, or of another type. Or `node:sqlite` refused it. */
export function isRefusedValue(error: unknown): boolean {
  return [undefined, 18, 19, 20].includes(primaryCode(error))
}

/** The low byte is the primary result code; the rest says more of it. */
function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined
}
