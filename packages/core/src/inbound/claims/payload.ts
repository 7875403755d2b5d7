import { type RequestErrorCode, type Reason, RequestError } from '../../base/errors.ts'
import {
  inexactNumber,
  type JsonObject,
  parseJsonObject,
  quoteLargeIntegers,
} from '../../base/json.ts'

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
  readonly protectedHeader: Readonly<Record<string, unknown>>
}

/** A check of what never changes for a token. It throws a `RequestError`. */
export type TokenCheck = (token: SignedClaims) => void

/** A check of what changes with the time. It throws a `RequestError`; `now` is in seconds. */
export type TimeCheck = (token: SignedClaims, now: number) => void

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

/** How {@link readPayload} reads. */
export interface PayloadReading {
  /** What becomes of an integer beyond 2^53, which JavaScript would change. */
  readonly largeIntegers: 'refuse' | 'text'
  /** Whether `sub` and `jti` may be whole numbers, to be read as their digits. */
  readonly allowNumericIds: boolean
}

/** No path is longer than this in an answer. */
const MAX_PATH_LENGTH = 64

/**
 * Reads the claims from bytes whose signature holds.
 *
 * @throws {RequestError} `ERR_TOKEN_MALFORMED` for anything but one JSON object, `ERR_CLAIM_INVALID` for
 * a number that JavaScript would change in silence.
 */
export function readPayload(bytes: Uint8Array, reading: PayloadReading): JsonObject {
  let claims = parseJsonObject(bytes)
  if (claims === undefined) {
    throw new RequestError('ERR_TOKEN_MALFORMED', "The token's payload is not a JSON object.", {
      reason: 'token_malformed',
    })
  }
  if (reading.largeIntegers === 'text' && inexactNumber(claims) !== undefined) {
    claims = JSON.parse(quoteLargeIntegers(new TextDecoder().decode(bytes))) as JsonObject
  }
  return settlePayload(claims, reading)
}

/** Refuses claims that are not what was written, and reads numeric ids where they are allowed. */
export function settlePayload(claims: JsonObject, { allowNumericIds }: PayloadReading): JsonObject {
  requireExact(claims)
  if (!allowNumericIds) return claims
  const settled = { ...claims }
  for (const name of ['sub', 'jti']) {
    if (Number.isSafeInteger(claims[name])) settled[name] = String(claims[name])
  }
  return settled
}

/** The header of a token that has none, since its issuer was asked about it: no `typ` is to be judged. */
export const OPAQUE: SignedClaims['protectedHeader'] = Object.freeze({})

/** Refuses numbers that are not what was written. */
function requireExact(claims: object): void {
  const path = inexactNumber(claims)
  if (path === undefined) return
  throw malformed(path.slice(0, MAX_PATH_LENGTH), 'a number that JavaScript can hold (within 2^53)')
}
