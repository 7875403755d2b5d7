/** Every `code` of a {@link LedgerError}. Match on these, never on messages. */
export type LedgerErrorCode =
  /** A record of this id, or of this very token, is there already. */
  | 'ERR_LEDGER_CONFLICT'
  /** The database cannot be opened or reached, or it does not answer in time. Another try may help. */
  | 'ERR_LEDGER_UNAVAILABLE'
  /** The database refuses the user, the password or the certificate. */
  | 'ERR_LEDGER_ACCESS'
  /** The database may be read, but not written. */
  | 'ERR_LEDGER_READ_ONLY'
  /** The disk is full. */
  | 'ERR_LEDGER_FULL'
  /** The file is damaged, or no database at all. */
  | 'ERR_LEDGER_CORRUPT'
  /** The database was made by a newer version of the service, or holds something else. */
  | 'ERR_LEDGER_SCHEMA'
  /** The ledger has been closed. */
  | 'ERR_LEDGER_CLOSED'
  /** The database failed in a way that is none of these; the cause tells. */
  | 'ERR_LEDGER_FAILED'

/**
 * Reports that the ledger cannot do what it was asked. It has not been done; where a connection broke in
 * the middle (`ERR_LEDGER_UNAVAILABLE`), it may have been.
 */
export class LedgerError extends Error {
  override readonly name: string = 'LedgerError'
  readonly code: LedgerErrorCode

  constructor(code: LedgerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Reports that a token's id, or the token itself, is in the ledger already. */
export class LedgerConflictError extends LedgerError {
  override readonly name: string = 'LedgerConflictError'
  declare readonly code: 'ERR_LEDGER_CONFLICT'

  constructor() {
    super('ERR_LEDGER_CONFLICT', 'A token with this id has been recorded already: take another id.')
  }
}

/** Makes the error for a ledger that is used after `close`. */
export function closedError(): LedgerError {
  return new LedgerError('ERR_LEDGER_CLOSED', 'The ledger has been closed.')
}
