import type { TokenSource } from '@mayfly/core'
import jwt from 'jsonwebtoken'

/** A token that a library other than ours found well signed. Its times are not judged. */
export interface VerifiedHmacToken {
  readonly value: string
  readonly header: jwt.JwtHeader
  readonly claims: Readonly<Record<string, unknown>>
}

/** Verifies a token that is signed with HS256. */
export function verifyHmac(value: string, secret: string | Buffer): VerifiedHmacToken {
  const { header, payload } = jwt.verify(value, secret, {
    algorithms: ['HS256'],
    complete: true,
    ignoreExpiration: true,
    ignoreNotBefore: true,
  })
  return { value, header, claims: payload as jwt.JwtPayload }
}

/** Gets a token of a source and verifies it. */
export async function verifiedToken(
  source: TokenSource,
  secret: string | Buffer,
): Promise<VerifiedHmacToken> {
  const { value } = await source.getToken()
  return verifyHmac(value, secret)
}
