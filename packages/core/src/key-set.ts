import { type Algorithm, requireAlgorithm } from './algorithms.ts'
import { describe, invalid } from './encoding/options.ts'
import { OptionError } from './errors.ts'
import type { JwkSet } from './keys/jwk.ts'
import type { KeyLookup } from './keys/lookup.ts'
import { type NamedKey, staticKeys } from './keys/static-keys.ts'

/**
 * What a verifier checks signatures with: keys and their algorithms, a JWK set, or a lookup such as a
 * `KeyRing`. For tokens of your own `TokenIssuer`, give its `keys`.
 */
export type VerifierKeys =
  | readonly NamedKey[]
  | JwkSet
  | (KeyLookup & { readonly algorithms?: readonly Algorithm[] })

/** The keys of one verifier, whatever form they were given in. */
export interface KeySet {
  readonly lookup: KeyLookup
  /** The algorithms that are allowed now; those of a key ring may change. */
  algorithms(): readonly Algorithm[]
  /** Does what can be done before the first token comes. */
  warmUp(): Promise<void>
}

/**
 * Resolves the options `keys` and `algorithms`.
 *
 * @throws {OptionError} when the keys are of no known form, or the algorithms are not named.
 */
export function resolveKeySet(keys: VerifierKeys, algorithms?: readonly Algorithm[]): KeySet {
  const named = algorithms === undefined ? undefined : requireAlgorithms(algorithms)
  if (keys === undefined || keys === null) {
    throw new OptionError('ERR_OPTION_REQUIRED', 'keys', '"keys" is required.')
  }
  if (isList(keys)) return fromList(keys, named)
  if (typeof keys !== 'object') throw unknownForm(keys)
  if ('keys' in keys && isLookup(keys.keys)) throw unknownForm(keys)
  if ('jwksUri' in keys || 'issuer' in keys) {
    throw invalid(
      'keys',
      '"keys" cannot be fetched over HTTP yet: give the JWK set itself, and name "algorithms".',
    )
  }
  if (isLookup(keys)) return fromLookup(keys, named)
  if ('keys' in keys && Array.isArray(keys.keys)) return fromJwkSet(keys, named)
  throw unknownForm(keys)
}

function fromList(keys: readonly NamedKey[], named: readonly Algorithm[] | undefined): KeySet {
  if (keys.length === 0) throw invalid('keys', '"keys" must hold at least one key.')
  const own = keys.map((entry) => requireAlgorithm(entry?.algorithm, 'keys[].algorithm'))
  return fixed(keys, named ?? [...new Set(own)])
}

function fromJwkSet(keys: JwkSet, named: readonly Algorithm[] | undefined): KeySet {
  if (named === undefined) throw algorithmsRequired('a JWK set')
  return fixed(keys, named)
}

function fromLookup(
  keys: KeyLookup & { readonly algorithms?: readonly Algorithm[] },
  named: readonly Algorithm[] | undefined,
): KeySet {
  if (named === undefined && keys.algorithms === undefined) throw algorithmsRequired('such keys')
  return {
    lookup: keys,
    // Asked for anew each time: a ring may have been given a key of another algorithm.
    algorithms: () => named ?? keys.algorithms ?? [],
    warmUp: async () => {},
  }
}

function fixed(keys: readonly NamedKey[] | JwkSet, algorithms: readonly Algorithm[]): KeySet {
  const lookup = staticKeys(keys, algorithms)
  return { lookup, algorithms: () => algorithms, warmUp: () => lookup.ready() }
}

function requireAlgorithms(value: readonly Algorithm[]): readonly Algorithm[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw invalid('algorithms', '"algorithms" must be a list that names at least one algorithm.')
  }
  return Object.freeze(value.map((one) => requireAlgorithm(one, 'algorithms')))
}

function algorithmsRequired(form: string): OptionError {
  return new OptionError(
    'ERR_OPTION_REQUIRED',
    'algorithms',
    `"algorithms" is required with ${form}: name what its tokens are signed with, such as ["RS256"].`,
  )
}

function unknownForm(value: unknown): OptionError {
  return invalid(
    'keys',
    `"keys" must be a list of { algorithm, key }, a JWK set, or a key ring, not ${describe(value)}. For a TokenIssuer write "keys: issuer.keys".`,
  )
}

function isLookup(
  value: unknown,
): value is KeyLookup & { readonly algorithms?: readonly Algorithm[] } {
  return typeof value === 'object' && value !== null && 'find' in value && !Array.isArray(value)
}

// Array.isArray does not narrow a readonly array away.
function isList(keys: VerifierKeys): keys is readonly NamedKey[] {
  return Array.isArray(keys)
}
