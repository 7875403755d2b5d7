import type { TokenRecord } from '../ledger/ledger.ts'

/** What the service reports. */
export type ServiceEvent =
  /** A token was recorded, and its answer is on its way. */
  | { readonly type: 'issue'; readonly kind: TokenRecord['kind']; readonly lifetime: number }
  /** A request was refused. `code` is that of the answer. */
  | { readonly type: 'refuse'; readonly status: number; readonly code: string }
  /** Something did not work that is not the request's fault. */
  | {
      readonly type: 'failure'
      readonly what: 'request' | 'redis' | 'ready' | 'purge'
      readonly error: unknown
    }
