export type { KeyProof } from './inbound/claims/key-binding.ts'
export { alarm, answerDeadline, type Deadline, systemClock, timeoutSignal } from './base/clock.ts'
export { type RequestErrorOptions, type SourceErrorOptions, asError } from './base/errors.ts'
export { Guard } from './server/guard/guard.ts'
export type { TokenScheme } from './server/guard/bearer.ts'
export {
  type ChallengeError,
  type ChallengeOptions,
  type Challenger,
  denial,
} from './server/guard/challenge.ts'
export {
  type DenyEvent,
  type GuardOptions,
  type GuardVerifier,
  type Outcome,
  requireProperty,
} from './server/guard/options.ts'
export {
  isPreflight,
  type NodeRequest,
  nodeRequest,
  type RequestLike,
} from './server/guard/request.ts'
export {
  type AuthenticationOptions,
  checkScope,
  type ClaimsCheck,
  type ClaimsCheckOptions,
  type ClaimsRequirement,
  compileAuthenticationCheck,
  compileClaimsCheck,
  compileScopeCheck,
  type RequirementOptions,
  type ScopeCheck,
  type ScopeOptions,
} from './server/guard/requirements.ts'
export type { TokenPlaces } from './server/guard/token-places.ts'
export type {
  Closable,
  ClosableSession,
  ClosableSocket,
  ClosableStream,
} from './server/close-at.ts'
export { type AcceptUpgrade, UpgradeGuard, type UpgradeRequest } from './server/upgrade/upgrade.ts'
export type { UpgradeOptions } from './server/upgrade/options.ts'
export type { UpgradeSocket } from './server/upgrade/refuse.ts'
export {
  type DocumentOptions,
  type Endpoint,
  jwksEndpoint,
  type JwksSource,
} from './server/endpoints/document.ts'
export {
  type IssueEndpointOptions,
  type DecideIssue,
  issueEndpoint,
  type IssuerLike,
} from './server/endpoints/issue-token.ts'
export {
  resourceMetadataEndpoint,
  type ResourceMetadataOptions,
} from './server/endpoints/resource-metadata.ts'
export type { HttpResponse } from './http/answer.ts'
export type { EditableRequest } from './server/incoming-request.ts'
export { BearerInjector, type WatchableResponse } from './server/inject/inject.ts'
export {
  injectUpgrade,
  type InjectUpgrade,
  type InjectUpgradeOptions,
} from './server/inject/upgrade.ts'
export type { InjectOptions } from './server/inject/options.ts'
export type { SourceChoice } from './server/inject/upstream.ts'
export {
  requireDuration,
  clockOption,
  describe,
  invalid,
  type NumberBounds,
  optionalBoolean,
  optionalFunction,
  optionalNumber,
  optionalString,
  optionalStrings,
  refuseUnknownOptions,
  requireNumber,
  requireOneOf,
  requireOptions,
  requireString,
} from './base/options.ts'
export { Sealing, type SealingKey } from './keys/sealing.ts'
export {
  type SessionContext,
  sessionEndpoint,
  type SessionEndpointOptions,
  type SessionsLike,
} from './server/endpoints/session-tokens.ts'
