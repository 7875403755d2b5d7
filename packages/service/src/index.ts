export type { Allowed, ClientBounds } from './contracts/client-bounds.ts'
export type { ConsoleTokenOptions } from './contracts/console-tokens.ts'
export type { FailedPart, ServiceEvent } from './contracts/events.ts'
export type { RotatedKey } from './contracts/keyring.ts'
export type { MetricsAccess } from './contracts/metrics.ts'
export type { TelesignContract } from './contracts/telesign.ts'
export {
  createTokenService,
  type ServiceListenOptions,
  type TokenService,
} from './create-token-service.ts'
export type { ProblemCode } from './http/problem.ts'
export type { RateLimit, RateLimitOptions } from './http/rate-limits/options.ts'
export type { TokenServiceOptions } from './service/options.ts'
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
  GenerationSpace,
  Ledger,
  StoredKey,
  TokenKind,
  TokenPage,
  TokenQuery,
  TokenRecord,
} from './ledger/ledger.ts'
export { openLedger, type OpenLedgerOptions } from './ledger/open.ts'
export { ledgerState, type LedgerState, type LedgerStateOptions } from './ledger/state.ts'
export { SealError, type SealErrorCode } from './seal/errors.ts'
export { generateSealKey } from './seal/seal-key.ts'
export type { ServiceLogger } from './ops/log.ts'
export type { AnsweredRequest, ServiceMetrics } from './ops/metrics.ts'
export type { RunningServer } from './server/listen.ts'
export type { TlsOptions } from './server/tls.ts'
