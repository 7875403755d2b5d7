import type { TokenRecord } from '../ledger.ts'

/** Gives a token by the names of its columns; what it does not have is left out, and so is null. */
export function tokenColumns(token: TokenRecord): object {
  return {
    token_id: token.tokenId,
    token_hash: token.tokenHash,
    kind: token.kind,
    client_id: token.clientId,
    subject: token.subject,
    audience: token.audience,
    xid: token.xid,
    phone: token.phone,
    scope: token.scope,
    generation: token.generation,
    issued_at: token.issuedAt,
    expires_at: token.expiresAt,
    sealed_token: token.sealedToken,
  }
}
