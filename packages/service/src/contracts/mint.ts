import { createHash } from 'node:crypto'
import { type Clock, type IssuedToken, TokenIssuer, type TokenSigner } from '@mayfly/core'
import { asParameterProblem, badParameter } from '../http/problem.ts'
import { LedgerConflictError } from '../ledger/errors.ts'
import type { Ledger, TokenKind, TokenRecord } from '../ledger/ledger.ts'
import type { Seal } from '../seal/sealer.ts'
import type { ServiceEvent } from './events.ts'

/** What a {@link Mint} works with. */
export interface MintParts {
  readonly issuer: string
  readonly keys: TokenSigner
  readonly ledger: Pick<Ledger, 'record'>
  readonly clock: Clock
  readonly seal: Seal | undefined
  readonly observe: (event: ServiceEvent) => void
}

/** A token to be signed here. */
export interface MintOrder {
  readonly kind: Exclude<TokenKind, 'telesign'>
  /** The `typ` of its header. */
  readonly type: string
  readonly clientId: string
  /** Default: a new UUID. One that is taken is refused with a `LedgerConflictError`. */
  readonly tokenId?: string
  readonly subject?: string
  readonly audience: readonly string[]
  /** Seconds. */
  readonly lifetime: number
  readonly generation?: number
  /** Further claims, which have been checked. */
  readonly claims?: Readonly<Record<string, unknown>>
}

/** A token that was recorded. Only then may it be given away. */
export interface Minted {
  readonly value: string
  readonly tokenId: string
  readonly issuedAt: number
  readonly expiresAt: number
}

/** What the service's own verifiers, and those of the core, take at the most. */
const MAX_LENGTH = 8192
/** Seconds. Contracts have bounds of their own; console tokens live for ten years at the most. */
const MAX_LIFETIME = 10 * 366 * 86_400

/** Signs tokens and records them. */
export class Mint {
  readonly #parts: MintParts
  readonly #issuer: TokenIssuer<TokenSigner>

  constructor(parts: MintParts) {
    this.#parts = parts
    const { issuer, keys, clock } = parts
    this.#issuer = new TokenIssuer({ issuer, keys, clock, maxLifetime: MAX_LIFETIME })
  }

  /** Signs a token, records it, and gives it. */
  async issue(order: MintOrder): Promise<Minted> {
    const { audience, subject, generation, claims } = order
    const token = await this.#sign(order)
    const { value, tokenId, issuedAt, expiresAt } = token
    if (value.length > MAX_LENGTH) {
      const message = `The token would have more than ${MAX_LENGTH} characters, which verifiers refuse.`
      throw badParameter('claims', message)
    }
    const scope = claims?.['scope']
    await this.record(value, {
      tokenId,
      kind: order.kind,
      clientId: order.clientId,
      audience,
      issuedAt,
      expiresAt,
      ...(subject !== undefined && { subject }),
      ...(generation !== undefined && { generation }),
      ...(typeof scope === 'string' && { scope }),
    })
    return { value, tokenId, issuedAt, expiresAt }
  }

  async #sign(order: MintOrder): Promise<IssuedToken> {
    const { type, audience, subject, tokenId, lifetime, generation, claims } = order
    try {
      return await this.#issuer.issue({
        type,
        audience,
        expiresIn: lifetime,
        claims: { ...(generation !== undefined && { gen: generation }), ...claims },
        ...(subject !== undefined && { subject }),
        ...(tokenId !== undefined && { tokenId }),
      })
    } catch (error) {
      throw asParameterProblem(error, 'claims')
    }
  }

  /** Records a token that was made elsewhere. It rejects with a `LedgerConflictError` for an id that is taken. */
  async record(
    value: string,
    record: Omit<TokenRecord, 'tokenHash' | 'sealedToken'>,
  ): Promise<void> {
    const { ledger, seal, observe } = this.#parts
    // A console token is shown once, and to nobody again.
    const isKept = record.kind !== 'console'
    const sealedToken = isKept ? await seal?.seal(value, sealedName(record)) : undefined
    await ledger.record({
      ...record,
      tokenHash: hashToken(value),
      ...(sealedToken !== undefined && { sealedToken }),
    })
    const { kind, issuedAt, expiresAt } = record
    observe({ type: 'issue', kind, lifetime: expiresAt - issuedAt })
  }
}

/**
 * How a token that comes back is found again: SHA-256 of what was signed, as base64url. Not of the whole
 * text: whoever has an ES256 token can write a second good signature (r, n−s) beneath it.
 */
export function hashToken(value: string): string {
  return sha256(value.slice(0, Math.max(0, value.lastIndexOf('.'))))
}

/** What a token's text is sealed for: its record alone, and none of another kind. */
export function sealedName({ kind, tokenId }: Pick<TokenRecord, 'kind' | 'tokenId'>): string {
  return `${kind} ${tokenId}`
}

/** SHA-256 as base64url. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

/** Tells whether a record was refused because its id is taken. */
export function isConflict(error: unknown): boolean {
  return error instanceof LedgerConflictError
}
