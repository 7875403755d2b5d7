import { algorithmFacts, requireAlgorithm } from '../keys/algorithms.ts'
import { encodeBase64url, encodeUtf8 } from '../base/base64url.ts'
import { describe, invalid, requireOptions } from '../base/options.ts'
import { KeyError } from '../base/errors.ts'
import type { SigningKey } from '../keys/key.ts'

/** Header members, in the order in which they are to stand (RFC 7515 section 4). */
export interface HeaderFields {
  /** Default: the key's own id. Written as `undefined`, it is left out. */
  readonly kid?: string | undefined
  readonly typ?: string | undefined
  readonly cty?: string | undefined
  readonly [name: string]: unknown
}

/**
 * Signs bytes as a compact JWS (RFC 7515 section 7.1). `alg` comes from the key and stands first,
 * unless the header already has it elsewhere; `kid` comes from the key unless the header names it.
 *
 * @throws {OptionError} `ERR_OPTION_INVALID` for a payload that is not bytes, and for a header that
 * contradicts the key or has `crit` or `b64`.
 * @throws {KeyError} `ERR_KEY_PUBLIC` or `ERR_KEY_USE` for a key that cannot sign, `ERR_KEY_SIGNER` for
 * an external signer whose signature has not the form of its algorithm.
 *
 * @example
 * ```ts
 * import { importKey, signCompact } from '@mayfly/core'
 *
 * declare const pem: string
 * const key = await importKey(pem, 'ES256', { keyId: '2026-11' })
 * const payload = new TextEncoder().encode(JSON.stringify({ sub: 'user-1' }))
 * const token = await signCompact(payload, { typ: 'JWT' }, key)
 * ```
 */
export async function signCompact(
  payload: Uint8Array,
  protectedHeader: HeaderFields,
  key: SigningKey,
): Promise<string> {
  if (!(payload instanceof Uint8Array)) {
    throw invalid('payload', `"payload" must be bytes, not ${describe(payload)}.`)
  }
  requireSigningKey(key)
  const header = writeHeader(completeHeader(protectedHeader, key))
  const encodedHeader = encodeBase64url(encodeUtf8(header))
  const signingInput = `${encodedHeader}.${encodeBase64url(payload)}`
  const signature = await key.sign(encodeUtf8(signingInput))
  requireSignature(signature, key)
  return `${signingInput}.${encodeBase64url(signature)}`
}

function requireSigningKey(key: SigningKey): void {
  if (typeof key !== 'object' || key === null || typeof key.sign !== 'function') {
    throw invalid('key', '"key" must be a key made by importKey, or { algorithm, keyId?, sign }.')
  }
  requireAlgorithm(key.algorithm, 'key.algorithm')
}

function completeHeader(given: HeaderFields, key: SigningKey): HeaderFields {
  requireOptions(given, 'signCompact')
  const { algorithm, keyId } = key
  const { kid = keyId, alg = algorithm } = given
  if (alg !== algorithm) {
    throw invalid('alg', `The header's "alg" contradicts the key, which is for ${algorithm}.`)
  }
  if (kid !== undefined && (typeof kid !== 'string' || kid !== (keyId ?? kid))) {
    throw invalid('kid', `The header's "kid" is not a string, or not the id of the key.`)
  }
  for (const name of ['crit', 'b64']) {
    if (name in given) throw invalid(name, `The header's "${name}" is not supported.`)
  }
  return {
    ...(!('alg' in given) && { alg: algorithm }),
    ...given,
    ...('alg' in given && { alg: algorithm }),
    ...(!('kid' in given) && keyId !== undefined && { kid: keyId }),
  }
}

function writeHeader(header: HeaderFields): string {
  try {
    return JSON.stringify(header)
  } catch (cause) {
    throw invalid('protectedHeader', 'The header cannot be written as JSON.', cause)
  }
}

/** What comes from outside, a KMS for one, may have another form, and nobody could verify it. */
function requireSignature(signature: unknown, { algorithm }: SigningKey): void {
  const { family, signatureBytes } = algorithmFacts(algorithm)
  if (signature instanceof Uint8Array && signature.length > 0) {
    if (signatureBytes === undefined || signature.length === signatureBytes) return
  }
  const hint =
    family === 'EC' ? ' One in DER is turned into the form that JWS has by ecdsaFromDer.' : ''
  throw new KeyError('ERR_KEY_SIGNER', `The signer gave no ${algorithm} signature.${hint}`)
}
