import type { Clock } from '../../base/clock.ts'
import type { GrantStore } from '../../base/grant-store.ts'
import type { Observe } from '../../base/observe.ts'
import type { Sealing, SealingKey } from '../../keys/sealing.ts'
import type { IssuedToken } from '../issuer/issued-token.ts'
import type { TokenIssuer } from '../issuer/issuer.ts'
import type { IssueOptions } from '../issuer/options.ts'
import type { Generations } from '../state/generations.ts'
import type { Revocations } from '../state/expiring-ids.ts'

/** Why a family of refresh tokens has ended. */
export type SessionEndCause =
  /** `end` was called for it, or for its subject. */
  | 'ended'
  /** A refresh token came that had been used before: it, or its successor, was stolen. */
  | 'reused'

/** What {@link SessionTokens} tells its observer. No event holds a token. */
export type SessionEvent =
  | { readonly type: 'session-started'; readonly family: string; readonly subject: string }
  | {
      readonly type: 'session-refreshed'
      readonly family: string
      readonly subject: string
      readonly generation: number
    }
  /** The last answer was given once more: two tabs, or an answer that was lost. */
  | { readonly type: 'session-repeated'; readonly family: string; readonly subject: string }
  | {
      readonly type: 'session-ended'
      readonly family: string
      readonly subject: string
      readonly cause: SessionEndCause
      /** Where the token came from that ended it, where that is known. */
      readonly from?: string
      /** Where the family was last used from before that. */
      readonly lastFrom?: string
    }

/** Options of {@link SessionTokens}. Lifetimes are in seconds. */
export interface SessionTokensOptions {
  /** Makes the access tokens. A `TokenIssuer` is one. */
  readonly issuer: Pick<TokenIssuer, 'issue'>
  /** Where families are kept. */
  readonly store: GrantStore
  /**
   * The keys that records are encrypted with at rest; the first one seals. `null` keeps them in plain
   * text, for a store in memory.
   */
  readonly sealing: Sealing | readonly SealingKey[] | null
  /** Default 300. */
  readonly accessLifetime?: number
  /** From the last use of a family to its end. Default 1 209 600, two weeks. */
  readonly idleLifetime?: number
  /** From the start of a family to its end, however often it is used. Default 7 776 000, 90 days. */
  readonly absoluteLifetime?: number
  /**
   * How long a used refresh token gives the same answer again, while the new one is unused: two tabs, or
   * an answer that was lost. Default 10; 0 never does.
   */
  readonly reuseLeeway?: number
  /** Ends the access tokens of a family that ends. */
  readonly revocations?: Pick<Revocations, 'revoke'>
  /** Ends the older access tokens of a subject that is ended or replaced. The issuer needs it too. */
  readonly generations?: Pick<Generations, 'bump'>
  /** How long the store may take, in milliseconds. Default 5000. */
  readonly storeTimeoutMs?: number
  readonly clock?: Clock
  readonly observe?: Observe<SessionEvent>
}

/** What {@link SessionTokensOptions} may name. */
export const SESSION_OPTIONS: readonly (keyof SessionTokensOptions)[] = [
  'issuer',
  'store',
  'sealing',
  'accessLifetime',
  'idleLifetime',
  'absoluteLifetime',
  'reuseLeeway',
  'revocations',
  'generations',
  'storeTimeoutMs',
  'clock',
  'observe',
]

/** What the access tokens of a family say. */
export type SessionStart = Pick<IssueOptions, 'audience' | 'origins' | 'claims' | 'type'> & {
  readonly subject: string
  /** Where it starts from: an address, say. */
  readonly from?: string
}

/** An access token, and the refresh token that gets the next pair. */
export interface SessionPair {
  readonly access: IssuedToken
  /** Its `tokenId` names the family; its `expiresAt` is when it ends unused. */
  readonly refresh: IssuedToken
}

/** What changes about a subject. */
export interface SessionChange {
  /** The subject's new name. */
  readonly subject?: string
  /** Claims in the place of those that `start` was given. */
  readonly claims?: Readonly<Record<string, unknown>>
}

/** What is to end. */
export type SessionEnd =
  | { readonly token: string }
  | { readonly family: string }
  | { readonly subject: string }
