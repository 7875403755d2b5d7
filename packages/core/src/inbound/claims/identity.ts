import {
  type SignedClaims,
  type TimeCheck,
  type TokenCheck,
  malformed,
  missing,
  OPAQUE,
  refusal,
} from './payload.ts'

/** Refuses a token whose `iss` is none of these, to the letter. `null`: any issuer, or none. */
export function issuerCheck(names: readonly string[] | null): TokenCheck {
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
export function audienceCheck(names: readonly string[] | null): TokenCheck {
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
 * Refuses a token whose client is none of these. A token may name its client in several claims; then each
 * of them has to be one of these.
 */
export function clientCheck(ids: readonly string[], claim: string | undefined): TokenCheck {
  const expected = new Set(ids)
  const claims = claim === undefined ? CLIENT_CLAIMS : [claim]
  return ({ payload }) => {
    const named = claims.filter((name) => Object.hasOwn(payload, name))
    if (named.length === 0) throw missing(claims[0] ?? '')
    for (const name of named) {
      const client = payload[name]
      if (typeof client !== 'string') throw malformed(name, 'a string')
      if (expected.has(client)) continue
      throw refusal('ERR_CLIENT', {
        reason: 'client_mismatch',
        claim: name,
        message: 'The token was issued to a client that is not trusted here.',
      })
    }
  }
}

/** What issuers call the client that a token was issued to. */
const CLIENT_CLAIMS = ['azp', 'client_id', 'cid', 'appid']

/**
 * Refuses a token whose `typ` header is none of these media types, compared as RFC 7515 section 4.1.9
 * says: without regard to case, and with "application/" implied where there is no slash.
 */
export function typeCheck(expected: readonly string[]): TokenCheck {
  const mediaTypes = new Set(expected.map(fullMediaType))
  return ({ protectedHeader }) => {
    const { typ } = protectedHeader
    if (protectedHeader === OPAQUE) return
    if (typeof typ === 'string' && mediaTypes.has(fullMediaType(typ))) return
    throw wrongType(`The token's "typ" header must be "${expected.join('" or "')}".`)
  }
}

/**
 * Refuses a token whose `typ` says that it is for something else than access: a logout token, a proof, an
 * introspection response. That is any type of JWT by name but `at+jwt` (RFC 8725 section 3.11).
 */
export function purposeCheck({ protectedHeader: { typ } }: SignedClaims): void {
  if (typ === undefined || typ === 'JWT') return
  if (typeof typ !== 'string') throw wrongType('The token\'s "typ" header must be a string.')
  const [type = ''] = fullMediaType(typ.trim()).split(';', 1)
  if (!/\+(?:jwt|sd-jwt)$/.test(type.trim()) || type.trim() === 'application/at+jwt') return
  throw wrongType(
    'The "typ" of the token is that of another purpose; name it as "type" to take it.',
  )
}

function wrongType(message: string): Error {
  return refusal('ERR_TOKEN_TYPE', { reason: 'type_mismatch', claim: 'typ', message })
}

/** Refuses a token without these claims. A claim that is null counts as left out. */
export function presenceCheck(claims: readonly string[]): TokenCheck {
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
export function expiryCheck(required: boolean, tolerance: number): TimeCheck {
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
export function notBeforeCheck(tolerance: number): TimeCheck {
  return ({ payload }, now) => {
    const nbf = dateClaim(payload.nbf, 'nbf')
    if (nbf !== undefined && now < nbf - tolerance) {
      throw notYetValid('nbf', 'The token is not valid yet.')
    }
  }
}

/** What {@link issuedAtCheck} goes by, in seconds. */
export interface AgeRules {
  readonly maxAge: number | undefined
  readonly tolerance: number
  /** How far `iat` may lie ahead. */
  readonly aheadTolerance: number
}

/** Refuses a token that was made in the future, or `maxAge` seconds ago. */
export function issuedAtCheck({ maxAge, tolerance, aheadTolerance }: AgeRules): TimeCheck {
  return ({ payload }, now) => {
    const iat = dateClaim(payload.iat, 'iat')
    if (iat === undefined) {
      if (maxAge !== undefined) throw missing('iat')
      return
    }
    if (now < iat - aheadTolerance) {
      throw notYetValid('iat', 'The token was issued in the future: two clocks disagree.')
    }
    if (maxAge !== undefined && now >= iat + maxAge + tolerance) {
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

/** Past this a date can only be milliseconds: those of the year 2001, or seconds of the year 33 658. */
const LATEST_DATE = 1e12

/**
 * Reads a NumericDate. Whatever is there has to be one: a null or a zero that is taken for "no date"
 * is a token that never ends. Only an `nbf` of 0 is what issuers send who mean "from ever".
 */
function dateClaim(value: unknown, claim: 'exp' | 'nbf' | 'iat'): number | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'number' && value < LATEST_DATE) {
    if (value > 0 || (value === 0 && claim === 'nbf')) return value
  }
  throw malformed(claim, 'a date in seconds since 1970')
}
