import {
  type Algorithm,
  ALGORITHMS,
  algorithmFacts,
  requireAlgorithm,
  isNameOf,
} from './algorithms.ts'
import {
  invalid,
  optionalBoolean,
  optionalString,
  refuseUnknownOptions,
  requireOptions,
} from '../base/options.ts'
import { KeyError } from '../base/errors.ts'
import { isPrivateJwk, type JwkSet, MAX_KEY_ID, type Jwk } from './jwk.ts'
import { adoptKey, Key, partsOf } from './key.ts'
import { type KeyMaterial, importKey } from './load.ts'
import { loadKey } from './make-key.ts'
import { isPem, readKeyText } from './pem.ts'
import { prepareKey } from './prepare.ts'

/** Imported keys, by algorithm and id. Ids come from the wire: they are compared, and nothing else. */
export class KeyIndex {
  readonly #byAlgorithm = new Map<Algorithm, AlgorithmKeys>()

  constructor(keys: readonly Key[]) {
    for (const key of keys) {
      const known = this.#byAlgorithm.get(key.algorithm)
      if (known === undefined) this.#byAlgorithm.set(key.algorithm, new AlgorithmKeys(key, keys))
    }
  }

  /** The keys of an algorithm that go by an id, and after them those that go by none. */
  find(algorithm: Algorithm, keyId: string | undefined): readonly Key[] {
    return this.#byAlgorithm.get(algorithm)?.find(keyId) ?? NO_KEYS
  }
}

const NO_KEYS: readonly Key[] = Object.freeze([])

class AlgorithmKeys {
  readonly #all: readonly Key[]
  readonly #nameless: readonly Key[]
  readonly #byId: ReadonlyMap<string, readonly Key[]>

  constructor({ algorithm }: Key, keys: readonly Key[]) {
    const all = keys.filter((key) => key.algorithm === algorithm)
    const nameless = all.filter(({ keyId }) => keyId === undefined)
    const named = all.filter(({ keyId }) => keyId !== undefined)
    // A token that names no key is most likely of one that has no name either.
    this.#all = Object.freeze([...nameless, ...named])
    this.#nameless = Object.freeze(nameless)
    this.#byId = new Map(
      named.map(({ keyId: id }) => [
        id ?? '',
        Object.freeze([...named.filter(({ keyId }) => keyId === id), ...nameless]),
      ]),
    )
  }

  find(keyId: string | undefined): readonly Key[] {
    if (keyId === undefined) return this.#all
    return this.#byId.get(keyId) ?? this.#nameless
  }
}

/** A key and the one algorithm that it verifies. */
export interface VerificationKey {
  readonly algorithm: Algorithm
  readonly key: KeyMaterial
  /** The key's id. Default: the JWK's own `kid`. A key without one is tried for every token. */
  readonly keyId?: string
  /** Accepts a vendor's HMAC secret that is shorter than the hash. Default `false`. */
  readonly allowShortSecret?: boolean
}

/** Public keys or certificates in PEM by their ids, as some issuers publish them: `{ kid: PEM }`. */
export type PemsById = Readonly<Record<string, string | Uint8Array>>

/** Tells a map of PEMs from options whose values happen to be text. */
export function isPemsById(keys: unknown): keys is PemsById {
  if (typeof keys !== 'object' || keys === null || Array.isArray(keys)) return false
  const values: readonly unknown[] = Object.values(keys)
  return (
    values.every((one) => typeof one === 'string' || one instanceof Uint8Array) &&
    values.some((one) => typeof one !== 'string' || isPem(readKeyText(one)))
  )
}

/** Keys that stay as they are, as one {@link KeyLookup}. */
export interface StaticKeys extends KeyLookup {
  /** Imports the keys now rather than at the first token, and fails as that would. */
  ready(): Promise<void>
}

/**
 * Makes a lookup of keys that stay as they are: a list, a JWK set (RFC 7517 section 5), or a map
 * `{ kid: PEM }` of public keys and certificates. They are looked through at once and imported when
 * first needed.
 *
 * Of a JWK set, each key is used for the `alg` that it names, or, where it names none, for those of
 * `algorithms` that fit its type and curve; keys that are not for verifying are passed over. A set
 * without any key that fits verifies nothing. A key of a map is used for those of `algorithms` that fit
 * it; one that fits none is refused.
 *
 * @param algorithms which algorithms the keys of a set or a map may be used for. Default: all that take
 * key pairs but Ed448 and ML-DSA.
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
  keys: readonly VerificationKey[] | JwkSet | PemsById,
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
  keys: readonly VerificationKey[] | JwkSet | PemsById,
  algorithms: readonly Algorithm[],
): readonly VerificationKey[] {
  if (isPemsById(keys)) {
    return Object.entries(keys).flatMap(([keyId, key]) => pickPem(key, keyId, algorithms))
  }
  const isList = Array.isArray(keys)
  if (!isList && !Array.isArray((keys as JwkSet | undefined)?.keys)) {
    throw invalid(
      'keys',
      '"keys" must be a list of { algorithm, key }, a JWK set, or { kid: PEM }.',
    )
  }
  if (!isList) {
    requireUnmixed(keys as JwkSet)
    return pickKeys(keys as JwkSet, algorithms)
  }
  if (keys.length === 0) throw new KeyError('ERR_KEY_EMPTY', 'The list of keys is empty.')
  return keys
}

/** Gives a PEM to each algorithm that it fits. */
function pickPem(
  key: string | Uint8Array,
  keyId: string,
  algorithms: readonly Algorithm[],
): readonly VerificationKey[] {
  let misfit: KeyError | undefined
  const fitting = algorithms.filter((algorithm) => {
    try {
      return prepareKey(key, algorithm, { use: 'verify' })
    } catch (error) {
      if (!(error instanceof KeyError)) throw error
      const named = new KeyError(error.code, `keys[${JSON.stringify(keyId)}]: ${error.message}`)
      if (error.code !== 'ERR_KEY_TYPE' && error.code !== 'ERR_KEY_CURVE') throw named
      if (misfit === undefined || error.code === 'ERR_KEY_CURVE') misfit = named
      return false
    }
  })
  if (fitting.length === 0 && misfit !== undefined) throw misfit
  return fitting.map((algorithm) => ({ algorithm, key, keyId }))
}

/** A set with secrets in it is published one day, and one with public keys is written to be. */
function requireUnmixed({ keys }: JwkSet): void {
  const secrets = keys.filter((jwk) => Object(jwk).kty === 'oct').length
  if (secrets === 0 || secrets === keys.length) return
  throw new KeyError(
    'ERR_KEY_TYPE',
    'This JWK set mixes secrets ("kty": "oct") with other keys; give each secret as { algorithm, key } in a list.',
  )
}

/** A key that was looked through, not yet imported. */
interface Loader {
  readonly algorithm: Algorithm
  readonly keyId: string | undefined
  load(): Promise<Key>
}

function prepare(named: VerificationKey): Loader {
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

/** What of a JWK set can be used, and what is wrong with the rest. */
export interface ImportedSet {
  readonly keys: readonly Key[]
  readonly refused: readonly KeyError[]
}

/**
 * Imports a JWK set that somebody else publishes, for the given algorithms. Unlike `staticKeys` it
 * leaves out a key that cannot be used, since one bad key must not lock out the tokens of the others,
 * and takes two keys of one id and algorithm, both of which are tried.
 */
export async function importJwkSet(
  set: { readonly keys: readonly unknown[] },
  algorithms: readonly Algorithm[],
): Promise<ImportedSet> {
  const imported = await Promise.all(set.keys.map((jwk) => importMember(jwk, algorithms)))
  const keys = imported.flatMap((member) => member.keys)
  // One key that is published twice is one key.
  const distinct = new Map(keys.map((key) => [identity(key), key]))
  return {
    keys: [...distinct.values()],
    refused: imported.flatMap((member) => member.refused),
  }
}

async function importMember(jwk: unknown, algorithms: readonly Algorithm[]): Promise<ImportedSet> {
  try {
    const picked = pickKeys({ keys: [jwk as Jwk] }, algorithms)
    const keys = picked.map(({ key, algorithm }) => importKey(key, algorithm, { use: 'verify' }))
    return { keys: await Promise.all(keys), refused: [] }
  } catch (cause) {
    if (cause instanceof KeyError) return { keys: [], refused: [cause] }
    const message = 'A key of this JWK set cannot be used; the cause says more.'
    return { keys: [], refused: [new KeyError('ERR_KEY_FORMAT', message, { cause })] }
  }
}

/** Written as JSON, so that no id can be mistaken for another id and something else. */
function identity(key: Key): string {
  const { algorithm, keyId, fingerprint } = key
  return JSON.stringify([algorithm, keyId, fingerprint, partsOf(key).issuer])
}

/** A key of a JWK set, and an algorithm that it verifies. */
export interface PickedKey {
  readonly algorithm: Algorithm
  readonly key: Jwk
}

/**
 * Picks from a JWK set the keys that may verify, each with its algorithm: the one that it names
 * itself, or else those of the given ones that fit it. Others, such as keys for encryption, are
 * passed over (RFC 7517 section 5). A secret is only taken for an HMAC that is among the given ones.
 *
 * @throws {KeyError} `ERR_KEY_PRIVATE` when there is a private key in the set.
 */
export function pickKeys(
  set: { readonly keys: readonly Jwk[] },
  algorithms: readonly Algorithm[],
): readonly PickedKey[] {
  return set.keys.flatMap((jwk) =>
    algorithms
      .filter((algorithm) => mayVerify(jwk, algorithm))
      .map((algorithm) => {
        if (jwk.kty !== 'oct' && isPrivateJwk(jwk)) throw privateInSet()
        return { algorithm, key: jwk }
      }),
  )
}

function mayVerify(jwk: unknown, algorithm: Algorithm): boolean {
  if (typeof jwk !== 'object' || jwk === null) return false
  const { kty, crv, alg, use, key_ops: operations, k }: Jwk = jwk
  const { family, curve, minBits = 0 } = algorithmFacts(algorithm)
  const set = family === 'AKP' ? alg : crv
  if (kty !== (family === 'HMAC' ? 'oct' : family) || set !== curve) return false
  if (use !== undefined && use !== 'sig') return false
  if (Array.isArray(operations) && !operations.includes('verify')) return false
  if (alg !== undefined) return isNameOf(alg, algorithm)
  // A secret that names no algorithm is for those whose hash it is long enough for.
  return family !== 'HMAC' || (typeof k === 'string' && k.length * 6 >= minBits)
}

function privateInSet(): KeyError {
  return new KeyError(
    'ERR_KEY_PRIVATE',
    'There is a private key in this JWK set; a set for verifying holds public keys. Where it was published, replace the key.',
  )
}

/** Finds the keys that may have signed a token. */
export interface KeyLookup {
  /** Changes whenever a key was removed or replaced: what it verified counts no longer. */
  readonly version: number
  /**
   * Gives the keys of that algorithm which go by that id, and those that go by none; without an id,
   * all keys of the algorithm. No such key: an empty list.
   */
  find(algorithm: Algorithm, keyId: string | undefined): readonly Key[] | Promise<readonly Key[]>
  /**
   * Looks once more, for newer keys of that algorithm and id, after none that `find` gave has verified a
   * token. It is for keys that come from elsewhere; leave it out where there are no others.
   */
  findNewer?(algorithm: Algorithm, keyId: string | undefined): Promise<readonly Key[]>
}
