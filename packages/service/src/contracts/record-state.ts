import type { Clock } from '@mayfly/core'
import type { FoundToken } from '../ledger/ledger.ts'
import { seconds } from './seconds.ts'

/** Where a token stands. */
export type TokenState = 'active' | 'expired' | 'revoked' | 'superseded'

/** What a token's state depends on beside its record. */
export interface StandingContext {
  /** The generation that its client's console tokens must have. */
  readonly generation: number
  readonly clock: Clock
}

/** Tells where a token stands. */
export function stateOf(record: FoundToken, { generation, clock }: StandingContext): TokenState {
  if (record.revokedAt !== undefined) return 'revoked'
  if (record.kind === 'console' && (record.generation ?? 0) < generation) return 'superseded'
  return seconds(clock) >= record.expiresAt ? 'expired' : 'active'
}

/** Tells whether a token can still be used. */
export function isActive(record: FoundToken, context: StandingContext): boolean {
  return stateOf(record, context) === 'active'
}
