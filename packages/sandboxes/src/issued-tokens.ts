import { randomBytes } from 'node:crypto'
import type { Clock } from '@mayfly/core'
import { requireNumber } from '@mayfly/core/adapter'
import { type LedgerRefusal, TokenLedger } from './token-ledger.ts'

/** Why a token that a sandbox should have issued itself is refused. */
export type TokenRefusal =
  | 'token-missing'
  | 'token-unknown'
  | 'token-expired'
  | 'token-unsettled'
  | LedgerRefusal

/** How one token is issued. */
export interface IssueTerms {
  /** Seconds that it lives. */
  readonly lifetime: number
  /** Names the tokens that end when this one is issued. Default: none end. */
  readonly displaces?: string
}

interface Issued<Facts> {
  readonly facts: Facts
  readonly issuedAtMs: number
  readonly expiresAtMs: number
  readonly group: string | undefined
}

/** The opaque tokens that a sandbox has issued, and what they stand for. */
export class IssuedTokens<Facts> {
  readonly ledger: TokenLedger = new TokenLedger()
  readonly #clock: Clock
  readonly #prefix: string
  readonly #tokens = new Map<string, Issued<Facts>>()
  readonly #newest = new Map<string, string>()
  #settleMs = 0

  constructor(clock: Clock, prefix: string) {
    this.#clock = clock
    this.#prefix = prefix
  }

  /** Milliseconds for which a new token is refused, as by a server that has not heard of it yet. */
  get settleMs(): number {
    return this.#settleMs
  }

  set settleMs(ms: number) {
    this.#settleMs = requireNumber(ms, 'settleMs', { unit: 'milliseconds' })
  }

  issue(facts: Facts, { lifetime, displaces: group }: IssueTerms): string {
    const value = `${this.#prefix}${randomBytes(27).toString('base64url')}`
    const issuedAtMs = this.#clock.now()
    const expiresAtMs = issuedAtMs + lifetime * 1000
    this.#tokens.set(value, { facts, issuedAtMs, expiresAtMs, group })
    if (group !== undefined) this.#newest.set(group, value)
    return value
  }

  /** Judges the token of a request. */
  judge(value: string | undefined): { readonly facts: Facts } | { readonly refused: TokenRefusal } {
    if (value === undefined) return { refused: 'token-missing' }
    const issued = this.#tokens.get(value)
    if (issued === undefined) return { refused: 'token-unknown' }
    const { facts, issuedAtMs, expiresAtMs, group } = issued
    const now = this.#clock.now()
    if (now >= expiresAtMs) return { refused: 'token-expired' }
    if (now < issuedAtMs + this.#settleMs) return { refused: 'token-unsettled' }
    if (group !== undefined && this.#newest.get(group) !== value) {
      return { refused: 'token-displaced' }
    }
    const refused = this.ledger.use(value)
    return refused === undefined ? { facts } : { refused }
  }
}
