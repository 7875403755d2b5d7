export {
  LedgerConflictError,
  LedgerError,
  type LedgerErrorCode,
} from './ledger/errors.ts'
export type {
  FoundToken,
  Ledger,
  StoredKey,
  TokenPage,
  TokenQuery,
  TokenRecord,
} from './ledger/ledger.ts'
export { openLedger, type OpenLedgerOptions } from './ledger/open.ts'
