import { type Algorithm, algorithmFacts, isNameOf } from './algorithms.ts'
import { KeyError } from '../base/errors.ts'
import type { Jwk } from './jwk.ts'

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
        if (jwk.kty !== 'oct' && jwk.d !== undefined) throw privateInSet()
        return { algorithm, key: jwk }
      }),
  )
}

function mayVerify(jwk: unknown, algorithm: Algorithm): boolean {
  if (typeof jwk !== 'object' || jwk === null) return false
  const { kty, crv, alg, use, key_ops: operations, k }: Jwk = jwk
  const { family, curve, minBits = 0 } = algorithmFacts(algorithm)
  if (kty !== (family === 'HMAC' ? 'oct' : family) || crv !== curve) return false
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
