import { type Cursor, readCursor, writeCursor } from '../cursor.ts'
import { LedgerError } from '../errors.ts'
import type { FoundToken, StoredKey, TokenPage, TokenQuery, TokenRecord } from '../ledger.ts'
import { recordName } from '../record-batch.ts'

/** A record as it is kept, under the names that Telesign's tutorial has where it has some. */
export interface TokenDocument {
  /** Kind and id: unique by itself. */
  readonly _id: string
  readonly token_id: string
  readonly token_hash: string
  readonly kind: TokenRecord['kind']
  readonly client_id?: string
  readonly subject?: string
  readonly audience: readonly string[]
  readonly xid?: string
  readonly phone_number?: string
  readonly scope?: string
  readonly generation?: number
  readonly issued_at: number
  readonly expires_at: number
  readonly revoked_at?: number
  /** The token's text, encrypted. */
  readonly token?: string
  /** The number of the record among all. */
  readonly sequence: number
  /** The same as `expires_at`, for an index that lets records go. */
  readonly ends: Date
}

/** All the keys as they were from one change to the next. */
export interface KeysDocument {
  /** Counts the changes. */
  readonly _id: number
  readonly keys: readonly StoredKey[]
}

/** Writes a record. */
export function toDocument(token: TokenRecord, sequence: number): TokenDocument {
  return {
    _id: recordName(token),
    token_id: token.tokenId,
    token_hash: token.tokenHash,
    kind: token.kind,
    ...(token.clientId !== undefined && { client_id: token.clientId }),
    ...(token.subject !== undefined && { subject: token.subject }),
    audience: token.audience,
    ...(token.xid !== undefined && { xid: token.xid }),
    ...(token.phone !== undefined && { phone_number: token.phone }),
    ...(token.scope !== undefined && { scope: token.scope }),
    ...(token.generation !== undefined && { generation: token.generation }),
    issued_at: token.issuedAt,
    expires_at: token.expiresAt,
    ...(token.sealedToken !== undefined && { token: token.sealedToken }),
    sequence,
    // oxlint-disable-next-line no-restricted-globals -- it reads no clock: the database's dates are these
    ends: new Date(token.expiresAt * 1000),
  }
}

/** Reads a record. */
export function fromDocument(document: TokenDocument): FoundToken {
  return {
    tokenId: document.token_id,
    tokenHash: document.token_hash,
    kind: document.kind,
    audience: document.audience,
    issuedAt: document.issued_at,
    expiresAt: document.expires_at,
    ...(document.client_id !== undefined && { clientId: document.client_id }),
    ...(document.subject !== undefined && { subject: document.subject }),
    ...(document.xid !== undefined && { xid: document.xid }),
    ...(document.phone_number !== undefined && { phone: document.phone_number }),
    ...(document.scope !== undefined && { scope: document.scope }),
    ...(document.generation !== undefined && { generation: document.generation }),
    ...(document.token !== undefined && { sealedToken: document.token }),
    ...(document.revoked_at !== undefined && { revokedAt: document.revoked_at }),
  }
}

/** MongoDB keeps whatever it is given: what the other ledgers refuse is refused here. */
export function requireKeepable(token: TokenRecord, name: string): void {
  const numbers = [token.issuedAt, token.expiresAt, token.generation ?? 0]
  if (numbers.every((one) => Number.isSafeInteger(one))) return
  throw new LedgerError('ERR_LEDGER_FAILED', `The ledger at ${name} takes whole seconds alone.`)
}

/** Writes the filter for one page. */
export function pageFilter(query: TokenQuery): Record<string, unknown> {
  const { xid, phone, clientId, kind, audience, after } = query
  const cursor: Cursor | undefined = after === undefined ? undefined : readCursor(after)
  return {
    ...(xid !== undefined && { xid }),
    ...(phone !== undefined && { phone_number: phone }),
    ...(clientId !== undefined && { client_id: clientId }),
    ...(kind !== undefined && { kind }),
    ...(audience !== undefined && { audience }),
    ...(cursor !== undefined && {
      $or: [
        { issued_at: { $lt: cursor.issuedAt } },
        { issued_at: cursor.issuedAt, sequence: { $lt: cursor.sequence } },
      ],
    }),
  }
}

/** Makes a page of what was found: there may be one more than fits. */
export function toPage(found: readonly TokenDocument[], limit: number): TokenPage {
  const page = found.slice(0, limit)
  const last = page.at(-1)
  const tokens = page.map(fromDocument)
  if (found.length <= limit || last === undefined) return { tokens }
  return { tokens, next: writeCursor({ issuedAt: last.issued_at, sequence: last.sequence }) }
}

/** Sorts keys, the newest first. */
export function newestFirst(keys: readonly StoredKey[]): readonly StoredKey[] {
  return keys.toSorted(
    (a, b) =>
      b.activeFrom - a.activeFrom ||
      b.createdAt - a.createdAt ||
      (a.keyId < b.keyId ? 1 : Number(a.keyId > b.keyId) * -1),
  )
}
