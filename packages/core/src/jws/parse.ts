import { type Algorithm, algorithmFacts, isAlgorithm } from '../algorithms.ts'
import { decodeBase64url } from '../encoding/base64url.ts'
import { type JsonObject, parseJsonObject } from '../encoding/json.ts'
import { algorithmNotAllowed, malformed } from './errors.ts'

/** The header that a signature covers (RFC 7515 section 4). */
export interface ProtectedHeader {
  readonly alg: Algorithm
  readonly kid?: string
  readonly typ?: string
  readonly cty?: string
  readonly [name: string]: unknown
}

/** What tokens are let through to the keys. */
export interface ParsePolicy {
  readonly algorithms: readonly Algorithm[]
  /** The longest token, in characters. */
  readonly maxTokenLength: number
}

/** A token taken apart, its signature not yet checked: nothing in here is to be believed. */
export interface ParsedJws {
  readonly protectedHeader: ProtectedHeader
  /** What the signature covers. */
  readonly signingInput: Uint8Array
  readonly encodedPayload: string
  readonly signature: Uint8Array
}

const MAX_KEY_ID = 1024

/**
 * Takes a compact JWS apart, the checks in the order in which they bound the work of the next.
 *
 * @throws {RequestError} 401 `ERR_TOKEN_MALFORMED` or `ERR_TOKEN_ALGORITHM`.
 */
export function parseCompact(token: unknown, policy: ParsePolicy): ParsedJws {
  if (typeof token !== 'string') throw malformed('The token is not text.')
  if (token.length > policy.maxTokenLength) {
    throw malformed(`The token is longer than ${policy.maxTokenLength} characters.`)
  }
  const parts = token.split('.', 4)
  const [encodedHeader, encodedPayload, encodedSignature] = parts
  if (
    parts.length !== 3 ||
    encodedHeader === undefined ||
    encodedPayload === undefined ||
    encodedSignature === undefined
  ) {
    throw malformed('The token does not have the three parts of a signed token.')
  }
  const protectedHeader = parseHeader(encodedHeader, policy)
  const signature = decodeBase64url(encodedSignature)
  if (signature === undefined || signature.length === 0) {
    throw malformed('The signature of the token is not base64url.')
  }
  const { signatureBytes } = algorithmFacts(protectedHeader.alg)
  if (signatureBytes !== undefined && signature.length !== signatureBytes) {
    throw malformed('The signature of the token does not have the length of its algorithm.')
  }
  const signingInput = new TextEncoder().encode(`${encodedHeader}.${encodedPayload}`)
  return { protectedHeader, signingInput, encodedPayload, signature }
}

function parseHeader(encoded: string, policy: ParsePolicy): ProtectedHeader {
  const bytes = decodeBase64url(encoded)
  const header = bytes && parseJsonObject(bytes)
  if (header === undefined) throw malformed('The header of the token is not a JSON object.')
  requirePlainHeader(header)
  const { alg } = header
  if (!isAlgorithm(alg) || !policy.algorithms.includes(alg)) {
    throw algorithmNotAllowed('The algorithm of the token is not one of those allowed here.')
  }
  return Object.freeze(header) as ProtectedHeader
}

function requirePlainHeader(header: JsonObject): void {
  if (Object.hasOwn(header, 'crit')) throw malformed('The token asks for extensions (crit).')
  if (Object.hasOwn(header, 'b64')) throw malformed('The token has an unencoded payload (b64).')
  const { kid } = header
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > MAX_KEY_ID)) {
    throw malformed(`The key id of the token is not a string of at most ${MAX_KEY_ID} characters.`)
  }
}
