import type { TokenKind } from '../ledger/ledger.ts'

/**
 * What can fail. `ledger` and `limits` are what a request needed and did not get, `request` is anything
 * else that kept one from its answer. `redis` is the connection, `ready` a check of `/readyz`, `keys` the
 * reading and rotating of signing keys, `purge` the forgetting of old records, and `certificate` files of
 * TLS that have changed and cannot be used.
 */
export type FailedPart =
  | 'ledger'
  | 'limits'
  | 'redis'
  | 'ready'
  | 'keys'
  | 'purge'
  | 'certificate'
  | 'request'

/** What the service reports. */
export type ServiceEvent =
  /** A token was recorded, and its answer is on its way. */
  | { readonly type: 'issue'; readonly kind: TokenKind; readonly lifetime: number }
  /** A request was refused. `code` is that of the answer. */
  | { readonly type: 'refuse'; readonly status: number; readonly code: string }
  /** Something did not work that is not the request's fault. */
  | {
      readonly type: 'failure'
      readonly what: FailedPart
      readonly error: unknown
    }
