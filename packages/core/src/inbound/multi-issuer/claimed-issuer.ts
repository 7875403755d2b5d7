import { decodeBase64url } from '../../base/base64url.ts'
import { type JsonObject, parseJsonObject } from '../../base/json.ts'
import { malformed } from '../../jws/errors.ts'

/**
 * Reads the payload of a token whose signature nobody has checked. None of it may be believed: it
 * chooses who checks the token, and is then read again from the bytes that were verified.
 *
 * @throws {RequestError} 401 `ERR_TOKEN_MALFORMED`.
 */
export function readUnverified(token: unknown, maxTokenLength: number): JsonObject {
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
  const bytes = decodeBase64url(token.slice(start, end))
  const payload = bytes && parseJsonObject(bytes)
  if (payload !== undefined) return payload
  throw malformed("The token's payload is not a JSON object.")
}
