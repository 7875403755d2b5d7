import { MILLISECONDS_FROM } from '../../base/options.ts'
import type { ClaimsCheck } from './payload.ts'
import { malformed, missing, refusal } from './refusal.ts'

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
