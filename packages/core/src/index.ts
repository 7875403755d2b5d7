export { ALGORITHMS, type Algorithm, isAlgorithm } from './algorithms.ts'
export type { VerifiedTokensOptions } from './cache/verified-tokens.ts'
export type { KeyProof } from './claims/key-binding.ts'
export type { JwtPayload } from './claims/payload.ts'
export type { ClaimsOptions } from './claims/policy.ts'
export type { TokenProfile } from './claims/profile.ts'
export type { Clock } from './clock.ts'
export { alarm, systemClock, timeoutSignal } from './clock.ts'
export { DpopNonces, type DpopNoncesOptions } from './dpop/nonces.ts'
export type { DpopOptions } from './dpop/options.ts'
export { type DpopProofRequest, DpopProver, type DpopProverOptions } from './dpop/prover.ts'
export type { DpopSigner } from './dpop/prover-key.ts'
export { type DpopProof, type DpopRequest, DpopVerifier } from './dpop/verifier.ts'
export type {
  ErrorCode,
  KeyErrorCode,
  OptionErrorCode,
  RequestErrorCode,
  SourceErrorCode,
} from './error-codes.ts'
export type { Problem, Reason, RequestErrorOptions, SourceErrorOptions } from './errors.ts'
export {
  asError,
  ForeignOriginError,
  isMayflyError,
  KeyError,
  MayflyError,
  OptionError,
  RequestError,
  SourceError,
} from './errors.ts'
export { authenticate, Guard } from './guard.ts'
export type { TokenScheme } from './guard/bearer.ts'
export type { ChallengeError, ChallengeOptions, Challenger } from './guard/challenge.ts'
export { denial } from './guard/denial.ts'
export type { DenyEvent, GuardOptions, GuardVerifier, Outcome } from './guard/options.ts'
export { type NodeRequest, nodeRequest } from './guard/node-request.ts'
export { isPreflight, type RequestLike } from './guard/request.ts'
export {
  checkScope,
  compileScopeCheck,
  type ScopeCheck,
  type ScopeOptions,
} from './guard/scope.ts'
export type { TokenPlaces } from './guard/token-places.ts'
export { TokenIssuer } from './issuer.ts'
export type { IssuedToken } from './issuer/issued-token.ts'
export type { IssueOptions, IssuerEvent, IssuerOptions } from './issuer/options.ts'
export type { ProtectedHeader } from './jws/parse.ts'
export { type HeaderFields, signCompact } from './jws/sign.ts'
export {
  type VerificationKeys,
  type VerifiedJws,
  verifyCompact,
  type VerifyCompactOptions,
} from './jws/verify.ts'
export { KeyRing, type KeyRingOptions } from './key-ring.ts'
export type { VerifierKeys } from './key-set.ts'
export { ecdsaFromDer } from './keys/ecdsa.ts'
export { generateKey, type GenerateKeyOptions } from './keys/generate.ts'
export { importKey } from './keys/import.ts'
export type { Jwk, JwkSet, PublicJwk } from './keys/jwk.ts'
export type { Key } from './keys/key.ts'
export type { KeyLookup } from './keys/lookup.ts'
export type {
  ImportKeyOptions,
  KeyMaterial,
  KeyObjectLike,
  KeyPairMaterial,
  SecretMaterial,
} from './keys/material.ts'
export type { SigningKey } from './keys/signing-key.ts'
export { type NamedKey, staticKeys, type StaticKeys } from './keys/static-keys.ts'
export { RemoteKeys } from './remote-keys.ts'
export type {
  DiscoveryOptions,
  JwksUriOptions,
  RemoteKeysOptions,
  RemoteKeysSettings,
} from './remote-keys/options.ts'
export type { RefreshTrigger, RemoteKeysEvent, RemoteKeysHealth } from './remote-keys/report.ts'
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
export { parseOriginPattern } from './origin/parse.ts'
export type {
  AnyOriginPattern,
  CustomOriginPattern,
  NullOriginPattern,
  OriginPattern,
  WebOriginPattern,
} from './origin/pattern.ts'
export type { OriginOptions, OriginPatternOptions } from './origin/settings.ts'
export { type BearerFetchOptions, bearerFetch } from './bearer-fetch.ts'
export type { BearerEvent, ProofRefusal, RefusalOutcome } from './bearer-session/options.ts'
export type { ReuseOptions } from './cache/reuse-policy.ts'
export { TokenManager } from './manager.ts'
export type {
  ManagerEvent,
  MintOrigin,
  MintReason,
  StoreOperation,
  TokenManagerOptions,
  TokenManagerStats,
  WaitOutcome,
} from './manager-options.ts'
export { MultiIssuerVerifier } from './multi-issuer.ts'
export type { MultiIssuerOptions, TrustedIssuer } from './multi-issuer/options.ts'
export type { Observe } from './observe.ts'
export { TokenPool, type TokenPoolOptions } from './pool.ts'
export { type ClockSample, LearnedClock, LearnedClocks } from './skew.ts'
export {
  type AccessToken,
  type AccessTokenFields,
  createAccessToken,
  type GetTokenOptions,
  type RefusalAnswer,
  type ReuseHints,
  type StoredToken,
  type TokenLock,
  type TokenLockOptions,
  type TokenSource,
  type TokenStore,
} from './token.ts'
export { TokenVerifier } from './verifier.ts'
export type { VerifierEvent, VerifierHealth, VerifierOptions } from './verifier/options.ts'
export type { OriginBinding, VerifyContext } from './verifier/origin-binding.ts'
export type { PayloadSchema, PayloadSchemaIssue, PayloadSchemaResult } from './verifier/schema.ts'
export type { VerifiedToken } from './verifier/verified-token.ts'
export {
  type ClosableSocket,
  type ClosableStream,
  closeAt,
  type CloseAtOptions,
} from './close-at.ts'
export { type AcceptUpgrade, UpgradeGuard, type UpgradeRequest } from './upgrade.ts'
export type { UpgradeOptions } from './upgrade/options.ts'
export type { UpgradeSocket } from './upgrade/refuse.ts'
export type { DocumentOptions } from './endpoints/document.ts'
export type { Endpoint } from './endpoints/endpoint.ts'
export type { IssueEndpointOptions } from './endpoints/issue-proof.ts'
export { type DecideIssue, issueEndpoint, type IssuerLike } from './endpoints/issue-token.ts'
export { jwksEndpoint, type JwksSource } from './endpoints/jwks.ts'
export {
  resourceMetadataEndpoint,
  type ResourceMetadataOptions,
  resourceMetadataUrl,
} from './endpoints/resource-metadata.ts'
export type { HttpAnswer } from './http/answer.ts'
export type { EditableRequest } from './http/incoming-request.ts'
export { BearerInjector, type WatchableAnswer } from './inject.ts'
export type { InjectOptions } from './inject/options.ts'
export type { SourceChoice } from './inject/upstream.ts'
export type { MemoryStoreOptions } from './state/expiring-ids.ts'
export {
  type Generations,
  MemoryGenerations,
  type MemoryGenerationsOptions,
} from './state/generations.ts'
export { MemoryOneTimeGuard, type OneTimeGuard } from './state/one-time.ts'
export { MemoryRevocations, type Revocations } from './state/revocations.ts'
export type { StateOptions } from './verifier/state.ts'
export {
  type DiagnoseContext,
  type Diagnosis,
  diagnose,
  type RefusingAnswer,
} from './diagnose.ts'
export type { RefusalCause } from './diagnose/advice.ts'
