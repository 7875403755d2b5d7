import type { SQLInputValue, SQLOutputValue } from 'node:sqlite'
import type { FoundToken, StoredKey, TokenRecord } from '../ledger.ts'

/** A row as `node:sqlite` gives it. */
export type Row = Record<string, SQLOutputValue>

/** Gives the values of a token's columns, in the order of {@link INSERT_TOKEN}. */
export function tokenValues(token: TokenRecord): SQLInputValue[] {
  return [
    token.tokenId,
    token.tokenHash,
    token.kind,
    token.clientId ?? null,
    token.subject ?? null,
    JSON.stringify(token.audience),
    token.xid ?? null,
    token.phone ?? null,
    token.scope ?? null,
    token.generation ?? null,
    token.issuedAt,
    token.expiresAt,
    token.sealedToken ?? null,
  ]
}

export const INSERT_TOKEN = `
  INSERT INTO tokens (token_id, token_hash, kind, client_id, subject, audience, xid, phone, scope,
    generation, issued_at, expires_at, sealed_token)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO NOTHING`

/** Reads a token's row. */
export function toToken(row: Row): FoundToken {
  return {
    tokenId: String(row['token_id']),
    tokenHash: String(row['token_hash']),
    kind: String(row['kind']) as TokenRecord['kind'],
    audience: JSON.parse(String(row['audience'])),
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

function text<Name extends string>(row: Row, column: string, name: Name): { [N in Name]?: string } {
  const value = row[column]
  return (value === null ? {} : { [name]: String(value) }) as { [N in Name]?: string }
}

function number<Name extends string>(
  row: Row,
  column: string,
  name: Name,
): { [N in Name]?: number } {
  const value = row[column]
  return (value === null ? {} : { [name]: Number(value) }) as { [N in Name]?: number }
}
