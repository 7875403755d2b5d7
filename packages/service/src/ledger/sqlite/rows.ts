import type { SQLInputValue } from 'node:sqlite'
import type { TokenRecord } from '../ledger.ts'

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
