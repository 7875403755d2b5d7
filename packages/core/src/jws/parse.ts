import { type Algorithm, algorithmFacts, isAlgorithm } from '../keys/algorithms.ts'
import { decodeBase64url, encodeUtf8 } from '../base/base64url.ts'
import { type JsonObject, parseJsonObject } from '../base/json.ts'
import { MAX_KEY_ID } from '../keys/jwk.ts'
import { RequestError } from '../base/errors.ts'

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

/**
 * Takes a compact JWS apart, the checks in the order in which they bound the work of the next. The
 * members of the header that would bring a key along (`jwk`, `jku`, `x5c`, `x5u`) are never looked at.
 *
 * @throws {RequestError} 401 `ERR_TOKEN_MALFORMED` or `ERR_TOKEN_ALGORITHM`.
 */
export function parseCompact(token: unknown, policy: ParsePolicy): ParsedJws {
  if (typeof token !== 'string') throw malformed('The token is not text.')
  if (token.length > policy.maxTokenLength) {
    throw malformed(`The token is longer than ${policy.maxTokenLength} characters.`)
  }
  const firstDot = token.indexOf('.')
  const lastDot = token.lastIndexOf('.')
  if (firstDot === lastDot || token.indexOf('.', firstDot + 1) !== lastDot) {
    throw malformed('The token does not have the three parts of a signed token.')
  }
  const protectedHeader = parseHeader(token.slice(0, firstDot), policy)
  const signature = parseSignature(token.slice(lastDot + 1), protectedHeader.alg)
  const encodedPayload = token.slice(firstDot + 1, lastDot)
  return {
    protectedHeader,
    signingInput: encodeUtf8(token.slice(0, lastDot)),
    encodedPayload,
    signature,
  }
}

/** Most tokens have one of a few headers. What a header says is a fact, whoever signed with it. */
const KNOWN_HEADERS = new Map<string, ProtectedHeader>()
const MAX_KNOWN = 64
const MAX_KNOWN_LENGTH = 512

function parseHeader(encoded: string, policy: ParsePolicy): ProtectedHeader {
  const known = KNOWN_HEADERS.get(encoded)
  if (known !== undefined) {
    requireAllowed(known.alg, policy)
    return known
  }
  const bytes = decodeBase64url(encoded)
  const parsed = bytes && parseJsonObject(bytes)
  if (parsed === undefined) {
    throw malformed('The header of the token is not one JSON object in base64url.')
  }
  requireAllowed(parsed['alg'], policy)
  requirePlainHeader(parsed)
  const header = Object.freeze(parsed) as ProtectedHeader
  remember(encoded, header)
  return header
}

/** Keeps headers that nobody can change, which objects within them could be. */
function remember(encoded: string, header: ProtectedHeader): void {
  const isFlat = Object.values(header).every((member) => typeof member !== 'object')
  if (!isFlat || encoded.length > MAX_KNOWN_LENGTH) return
  if (KNOWN_HEADERS.size >= MAX_KNOWN) KNOWN_HEADERS.clear()
  KNOWN_HEADERS.set(encoded, header)
}

function requireAllowed(alg: unknown, { algorithms }: ParsePolicy): void {
  if (isAlgorithm(alg) && algorithms.includes(alg)) return
  throw algorithmNotAllowed('The algorithm of the token is not one of those allowed here.')
}

function requirePlainHeader(header: JsonObject): void {
  // No extension is understood here, so that none may be critical; an empty list is an error too.
  if (Object.hasOwn(header, 'crit')) throw malformed('The token asks for extensions (crit).')
  if (Object.hasOwn(header, 'b64')) throw malformed('The token has an unencoded payload (b64).')
  const { kid } = header
  if (Object.hasOwn(header, 'kid') && (typeof kid !== 'string' || kid.length > MAX_KEY_ID)) {
    throw malformed(`The key id of the token is not a string of at most ${MAX_KEY_ID} characters.`)
  }
}

function parseSignature(encoded: string, algorithm: Algorithm): Uint8Array {
  const signature = decodeBase64url(encoded)
  if (signature === undefined || signature.length === 0) {
    throw malformed('The signature of the token is missing or not base64url.')
  }
  const { signatureBytes = signature.length } = algorithmFacts(algorithm)
  if (signature.length === signatureBytes) return signature
  throw malformed('The signature of the token does not have the length of its algorithm.')
}

/** Refuses what is no token in the one spelling that counts. */
export function malformed(message: string): RequestError {
  return new RequestError('ERR_TOKEN_MALFORMED', message, { reason: 'token_malformed' })
}

/** Refuses a token by the algorithm in its header. */
function algorithmNotAllowed(message: string): RequestError {
  return new RequestError('ERR_TOKEN_ALGORITHM', message, { reason: 'algorithm_not_allowed' })
}

/** Refuses a token that none of the keys can have signed. */
export function keyUnknown(): RequestError {
  return new RequestError('ERR_TOKEN_KEY', 'No key is known for this token.', {
    reason: 'key_unknown',
  })
}

/** Refuses a token whose signature does not hold. */
export function signatureInvalid(): RequestError {
  return new RequestError('ERR_TOKEN_SIGNATURE', 'The signature of the token does not hold.', {
    reason: 'signature_invalid',
  })
}
