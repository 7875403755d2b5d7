export {
  LedgerConflictError,
  LedgerError,
  type LedgerErrorCode,
} from './ledger/errors.ts'
export { openApiDocument, type OpenApiDocument, type OpenApiOptions } from './http/openapi.ts'
export type { OperationObject, PathItem, Paths } from './http/openapi/types.ts'
export { type Scope, SCOPES } from './http/scopes.ts'
export type {
  FoundToken,
  Ledger,
  StoredKey,
  TokenPage,
  TokenQuery,
  TokenRecord,
} from './ledger/ledger.ts'
export { openLedger, type OpenLedgerOptions } from './ledger/open.ts'
