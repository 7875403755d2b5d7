import { type Cursor, writeCursor } from './cursor.ts'
import type { FoundToken, StoredKey, TokenPage, TokenRecord } from './ledger.ts'

/** A row as a database's client gives it. */
export type Row = Readonly<Record<string, unknown>>

/** What a column of text gives. */
type Text = string | null

/** Makes a page of rows that were asked for with `listQuery`: there may be one more than fits. */
export function toPage(rows: readonly Row[], limit: number): TokenPage {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const tokens = page.map(toToken)
  return rows.length > limit && last !== undefined
    ? { tokens, next: writeCursor(toCursor(last)) }
    : { tokens }
}

function toCursor(row: Row): Cursor {
  return { issuedAt: Number(row['issued_at']), sequence: Number(row['sequence']) }
}

/** Reads a token's row. */
export function toToken(row: Row): FoundToken {
  return {
    tokenId: String(row['token_id']),
    tokenHash: String(row['token_hash']),
    kind: String(row['kind']) as TokenRecord['kind'],
    audience: toAudience(row['audience']),
    issuedAt: Number(row['issued_at']),
    expiresAt: Number(row['expires_at']),
    ...text(row, 'client_id', 'clientId'),
    ...text(row, 'subject', 'subject'),
    ...text(row, 'xid', 'xid'),
    ...text(row, 'phone', 'phone'),
    ...text(row, 'scope', 'scope'),
    ...number(row, 'generation', 'generation'),
    ...text(row, 'sealed_token', 'sealedToken'),
    ...number(row, 'revoked_at', 'revokedAt'),
  }
}

/** Reads a key's row. */
export function toKey(row: Row): StoredKey {
  return {
    keyId: String(row['key_id']),
    algorithm: String(row['algorithm']),
    sealedKey: String(row['sealed_key']),
    activeFrom: Number(row['active_from']),
    neededUntil: Number(row['needed_until']),
    createdAt: Number(row['created_at']),
  }
}

/** SQLite keeps it as text, and `pg` has read it already. */
function toAudience(value: unknown): readonly string[] {
  return (typeof value === 'string' ? JSON.parse(value) : value) as readonly string[]
}

function text<Name extends string>(row: Row, column: string, name: Name): { [N in Name]?: string } {
  const value = row[column] as Text
  return (value === null ? {} : { [name]: value }) as { [N in Name]?: string }
}

function number<Name extends string>(
  row: Row,
  column: string,
  name: Name,
): { [N in Name]?: number } {
  const value = row[column]
  return (value === null ? {} : { [name]: Number(value) }) as { [N in Name]?: number }
}
