import type { Algorithm } from '../algorithms.ts'
import { decodeBase64url } from '../encoding/base64url.ts'
import { refuseUnknownOptions, requireNumber } from '../encoding/options.ts'
import type { JwkSet } from '../keys/jwk.ts'
import type { Key } from '../keys/key.ts'
import type { KeyLookup } from '../keys/lookup.ts'
import { type NamedKey, staticKeys } from '../keys/static-keys.ts'
import { keyUnknown, malformed, signatureInvalid } from './errors.ts'
import { type ParsedJws, parseCompact, type ProtectedHeader } from './parse.ts'

/** The longest token that is looked at, in characters, where nothing else is said. */
export const DEFAULT_MAX_TOKEN_LENGTH = 8192

/** What {@link verifyCompact} is told. */
export interface VerifyCompactOptions {
  /** The algorithms that are allowed. */
  readonly algorithms: readonly Algorithm[]
  /** The longest token that is looked at, in characters. Default 8192. */
  readonly maxTokenLength?: number
}

/** A token whose signature holds. */
export interface VerifiedJws {
  readonly protectedHeader: ProtectedHeader
  readonly payload: Uint8Array
}

/** The keys that a signature is checked with. */
export type VerificationKeys = readonly NamedKey[] | JwkSet | KeyLookup

/** Checks the signature of a compact JWS, and nothing else. */
export async function verifyCompact(
  token: string,
  keys: VerificationKeys,
  options: VerifyCompactOptions,
): Promise<VerifiedJws> {
  refuseUnknownOptions(options, ['algorithms', 'maxTokenLength'], 'verifyCompact')
  const { algorithms, maxTokenLength = DEFAULT_MAX_TOKEN_LENGTH } = options
  requireNumber(maxTokenLength, 'maxTokenLength', { min: 1, integer: true, unit: 'characters' })
  const lookup = isLookup(keys) ? keys : staticKeys(keys, algorithms)
  const parsed = parseCompact(token, { algorithms, maxTokenLength })
  const { protectedHeader, payload } = await verifyParsed(parsed, lookup)
  return { protectedHeader, payload }
}

/** Checks the signature of a token that was taken apart, and tells which key it was. */
export async function verifyParsed(
  parsed: ParsedJws,
  keys: KeyLookup,
): Promise<VerifiedJws & { readonly key: Key }> {
  const { protectedHeader, signingInput, signature, encodedPayload } = parsed
  const { alg, kid } = protectedHeader
  const candidates = (await keys.find(alg, kid)).filter((key) => key.algorithm === alg)
  if (candidates.length === 0) throw keyUnknown()
  for (const key of candidates) {
    if (!(await key.verify(signingInput, signature))) continue
    const payload = decodeBase64url(encodedPayload)
    if (payload === undefined) throw malformed('The payload of the token is not base64url.')
    return { protectedHeader, payload, key }
  }
  throw signatureInvalid()
}

function isLookup(keys: VerificationKeys): keys is KeyLookup {
  // Arrays have a method of that name too.
  return !Array.isArray(keys) && 'find' in keys
}
