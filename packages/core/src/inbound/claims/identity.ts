import { type ClaimsCheck, type SignedClaims, malformed, missing, refusal } from './payload.ts'
import { MILLISECONDS_FROM } from '../../base/options.ts'

/** Refuses a token whose `iss` is none of these, to the letter. `null`: any issuer, or none. */
export function issuerCheck(names: readonly string[] | null): ClaimsCheck {
  const expected = names === null ? null : new Set(names)
  return ({ payload }) => {
    const { iss } = payload
    if (iss === undefined) {
      if (expected !== null) throw missing('iss')
      return
    }
    if (typeof iss !== 'string') throw malformed('iss', 'a string')
    if (expected !== null && !expected.has(iss)) {
      throw refusal('ERR_ISSUER', {
        reason: 'issuer_mismatch',
        claim: 'iss',
        message: 'The token comes from an issuer that is not trusted here.',
      })
    }
  }
}

/** Refuses a token whose `aud` names none of these, to the letter. `null`: any audience, or none. */
export function audienceCheck(names: readonly string[] | null): ClaimsCheck {
  const expected = names === null ? null : new Set(names)
  return ({ payload }) => {
    const { aud } = payload
    if (aud === undefined) {
      if (expected !== null) throw missing('aud')
      return
    }
    if (typeof aud === 'string') {
      if (expected === null || expected.has(aud)) return
    } else {
      if (!isStringArray(aud)) throw malformed('aud', 'a string or an array of strings')
      if (expected === null || aud.some((one) => expected.has(one))) return
    }
    throw refusal('ERR_AUDIENCE', {
      reason: 'audience_mismatch',
      claim: 'aud',
      message: 'The token is meant for another API.',
    })
  }
}

/** Refuses a `sub` or `jti` that is no string, so that what is read from them later is one. */
export function checkStrings({ payload: { sub, jti } }: SignedClaims): void {
  if (sub !== undefined && typeof sub !== 'string') throw malformed('sub', 'a string')
  if (jti !== undefined && typeof jti !== 'string') throw malformed('jti', 'a string')
}

/**
 * Refuses a token whose `typ` header is another media type, compared as RFC 7515 section 4.1.9 says:
 * without regard to case, and with "application/" implied where there is no slash.
 */
export function typeCheck(expected: string): ClaimsCheck {
  const mediaType = fullMediaType(expected)
  return ({ protectedHeader: { typ } }) => {
    if (typ === expected || (typeof typ === 'string' && fullMediaType(typ) === mediaType)) return
    throw refusal('ERR_TOKEN_TYPE', {
      reason: 'type_mismatch',
      claim: 'typ',
      message: `The token's "typ" header must be "${expected}".`,
    })
  }
}

/** Refuses a token without these claims. A claim that is null counts as left out. */
export function presenceCheck(claims: readonly string[]): ClaimsCheck {
  return ({ payload }) => {
    for (const claim of claims) {
      if (!Object.hasOwn(payload, claim) || payload[claim] === null) throw missing(claim)
    }
  }
}

function fullMediaType(type: string): string {
  const lower = type.toLowerCase()
  return lower.includes('/') ? lower : `application/${lower}`
}

function isStringArray(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

/** Refuses a token from its `exp` on. */
export function expiryCheck(required: boolean, tolerance: number): ClaimsCheck {
  return ({ payload }, now) => {
    const exp = dateClaim(payload.exp, 'exp')
    if (exp === undefined) {
      if (required) throw missing('exp')
    } else if (now >= exp + tolerance) {
      throw refusal('ERR_TOKEN_EXPIRED', {
        reason: 'token_expired',
        claim: 'exp',
        message: 'The token has expired.',
      })
    }
  }
}

/** Refuses a token before its `nbf`. */
export function notBeforeCheck(tolerance: number): ClaimsCheck {
  return ({ payload }, now) => {
    const nbf = dateClaim(payload.nbf, 'nbf')
    if (nbf !== undefined && now < nbf - tolerance) {
      throw notYetValid('nbf', 'The token is not valid yet.')
    }
  }
}

/** Refuses a token that was made in the future, or longer ago than `maxAge` seconds. */
export function issuedAtCheck(maxAge: number | undefined, tolerance: number): ClaimsCheck {
  return ({ payload }, now) => {
    const iat = dateClaim(payload.iat, 'iat')
    if (iat === undefined) {
      if (maxAge !== undefined) throw missing('iat')
      return
    }
    if (now < iat - tolerance) {
      throw notYetValid('iat', 'The token was issued in the future: two clocks disagree.')
    }
    if (maxAge !== undefined && now > iat + maxAge + tolerance) {
      throw refusal('ERR_TOKEN_TOO_OLD', {
        reason: 'token_too_old',
        claim: 'iat',
        message: 'The token was issued too long ago to be accepted here.',
      })
    }
  }
}

function notYetValid(claim: string, message: string): Error {
  return refusal('ERR_TOKEN_NOT_YET_VALID', { reason: 'token_not_yet_valid', claim, message })
}

/**
 * Reads a NumericDate. Whatever is there has to be one: a null or a zero that is taken for "no date"
 * is a token that never ends.
 */
function dateClaim(value: unknown, claim: 'exp' | 'nbf' | 'iat'): number | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'number' || !(value > 0 && value < MILLISECONDS_FROM)) {
    throw malformed(claim, 'a date in seconds since 1970')
  }
  return value
}
