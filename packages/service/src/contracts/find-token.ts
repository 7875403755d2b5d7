import type { FoundToken, Ledger } from '../ledger/ledger.ts'
import { hashToken, sha256 } from './mint.ts'

/** The kinds whose tokens have a `jti`. */
const WITH_ID = ['token', 'voicegain', 'console'] as const

/**
 * Finds the record of a token that was sent here, by what was signed. Nothing is proved by it: whoever
 * relies on the token checks its signature besides.
 *
 * Records of the first schema know the hash of the whole text alone. A token of theirs with its other
 * signature is found by its `jti` and its times.
 */
export async function findToken(
  ledger: Pick<Ledger, 'findByHash' | 'findByTokenId'>,
  token: string,
): Promise<FoundToken | undefined> {
  const found =
    (await ledger.findByHash(hashToken(token))) ?? (await ledger.findByHash(sha256(token)))
  const { jti, iat, exp } = found === undefined ? readPayload(token) : {}
  if (typeof jti !== 'string') return found
  for (const kind of WITH_ID) {
    const record = await ledger.findByTokenId(kind, jti)
    if (record !== undefined && record.issuedAt === iat && record.expiresAt === exp) return record
  }
  return undefined
}

/** The claims of a token; none where it is no token. */
export function readPayload(token: string): Readonly<Record<string, unknown>> {
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()
    return Object(JSON.parse(payload)) as Readonly<Record<string, unknown>>
  } catch {
    return {}
  }
}
