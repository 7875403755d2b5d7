import { type RequestErrorCode, type Reason, RequestError } from '../../base/errors.ts'

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

/** Makes the error for a claim that is not there. */
export function missing(claim: string): RequestError {
  return refusal('ERR_CLAIM_MISSING', {
    reason: 'claim_missing',
    claim,
    message: `The token has no "${claim}" claim.`,
  })
}

/** Makes the error for a claim that is there in a shape that it cannot have. */
export function malformed(claim: string, expected: string): RequestError {
  return refusal('ERR_CLAIM_INVALID', {
    reason: 'claim_invalid',
    claim,
    message: `The token's "${claim}" claim must be ${expected}.`,
  })
}

/** What {@link refusal} puts into its error. */
export interface Refusal {
  readonly reason: Reason
  readonly claim: string
  /** One sentence for the caller's eyes. It never repeats what the claim holds. */
  readonly message: string
}

/** Makes the error for a claim that is not what this verifier asks for. */
export function refusal(code: RequestErrorCode, what: Refusal): RequestError {
  return new RequestError(code, what.message, { reason: what.reason, claim: what.claim })
}
