import { decodeBase64url } from '../../base/base64url.ts'
import { RequestError } from '../../base/errors.ts'
import { type JsonObject, parseJsonObject } from '../../base/json.ts'
import { malformed } from '../../jws/parse.ts'
import { DEFAULT_MAX_TOKEN_LENGTH } from '../../jws/verify.ts'

/**
 * What a token says, its signature unchecked. The names differ from those of a `VerifiedToken`, so that one
 * cannot be taken for the other.
 */
export interface UnverifiedToken {
  readonly unverifiedHeader: Readonly<Record<string, unknown>>
  readonly unverifiedClaims: Readonly<Record<string, unknown>>
}

/**
 * Reads a JWT without checking anything: for choosing who is to verify it, for logs and for tools.
 * Nothing may be allowed because of what it says.
 *
 * @throws {RequestError} 401 `ERR_TOKEN_MALFORMED` for what is not three parts of base64url with JSON objects
 * in the first two, or is longer than 12,288 characters.
 *
 * @example
 * ```ts
 * import { decodeToken } from '@mayfly/core'
 *
 * export function issuerIn(token: string): unknown {
 *   return decodeToken(token).unverifiedClaims['iss']
 * }
 * ```
 */
export function decodeToken(token: string): UnverifiedToken {
  return { unverifiedHeader: partOf(token, 'header'), unverifiedClaims: partOf(token, 'payload') }
}

/** Reads one part of a token whose signature nobody has checked. */
export function partOf(
  token: unknown,
  part: 'header' | 'payload',
  maxTokenLength: number = DEFAULT_MAX_TOKEN_LENGTH,
): JsonObject {
  if (typeof token !== 'string') throw malformed('The token is not text.')
  if (token.length > maxTokenLength) {
    throw malformed(`The token is longer than ${maxTokenLength} characters.`)
  }
  const start = token.indexOf('.') + 1
  const end = token.lastIndexOf('.')
  // With more dots than two there is one in the payload, and that is no base64url.
  if (start === 0 || start > end) {
    throw malformed('The token does not have the three parts of a signed token.')
  }
  const text = part === 'header' ? token.slice(0, start - 1) : token.slice(start, end)
  const bytes = decodeBase64url(text)
  const read = bytes && parseJsonObject(bytes)
  if (read !== undefined) return read
  throw malformed(`The token's ${part} is not a JSON object.`)
}

/** Adds what `explain` knows about a refused token to its error. */
export function explained(
  error: RequestError,
  token: string,
  explain: (token: UnverifiedToken, error: RequestError) => string | undefined,
): RequestError {
  let hint: string | undefined
  try {
    hint = explain(decodeToken(token), error)
  } catch {
    // What cannot be read cannot be explained, and an explanation that fails changes nothing.
  }
  if (hint === undefined) return error
  const { code, message, reason, status, headers, claim, origin } = error
  return new RequestError(code, `${message} ${hint}`, {
    reason,
    status,
    headers,
    ...(claim !== undefined && { claim }),
    ...(origin !== undefined && { origin }),
    cause: error.cause,
  })
}
