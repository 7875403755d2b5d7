import { type Algorithm, requireAlgorithm } from '../../keys/algorithms.ts'
import type { Clock } from '../../base/clock.ts'
import { describe, hasMethod, invalid } from '../../base/options.ts'
import { OptionError } from '../../base/errors.ts'
import type { JwkSet } from '../../keys/jwk.ts'
import {
  isPemsById,
  pickKeys,
  type KeyLookup,
  type PemsById,
  type VerificationKey,
  staticKeys,
} from '../../keys/static-keys.ts'
import { RemoteKeys } from '../remote-keys/remote-keys.ts'
import {
  publicKeyAlgorithms,
  type RemoteKeysOptions,
  type RemoteKeysEvent,
} from '../remote-keys/options.ts'

/**
 * What a verifier checks signatures with: keys and their algorithms, a JWK set, a map `{ kid: PEM }` of
 * public keys or certificates, the `jwksUri` of a set, an `issuer` that says itself where its keys are, or a lookup such as a `KeyRing`. For tokens of your
 * own `TokenIssuer`, give its `keys`.
 */
export type VerifierKeys =
  | readonly VerificationKey[]
  | JwkSet
  | PemsById
  | RemoteKeysOptions
  | (KeyLookup & { readonly algorithms?: readonly Algorithm[] })

/** The keys of one verifier, whatever form they were given in. */
export interface KeySet {
  readonly lookup: KeyLookup
  /** The algorithms that are allowed now; those of a key ring may change. */
  algorithms(): readonly Algorithm[]
  /** Does what can be done before the first token comes. */
  warmUp(): Promise<void>
  /** The keys that are fetched over HTTP, where they are. */
  readonly remote: FetchedKeys | undefined
}

/** What there is to do with keys that are fetched over HTTP. */
export type FetchedKeys = Pick<RemoteKeys, 'health' | 'reload' | 'snapshot' | 'warmUp'>

/** What keys that are fetched over HTTP take from their verifier. */
export interface KeySetContext {
  readonly clock: Clock
  readonly observe: ((event: RemoteKeysEvent) => void) | undefined
  /** Whose tokens the verifier accepts. `null`: anyone's. */
  readonly issuers: readonly string[] | null
}

/**
 * Resolves the options `keys` and `algorithms`.
 *
 * @throws {OptionError} when the keys are of no known form, or the algorithms are not named.
 */
export function resolveKeySet(
  keys: VerifierKeys,
  algorithms: readonly Algorithm[] | undefined,
  context: KeySetContext,
): KeySet {
  const named = algorithms === undefined ? undefined : requireAlgorithms(algorithms)
  if (keys === undefined || keys === null) {
    throw new OptionError('ERR_OPTION_REQUIRED', 'keys', '"keys" is required.')
  }
  if (isList(keys)) return fromList(keys, named)
  if (typeof keys !== 'object') throw unknownForm(keys)
  if (isPemsById(keys)) {
    if (named === undefined) throw algorithmsRequired('a map of keys')
    return fixed(keys, named)
  }
  if ('keys' in keys && isLookup(keys.keys)) throw unknownForm(keys)
  if (isLookup(keys)) return fromLookup(keys, named)
  if ('keys' in keys && Array.isArray(keys.keys)) return fromJwkSet(keys, named)
  if ('jwksUri' in keys || 'issuer' in keys) return fromRemote(keys, named, context)
  throw unknownForm(keys)
}

function fromList(
  keys: readonly VerificationKey[],
  named: readonly Algorithm[] | undefined,
): KeySet {
  if (keys.length === 0) throw invalid('keys', '"keys" must hold at least one key.')
  const own = [
    ...new Set(keys.map((entry) => requireAlgorithm(entry?.algorithm, 'keys[].algorithm'))),
  ]
  requireCommon(own, named)
  return fixed(keys, named ?? own)
}

function fromJwkSet(keys: JwkSet, named: readonly Algorithm[] | undefined): KeySet {
  if (named === undefined) throw algorithmsRequired('a JWK set')
  const set = fixed(keys, named)
  if (pickKeys(keys, named).length === 0) {
    throw invalid(
      'algorithms',
      `No key of this JWK set verifies ${named.join(' or ')}: nothing could ever be accepted. Look at "kty", "crv", "alg", "use" and "key_ops" of its keys.`,
    )
  }
  return set
}

function fromRemote(
  keys: RemoteKeysOptions,
  named: readonly Algorithm[] | undefined,
  { clock, observe, issuers }: KeySetContext,
): KeySet {
  if (typeof keys.issuer === 'string' && issuers !== null && !issuers.includes(keys.issuer)) {
    throw invalid(
      'keys.issuer',
      '"keys.issuer" must be one of those whose tokens are accepted, spelt as in "issuer".',
    )
  }
  const algorithms = keys.algorithms ?? (named && publicKeyAlgorithms(named))
  const remote = new RemoteKeys({
    clock,
    ...(observe !== undefined && { observe }),
    ...keys,
    ...(algorithms !== undefined && { algorithms }),
  })
  return fromLookup(remote, named)
}

function fromLookup(
  keys: KeyLookup & { readonly algorithms?: readonly Algorithm[] },
  named: readonly Algorithm[] | undefined,
): KeySet {
  if (named === undefined && keys.algorithms === undefined) throw algorithmsRequired('such keys')
  // What an issuer publishes may change; what a program was given is a mistake when it never fits.
  const remote = isFetched(keys) ? keys : undefined
  if (remote === undefined) requireCommon(keys.algorithms, named)
  return {
    lookup: keys,
    // Asked for anew each time: a ring may have been given a key of another algorithm.
    algorithms: () => named ?? keys.algorithms ?? [],
    warmUp: async () => remote?.warmUp(),
    remote,
  }
}

/** Keys that are fetched over HTTP, of this copy of the library or of another. */
function isFetched(keys: KeyLookup): keys is KeyLookup & FetchedKeys {
  return hasMethod(keys, 'warmUp') && hasMethod(keys, 'health')
}

function fixed(
  keys: readonly VerificationKey[] | JwkSet | PemsById,
  algorithms: readonly Algorithm[],
): KeySet {
  const lookup = staticKeys(keys, algorithms)
  return { remote: undefined, lookup, algorithms: () => algorithms, warmUp: () => lookup.ready() }
}

function requireAlgorithms(value: readonly Algorithm[]): readonly Algorithm[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw invalid('algorithms', '"algorithms" must be a list that names at least one algorithm.')
  }
  return Object.freeze(value.map((one) => requireAlgorithm(one, 'algorithms')))
}

/** Refuses keys that none of the allowed algorithms could ever use. */
function requireCommon(
  own: readonly Algorithm[] | undefined,
  named: readonly Algorithm[] | undefined,
): void {
  if (own === undefined || named === undefined) return
  if (named.some((algorithm) => own.includes(algorithm))) return
  throw invalid(
    'algorithms',
    `"algorithms" allows ${named.join(', ')} alone, and the keys are for ${own.join(', ') || 'nothing'}: nothing could ever be accepted.`,
  )
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
    `"keys" must be a list of { algorithm, key }, a JWK set, { kid: PEM }, { jwksUri }, { issuer }, or a key ring, not ${describe(value)}. For a TokenIssuer write "keys: issuer.keys".`,
  )
}

function isLookup(
  value: unknown,
): value is KeyLookup & { readonly algorithms?: readonly Algorithm[] } {
  return typeof value === 'object' && value !== null && 'find' in value && !Array.isArray(value)
}

// Array.isArray does not narrow a readonly array away.
function isList(keys: VerifierKeys): keys is readonly VerificationKey[] {
  return Array.isArray(keys)
}
