import jwt from 'jsonwebtoken'

/** A JWT's parts, once its signature was found to be good. */
export interface SignedJwt {
  readonly header: jwt.JwtHeader
  readonly payload: jwt.JwtPayload
}

/** Reads a JWT's header, whoever may have signed it; `undefined` for what is no JWT. */
export function readJwtHeader(token: string): jwt.JwtHeader | undefined {
  try {
    return jwt.decode(token, { complete: true })?.header
  } catch {
    return undefined
  }
}

/**
 * Verifies a JWT's signature with `jsonwebtoken`, and nothing else: times are judged by the vendor's
 * rules, with a reason each.
 */
export function verifyJwt(
  token: string,
  publicKey: string | Buffer,
  algorithms: readonly jwt.Algorithm[],
): SignedJwt | undefined {
  try {
    const { header, payload } = jwt.verify(token, publicKey, {
      algorithms: [...algorithms],
      complete: true,
      ignoreExpiration: true,
      ignoreNotBefore: true,
    })
    return typeof payload === 'string' ? undefined : { header, payload }
  } catch {
    return undefined
  }
}

/** Tells whether a claim is a NumericDate in whole seconds. */
export function isNumericDate(value: unknown): value is number {
  return Number.isInteger(value)
}
