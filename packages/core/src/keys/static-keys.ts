import { type Algorithm, ALGORITHMS, algorithmFacts, requireAlgorithm } from './algorithms.ts'
import {
  invalid,
  optionalBoolean,
  optionalString,
  refuseUnknownOptions,
  requireOptions,
} from '../base/options.ts'
import { KeyError } from '../base/errors.ts'
import { adoptKey } from './import.ts'
import type { JwkSet } from './jwk.ts'
import { pickKeys } from './jwk-set.ts'
import { Key } from './key.ts'
import { KeyIndex } from './key-index.ts'
import { MAX_KEY_ID } from './key-id.ts'
import { loadKey } from './load.ts'
import type { KeyLookup } from './lookup.ts'
import type { KeyMaterial } from './material.ts'
import { prepareKey } from './prepare.ts'

/** A key and the one algorithm that it verifies. */
export interface NamedKey {
  readonly algorithm: Algorithm
  readonly key: KeyMaterial
  /** The key's id. Default: the JWK's own `kid`. A key without one is tried for every token. */
  readonly keyId?: string
  /** Accepts a vendor's HMAC secret that is shorter than the hash. Default `false`. */
  readonly allowShortSecret?: boolean
}

/** Keys that stay as they are, as one {@link KeyLookup}. */
export interface StaticKeys extends KeyLookup {
  /** Imports the keys now rather than at the first token, and fails as that would. */
  ready(): Promise<void>
}

/**
 * Makes a lookup of keys that stay as they are: a list, or a JWK set (RFC 7517 section 5). They are
 * looked through at once and imported when first needed.
 *
 * Of a JWK set, each key is used for the `alg` that it names, or, where it names none, for those of
 * `algorithms` that fit its type and curve; keys that are not for verifying are passed over. A set
 * without any key that fits verifies nothing.
 *
 * @param algorithms which algorithms the keys of a JWK set may be used for. Default: all but HMAC.
 * @throws {KeyError} what {@link importKey} throws; `ERR_KEY_DUPLICATE` for two keys of one id and
 * algorithm, `ERR_KEY_EMPTY` for an empty list, `ERR_KEY_PRIVATE` for a private key in a JWK set.
 *
 * @example
 * ```ts
 * import { staticKeys, verifyCompact } from '@mayfly/core'
 *
 * declare const pem: string
 * declare const token: string
 * const keys = staticKeys([{ algorithm: 'RS256', key: pem, keyId: '2026-11' }])
 * await verifyCompact(token, keys, { algorithms: ['RS256'] })
 * ```
 */
export function staticKeys(
  keys: readonly NamedKey[] | JwkSet,
  algorithms: readonly Algorithm[] = PUBLIC_KEY_ALGORITHMS,
): StaticKeys {
  const loaders = namedKeys(keys, algorithms).map((named) => prepare(named))
  requireDistinct(loaders)
  let loading: Promise<void> | undefined
  let index: KeyIndex | undefined
  const load = async (): Promise<void> => {
    index = new KeyIndex(await Promise.all(loaders.map((loader) => loader.load())))
  }
  const ready = async (): Promise<void> => {
    loading ??= load()
    await loading
  }
  return {
    version: 0,
    ready,
    find: (algorithm, keyId) =>
      index?.find(algorithm, keyId) ?? ready().then(() => index?.find(algorithm, keyId) ?? []),
  }
}

const PUBLIC_KEY_ALGORITHMS: readonly Algorithm[] = ALGORITHMS.filter(
  (algorithm) => algorithmFacts(algorithm).family !== 'HMAC',
)

function namedKeys(
  keys: readonly NamedKey[] | JwkSet,
  algorithms: readonly Algorithm[],
): readonly NamedKey[] {
  const isList = Array.isArray(keys)
  if (!isList && !Array.isArray((keys as JwkSet | undefined)?.keys)) {
    throw invalid('keys', '"keys" must be a list of { algorithm, key } or a JWK set.')
  }
  if (!isList) return pickKeys(keys as JwkSet, algorithms)
  if (keys.length === 0) throw new KeyError('ERR_KEY_EMPTY', 'The list of keys is empty.')
  return keys
}

/** A key that was looked through, not yet imported. */
interface Loader {
  readonly algorithm: Algorithm
  readonly keyId: string | undefined
  load(): Promise<Key>
}

function prepare(named: NamedKey): Loader {
  requireOptions(named, 'keys[]')
  refuseUnknownOptions(named, ['algorithm', 'key', 'keyId', 'allowShortSecret'], 'keys[]')
  const algorithm = requireAlgorithm(named.algorithm, 'keys[].algorithm')
  const keyId = optionalString(named.keyId, 'keys[].keyId', MAX_KEY_ID)
  const allowShortSecret = optionalBoolean(named.allowShortSecret, 'keys[].allowShortSecret')
  const wish = { algorithm, keyId, use: 'verify', allowShortSecret } as const
  if (named.key instanceof Key) {
    const key = adoptKey(named.key, wish)
    return { algorithm, keyId: key.keyId, load: async () => key }
  }
  const prepared = prepareKey(named.key, algorithm, wish)
  return { algorithm, keyId: keyId ?? prepared.keyId, load: () => loadKey(prepared, wish) }
}

function requireDistinct(loaders: readonly Loader[]): void {
  const seen = new Map<Algorithm, Set<string>>()
  for (const { algorithm, keyId } of loaders) {
    if (keyId === undefined) continue
    const ids = seen.get(algorithm) ?? new Set()
    if (ids.has(keyId)) {
      throw new KeyError(
        'ERR_KEY_DUPLICATE',
        `Two keys for ${algorithm} have the same key id; which of them is meant cannot be told.`,
      )
    }
    seen.set(algorithm, ids.add(keyId))
  }
}
