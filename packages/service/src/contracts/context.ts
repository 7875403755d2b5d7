import type { Clock } from '@mayfly/core'
import type { Ledger } from '../ledger/ledger.ts'
import type { ServiceKeyring } from './keyring.ts'
import type { Mint } from './mint.ts'
import type { TokenSeal } from './seal.ts'

/** What the contracts work with. */
export interface ServiceContext {
  readonly issuer: string
  readonly ledger: Ledger
  readonly keys: ServiceKeyring
  readonly mint: Mint
  readonly clock: Clock
  /** Absent where the texts of tokens are not kept. */
  readonly seal?: TokenSeal
  /** Seconds that a token may live at the most. */
  readonly maxLifetime: number
}
