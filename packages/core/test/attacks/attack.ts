import type { Reason } from '@mayfly/core'
import type { AttackSetup } from './attack-setup.ts'

/** A token that must be refused, and the reason that must be given. */
export interface SignatureAttack {
  readonly name: string
  readonly reason: Reason
  readonly token: (setup: AttackSetup) => string
}
