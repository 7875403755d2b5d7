import { createHash } from 'node:crypto'
import type { Clock } from '@mayfly/core'
import { LedgerConflictError } from '../ledger/errors.ts'
import type { ServiceKeyring } from './keyring.ts'
import type { Ledger, TokenKind, TokenRecord } from '../ledger/ledger.ts'
import type { Seal } from '../seal/sealer.ts'
import type { ServiceEvent } from './events.ts'
import { seconds } from './seconds.ts'

/** What a {@link Mint} works with. */
export interface MintParts {
  readonly issuer: string
  readonly keys: Pick<ServiceKeyring, 'sign'>
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

/** Signs tokens and records them. */
export class Mint {
  readonly #parts: MintParts

  constructor(parts: MintParts) {
    this.#parts = parts
  }

  /** Signs a token, records it, and gives it. */
  async issue(order: MintOrder): Promise<Minted> {
    const { issuer, keys, clock } = this.#parts
    const { audience, subject, generation, claims } = order
    const tokenId = order.tokenId ?? crypto.randomUUID()
    const issuedAt = seconds(clock)
    const expiresAt = issuedAt + order.lifetime
    const payload = {
      iss: issuer,
      ...(subject !== undefined && { sub: subject }),
      aud: audience.length === 1 ? audience[0] : audience,
      exp: expiresAt,
      iat: issuedAt,
      jti: tokenId,
      ...(generation !== undefined && { gen: generation }),
      ...claims,
    }
    const bytes = new TextEncoder().encode(JSON.stringify(payload))
    const value = await keys.sign(bytes, { typ: order.type }, expiresAt)
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
