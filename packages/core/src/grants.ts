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
