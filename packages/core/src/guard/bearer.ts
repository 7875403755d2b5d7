import { invalidRequest, type RequestLike } from './request.ts'

// b64token of RFC 6750 section 2.1.
const B64_TOKEN = /^[A-Za-z0-9._~+/-]+=*$/

// The first character of an auth-scheme (RFC 9110 section 5.6.2).
const TOKEN_CHARACTER = /^[!#$%&'*+.^_`|~0-9A-Za-z-]/

const SPACE = 0x20

/**
 * Reads the token from the `Authorization` header. A header of another scheme is none of the guard's
 * business and counts as no token; one that only looks like Bearer is an error.
 */
export function readAuthorization(request: Pick<RequestLike, 'header'>): string | undefined {
  const values = request.header('authorization')
  if (values.length > 1) {
    throw invalidRequest('The request has more than one Authorization header.')
  }
  const value = values[0]
  return value === undefined ? undefined : readBearer(value)
}

/** Checks that a value can be a token at all, wherever it was found. */
export function requireTokenText(value: unknown, place: string): string {
  if (typeof value === 'string' && B64_TOKEN.test(value)) return value
  throw invalidRequest(`The token in the ${place} is not written as a bearer token.`)
}

function readBearer(value: string): string | undefined {
  if (value.slice(0, 6).toLowerCase() !== 'bearer') {
    if (TOKEN_CHARACTER.test(value)) return undefined
    throw invalidRequest('The Authorization header does not begin with a scheme.')
  }
  if (value.charCodeAt(6) === SPACE) {
    return requireTokenText(value.slice(7), 'Authorization header')
  }
  if (TOKEN_CHARACTER.test(value.slice(6, 7))) return undefined
  throw invalidRequest('Write the Authorization header as "Bearer", one space, and the token.')
}
