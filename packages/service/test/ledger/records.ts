import { createHash } from 'node:crypto'
import type { StoredKey, TokenRecord } from '@mayfly/service'

export const NOW = 1_700_000_000

/** A token's record, with what a test has no opinion on filled in. */
export function tokenRecord(tokenId: string, fields: Partial<TokenRecord> = {}): TokenRecord {
  return {
    tokenId,
    tokenHash: createHash('sha256').update(tokenId).digest('base64url'),
    kind: 'token',
    audience: ['orders'],
    issuedAt: NOW,
    expiresAt: NOW + 300,
    ...fields,
  }
}

export function storedKey(keyId: string, fields: Partial<StoredKey> = {}): StoredKey {
  return {
    keyId,
    algorithm: 'ES256',
    sealedKey: `sealed ${keyId}`,
    activeFrom: NOW,
    neededUntil: NOW + 1000,
    createdAt: NOW,
    ...fields,
  }
}
