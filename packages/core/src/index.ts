export { ALGORITHMS, type Algorithm, isAlgorithm } from './keys/algorithms.ts'
export type { VerifiedTokensOptions } from './inbound/verifier/verified-tokens.ts'
export type { JwtPayload } from './inbound/claims/payload.ts'
export type { ClaimsOptions, TokenProfile, SignedToken } from './inbound/claims/policy.ts'
export { type Clock, systemClock } from './base/clock.ts'
export { DpopNonces, type DpopNoncesOptions } from './inbound/dpop/nonces.ts'
export type { DpopOptions } from './inbound/dpop/options.ts'
export {
  type DpopProofRequest,
  DpopProver,
  type DpopProverOptions,
} from './outbound/dpop/prover.ts'
export {
  type IntrospectionOptions,
  TokenIntrospection,
} from './inbound/introspection/introspection.ts'
export {
  certificateThumbprint,
  MutualTls,
  type MutualTlsOptions,
  type MutualTlsRequest,
  type RequestPeer,
} from './inbound/mutual-tls/mutual-tls.ts'
export { type DpopProof, type DpopRequest, DpopVerifier } from './inbound/dpop/verifier.ts'
export {
  type ErrorCode,
  type KeyErrorCode,
  type OptionErrorCode,
  type RequestErrorCode,
  type SourceErrorCode,
  type Problem,
  type Reason,
  ForeignOriginError,
  isMayflyError,
  KeyError,
  MayflyError,
  OptionError,
  RequestError,
  SourceError,
} from './base/errors.ts'
export { authenticate, Guard } from './server/guard/guard.ts'
export { denial } from './server/guard/challenge.ts'
export type { GuardOptions, Outcome } from './server/guard/options.ts'
export {
  type IncomingRequest,
  type NodeRequest,
  nodeRequest,
  type RequestLike,
  type WebRequest,
  webRequest,
} from './server/guard/request.ts'
export { TokenIssuer } from './inbound/issuer/issuer.ts'
export type { IssuedToken } from './inbound/issuer/issued-token.ts'
export type {
  IssueOptions,
  IssuerEvent,
  IssuerOptions,
  TokenSigner,
} from './inbound/issuer/options.ts'
export type { ProtectedHeader } from './jws/parse.ts'
export { type HeaderFields, signCompact } from './jws/sign.ts'
export {
  type VerificationKeys,
  type VerifiedJws,
  verifyCompact,
  type VerifyCompactOptions,
} from './jws/verify.ts'
export { KeyRing, type KeyRingOptions } from './inbound/issuer/key-ring.ts'
export type { VerifierKeys } from './inbound/verifier/key-set.ts'
export { ecdsaFromDer } from './keys/der.ts'
export {
  exportKey,
  type ExternalSigner,
  generateKey,
  type GenerateKeyOptions,
  importKey,
  type ImportKeyOptions,
  type KeyMaterial,
  type KeyObjectLike,
  type KeyPairMaterial,
  type SecretMaterial,
} from './keys/load.ts'
export type { Jwk, JwkSet, PublicJwk } from './keys/jwk.ts'
export type { Key, SigningKey } from './keys/key.ts'
export {
  type KeyLookup,
  type PemsById,
  type VerificationKey,
  staticKeys,
  type StaticKeys,
} from './keys/static-keys.ts'
export { RemoteKeys } from './inbound/remote-keys/remote-keys.ts'
export type { KeysSnapshot } from './inbound/remote-keys/held-set.ts'
export type {
  DiscoveryOptions,
  JwksUriOptions,
  RemoteKeysOptions,
  RemoteKeysSettings,
  RefreshTrigger,
  RemoteKeysEvent,
  RemoteKeysHealth,
} from './inbound/remote-keys/options.ts'
export {
  checkOrigin,
  type OriginAllowed,
  type OriginContext,
  type OriginDenied,
  type OriginReason,
} from './origin/check.ts'
export { type CorsOriginCheck, corsOriginCheck, type CorsOriginOptions } from './origin/cors.ts'
export { type OriginHeader, type OriginValue, parseOriginHeader } from './origin/header.ts'
export { type CompiledOrigins, compileOriginPatterns } from './origin/matcher.ts'
export { parseOriginPattern } from './origin/grammar.ts'
export type {
  AnyOriginPattern,
  CustomOriginPattern,
  NullOriginPattern,
  OriginPattern,
  WebOriginPattern,
} from './origin/pattern.ts'
export type { OriginOptions, OriginPatternOptions } from './origin/settings.ts'
export { type BearerFetchOptions, bearerFetch } from './outbound/fetch/bearer-fetch.ts'
export type { BearerEvent, ProofRefusal, RefusalOutcome } from './outbound/fetch/options.ts'
export type { ReuseOptions } from './outbound/manager/reuse-policy.ts'
export { TokenManager } from './outbound/manager/manager.ts'
export type {
  ManagerEvent,
  MintOrigin,
  MintReason,
  StoreOperation,
  TokenManagerOptions,
  TokenManagerStats,
  WaitOutcome,
} from './outbound/manager/options.ts'
export { MultiIssuerVerifier } from './inbound/multi-issuer/multi-issuer.ts'
export type {
  FindIssuer,
  MultiIssuerOptions,
  TrustedIssuer,
} from './inbound/multi-issuer/options.ts'
export type { Observe } from './base/observe.ts'
export { TokenPool, type TokenPoolOptions } from './outbound/manager/pool.ts'
export {
  type ClockOrigin,
  type ClockSample,
  LearnedClock,
  LearnedClocks,
} from './outbound/learned-clock.ts'
export {
  type AccessToken,
  type AccessTokenFields,
  type Credential,
  createAccessToken,
  type GetTokenOptions,
  type RefusalResponse,
  type ReuseHints,
  type StoredToken,
  type TokenLock,
  type TokenLockOptions,
  type TokenSource,
  type TokenStore,
  wrapSource,
} from './outbound/token.ts'
export { decodeToken, type UnverifiedToken } from './inbound/verifier/decode-token.ts'
export { TokenVerifier } from './inbound/verifier/verifier.ts'
export type { VerifierEvent, VerifierHealth, VerifierOptions } from './inbound/verifier/options.ts'
export {
  type OriginBinding,
  originBinding,
  type OriginBindingOptions,
  type OriginCheck,
  type VerifyContext,
} from './inbound/verifier/origin-binding.ts'
export type {
  PayloadSchema,
  PayloadSchemaIssue,
  PayloadSchemaResult,
} from './inbound/verifier/schema.ts'
export type { VerifiedToken } from './inbound/verifier/verified-token.ts'
export {
  type AuthorizedHandler,
  type BearerHandlerOptions,
  type FetchHandler,
  webResponse,
  withBearerAuth,
} from './server/fetch-handler.ts'
export { closeAt, type CloseAtOptions } from './server/close-at.ts'
export {
  type ResourceMetadataOptions,
  resourceMetadataUrl,
} from './server/endpoints/resource-metadata.ts'
export { BearerInjector } from './server/inject/inject.ts'
export {
  type MemoryStoreOptions,
  MemoryOneTimeGuard,
  type OneTimeGuard,
  MemoryRevocations,
  type Revocations,
} from './inbound/state/expiring-ids.ts'
export {
  type Generations,
  MemoryGenerations,
  type MemoryGenerationsOptions,
} from './inbound/state/generations.ts'
export type { StateOptions } from './inbound/verifier/state.ts'
export {
  type DiagnoseContext,
  type Diagnosis,
  diagnose,
  type RefusingResponse,
} from './outbound/diagnose/diagnose.ts'
export type { RefusalCause } from './outbound/diagnose/advice.ts'
