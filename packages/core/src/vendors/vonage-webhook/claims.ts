import { type SignedClaims, malformed, missing, refusal } from '../../inbound/claims/payload.ts'
import {
  issuerCheck,
  expiryCheck,
  issuedAtCheck,
  notBeforeCheck,
} from '../../inbound/claims/identity.ts'
import type { JsonObject } from '../../base/json.ts'

/** What a signed webhook of Vonage says of itself. */
export interface VonageWebhookClaims {
  readonly iss: 'Vonage'
  /** NumericDate (seconds): when Vonage made it. */
  readonly iat: number
  /** New for every webhook. */
  readonly jti: string
  /** SHA-256 of the body, in hex. */
  readonly payload_hash: string
  /** The account whose secret it is signed with. */
  readonly api_key: string
  /** The application that it is for, where there is one. */
  readonly application_id?: string
  readonly [claim: string]: unknown
}

const MAX_LENGTH = 512

const checkIssuer = issuerCheck(['Vonage'])
// Vonage sends neither of these two; a token that has them is held to them.
const checkExpiry = expiryCheck(false, 5)
const checkNotBefore = notBeforeCheck(5)

/**
 * Judges the claims of a webhook whose signature holds: issuer, age, and that all is there.
 *
 * @param maxAge seconds that `iat` may lie from `now`, in either direction.
 */
export function requireClaims(
  payload: JsonObject,
  now: number,
  maxAge: number,
): VonageWebhookClaims {
  const token: SignedClaims = { payload, protectedHeader: {} }
  checkIssuer(token)
  issuedAtCheck({ maxAge: undefined, tolerance: 0, aheadTolerance: maxAge })(token, now)
  checkExpiry(token, now)
  checkNotBefore(token, now)
  const { iat } = payload
  if (typeof iat !== 'number') throw missing('iat')
  if (now - iat > maxAge) {
    throw refusal('ERR_TOKEN_TOO_OLD', {
      reason: 'token_too_old',
      claim: 'iat',
      message: `The webhook was signed more than ${maxAge} seconds ago.`,
    })
  }
  for (const name of ['jti', 'api_key', 'payload_hash']) requireText(payload, name)
  if (payload['application_id'] !== undefined) requireText(payload, 'application_id')
  return Object.freeze(payload) as VonageWebhookClaims
}

/** Reads a claim that must be text of some length and no more. */
export function requireText(payload: JsonObject, name: string): string {
  const value = payload[name]
  if (value === undefined) throw missing(name)
  if (typeof value === 'string' && value !== '' && value.length <= MAX_LENGTH) return value
  throw malformed(name, `a string of 1 to ${MAX_LENGTH} characters`)
}
