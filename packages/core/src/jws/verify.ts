import { type Algorithm, requireAlgorithm } from '../keys/algorithms.ts'
import { decodeBase64url } from '../base/base64url.ts'
import {
  describe,
  invalid,
  optionalNumber,
  refuseUnknownOptions,
  requireOptions,
} from '../base/options.ts'
import type { JwkSet } from '../keys/jwk.ts'
import { Key, verifyNow } from '../keys/key.ts'
import {
  type KeyLookup,
  type PemsById,
  type VerificationKey,
  staticKeys,
} from '../keys/static-keys.ts'
import {
  keyUnknown,
  malformed,
  signatureInvalid,
  type ParsedJws,
  parseCompact,
  type ProtectedHeader,
} from './parse.ts'

/** The longest token that is looked at, in characters, where nothing else is said. */
export const DEFAULT_MAX_TOKEN_LENGTH = 12_288

/** A token that names no key is tried against this many: each is a signature for whoever sends rubbish. */
const MAX_CANDIDATES = 8

/** What {@link verifyCompact} is told. */
export interface VerifyCompactOptions {
  /** The algorithms that are allowed. A key counts for the one that it was imported for alone. */
  readonly algorithms: readonly Algorithm[]
  /** The longest token that is looked at, in characters. Default 12 288. */
  readonly maxTokenLength?: number
}

/** A token whose signature holds. */
export interface VerifiedJws {
  readonly protectedHeader: ProtectedHeader
  /** The bytes that the signature covers. */
  readonly payload: Uint8Array
}

/** The keys that a signature is checked with. */
export type VerificationKeys = readonly VerificationKey[] | JwkSet | PemsById | KeyLookup

/**
 * Checks the signature of a compact JWS (RFC 7515), and nothing else: no dates, no issuer, no audience.
 * For tokens with claims there is `TokenVerifier`.
 *
 * Lists and JWK sets are imported on every call; for many tokens make the lookup once, by
 * {@link staticKeys}.
 *
 * @throws {RequestError} 401, with `ERR_TOKEN_MALFORMED`, `ERR_TOKEN_ALGORITHM`, `ERR_TOKEN_KEY` or
 * `ERR_TOKEN_SIGNATURE`.
 * @throws {KeyError} what {@link importKey} and {@link staticKeys} throw.
 * @throws {OptionError} when `algorithms` is missing, or an option is unsound.
 *
 * @example
 * ```ts
 * import { type JwkSet, verifyCompact } from '@mayfly/core'
 *
 * declare const token: string
 * declare const jwks: JwkSet
 * const { payload } = await verifyCompact(token, jwks, { algorithms: ['ES256'] })
 * ```
 */
export async function verifyCompact(
  token: string,
  keys: VerificationKeys,
  options: VerifyCompactOptions,
): Promise<VerifiedJws> {
  requireOptions(options, 'verifyCompact')
  refuseUnknownOptions(options, ['algorithms', 'maxTokenLength'], 'verifyCompact')
  const algorithms = requireAlgorithms(options.algorithms)
  const bounds = { min: 1, integer: true, unit: 'characters' }
  const maxTokenLength =
    optionalNumber(options.maxTokenLength, 'maxTokenLength', bounds) ?? DEFAULT_MAX_TOKEN_LENGTH
  const lookup = toLookup(keys, algorithms)
  const parsed = parseCompact(token, { algorithms, maxTokenLength })
  const { protectedHeader, payload } = await verifyParsed(parsed, lookup)
  return { protectedHeader, payload }
}

/** Checks the signature of a token that was taken apart, and tells which key it was. */
export async function verifyParsed(
  parsed: ParsedJws,
  keys: KeyLookup,
): Promise<VerifiedJws & { readonly key: Key }> {
  const { protectedHeader, encodedPayload } = parsed
  const { alg, kid } = protectedHeader
  const found: unknown = keys.find(alg, kid)
  // Most lookups have their keys at hand, and a promise costs more than looking them up.
  const candidates = usableKeys(Array.isArray(found) ? found : await found, alg)
  if (candidates.length === 0) throw keyUnknown()
  const key = (await firstThatHolds(candidates, parsed)) ?? (await newerThatHolds())
  if (key === undefined) throw signatureInvalid()
  const payload = decodeBase64url(encodedPayload)
  if (payload === undefined) throw malformed('The payload of the token is not base64url.')
  return { protectedHeader, payload, key }

  async function newerThatHolds(): Promise<Key | undefined> {
    const newer = usableKeys(await keys.findNewer?.(alg, kid), alg)
    const tried = new Set(candidates.map(({ fingerprint }) => fingerprint))
    return firstThatHolds(
      newer.filter(({ fingerprint }) => !tried.has(fingerprint)),
      parsed,
    )
  }
}

async function firstThatHolds(
  keys: readonly Key[],
  { signingInput, signature }: ParsedJws,
): Promise<Key | undefined> {
  for (const key of keys.slice(0, MAX_CANDIDATES)) {
    const holds = verifyNow(key, signingInput, signature)
    if (holds === true || (holds !== false && (await holds))) return key
  }
  return undefined
}

/** A lookup may be anybody's: nothing of its answer is trusted but keys of that very algorithm. */
function usableKeys(found: unknown, algorithm: Algorithm): readonly Key[] {
  if (!Array.isArray(found)) return []
  return found.filter((key): key is Key => {
    if (key === undefined || key === null || key === '') return false
    if (!(key instanceof Key)) {
      throw invalid('keys', `A key lookup must give keys made by importKey, not ${describe(key)}.`)
    }
    return key.algorithm === algorithm
  })
}

function requireAlgorithms(value: readonly Algorithm[]): readonly Algorithm[] {
  if (Array.isArray(value) && value.length > 0) {
    return value.map((one) => requireAlgorithm(one, 'algorithms'))
  }
  throw invalid('algorithms', '"algorithms" must be a list that names at least one algorithm.')
}

function toLookup(keys: VerificationKeys, algorithms: readonly Algorithm[]): KeyLookup {
  // Arrays have a method of that name too.
  const isLookup = !Array.isArray(keys) && typeof (keys as Partial<KeyLookup>)?.find === 'function'
  return isLookup
    ? (keys as KeyLookup)
    : staticKeys(keys as Exclude<VerificationKeys, KeyLookup>, algorithms)
}
