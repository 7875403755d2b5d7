/**
 * The claims of a JWT (RFC 7519 section 4.1). A verified token's registered claims have these types;
 * every other claim is `unknown` until a schema has looked at it.
 */
export interface JwtPayload {
  readonly iss?: string
  readonly sub?: string
  readonly aud?: string | readonly string[]
  /** NumericDate (seconds): from when the token is refused. */
  readonly exp?: number
  /** NumericDate (seconds): until when the token is refused. */
  readonly nbf?: number
  /** NumericDate (seconds): when the token was made. */
  readonly iat?: number
  readonly jti?: string
  readonly [claim: string]: unknown
}

/** What a claims policy judges: a payload and a header whose signature holds, of unchecked shape. */
export interface SignedClaims {
  readonly payload: Readonly<Record<string, unknown>>
  readonly protectedHeader: { readonly typ?: unknown }
}

/** One check of a compiled policy. It throws a `RequestError`; `now` is in seconds. */
export type ClaimsCheck = (token: SignedClaims, now: number) => void
