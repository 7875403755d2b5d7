import { invalidRequest, type RequestLike } from './request.ts'

// b64token of RFC 6750 section 2.1.
const B64_TOKEN = /^[A-Za-z0-9._~+/-]+=*$/

// The first character of an auth-scheme (RFC 9110 section 5.6.2).
const TOKEN_CHARACTER = /^[!#$%&'*+.^_`|~0-9A-Za-z-]/

const SPACE = 0x20

/** The schemes that a token can stand after (RFC 6750, RFC 9449 section 7.1). */
export type TokenScheme = 'Bearer' | 'DPoP'

/** A token in the `Authorization` header. */
export interface HeaderToken {
  readonly token: string
  readonly scheme: TokenScheme
}

/**
 * Reads the token from the `Authorization` header. A header of another scheme is none of the guard's
 * business and counts as no token; one that only looks like `Bearer` is an error.
 */
export function readAuthorization(request: Pick<RequestLike, 'header'>): string | undefined {
  return readToken(request, BEARER)?.token
}

const BEARER: readonly TokenScheme[] = ['Bearer']

/** Reads the token after one of these schemes from the `Authorization` header. */
export function readToken(
  request: Pick<RequestLike, 'header'>,
  schemes: readonly TokenScheme[],
): HeaderToken | undefined {
  const values = request.header('authorization')
  if (values.length > 1) {
    throw invalidRequest('The request has more than one Authorization header.')
  }
  const value = values[0]
  if (value === undefined) return undefined
  for (const scheme of schemes) {
    const token = tokenAfter(scheme, value)
    if (token !== undefined) return { token, scheme }
  }
  if (TOKEN_CHARACTER.test(value)) return undefined
  throw invalidRequest('The Authorization header does not begin with a scheme.')
}

/** Checks that a value can be a token at all, wherever it was found. */
export function requireTokenText(value: unknown, place: string): string {
  if (typeof value === 'string' && B64_TOKEN.test(value)) return value
  throw invalidRequest(`The token in the ${place} is not written as a bearer token.`)
}

function tokenAfter(scheme: TokenScheme, value: string): string | undefined {
  const { length } = scheme
  if (value.slice(0, length).toLowerCase() !== scheme.toLowerCase()) return undefined
  if (value.charCodeAt(length) === SPACE) {
    return requireTokenText(value.slice(length + 1), 'Authorization header')
  }
  if (TOKEN_CHARACTER.test(value.slice(length, length + 1))) return undefined
  throw invalidRequest(`Write the Authorization header as "${scheme}", one space, and the token.`)
}
