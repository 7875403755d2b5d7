export type { GrantErrorCode, SealingErrorCode } from './base/errors.ts'
export { type GrantEndCause, GrantError, SealingError } from './base/grant-errors.ts'
export {
  type GrantPage,
  type GrantStore,
  MemoryGrantStore,
  type StoredGrant,
} from './base/grant-store.ts'
export { generateSealingKey, Sealing, type SealingKey } from './keys/sealing.ts'
export { GrantManager, type GrantResponse, type ResealResult } from './outbound/grants/manager.ts'
export type {
  GrantEvent,
  GrantManagerOptions,
  SaveGrantOptions,
} from './outbound/grants/options.ts'
export type {
  GrantClient,
  GrantFacts,
  GrantRecord,
  GrantSummary,
} from './outbound/grants/record.ts'
export type { GrantServerOptions } from './outbound/grants/server.ts'
export type {
  SessionChange,
  SessionEnd,
  SessionEndCause,
  SessionEvent,
  SessionPair,
  SessionStart,
  SessionTokensOptions,
} from './inbound/sessions/options.ts'
export { SessionTokens } from './inbound/sessions/sessions.ts'
export { sessionCookie, type SessionCookieOptions } from './server/endpoints/session-tokens.ts'
export {
  githubUser,
  google,
  type GrantPreset,
  type GrantPresetOptions,
  hubspot,
  intuit,
  microsoft,
  salesforce,
  shopify,
  shopifyShop,
  slack,
  xero,
} from './outbound/grants/presets.ts'
