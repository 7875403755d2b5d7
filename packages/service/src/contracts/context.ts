import type { Clock } from '@mayfly/core'
import type { ServiceKeyring } from './keyring.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Seal } from '../seal/sealer.ts'
import type { BoundClients } from './client-bounds.ts'
import type { Mint } from './mint.ts'

/** What the contracts work with. */
export interface ServiceContext {
  readonly issuer: string
  readonly ledger: Ledger
  readonly keys: ServiceKeyring
  readonly mint: Mint
  readonly clients: BoundClients
  readonly clock: Clock
  /** `undefined` where the texts of tokens are not kept. */
  readonly seal: Seal | undefined
  /** Seconds that a token may live at the most. */
  readonly maxLifetime: number
}
