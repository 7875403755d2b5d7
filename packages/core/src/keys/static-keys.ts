import { type Algorithm, algorithmFacts } from '../algorithms.ts'
import { importKey } from './import.ts'
import type { Jwk, JwkSet } from './jwk.ts'
import type { Key } from './key.ts'
import type { KeyLookup } from './lookup.ts'
import type { KeyMaterial } from './material.ts'

/** A key and the one algorithm that it verifies. */
export interface NamedKey {
  readonly algorithm: Algorithm
  readonly key: KeyMaterial
  readonly keyId?: string
  readonly allowShortSecret?: boolean
}

/** Keys that stay as they are, as one {@link KeyLookup}. */
export interface StaticKeys extends KeyLookup {
  /** Imports the keys now rather than at the first token, and fails as that would. */
  ready(): Promise<void>
}

/**
 * Makes a lookup of keys that stay as they are.
 *
 * @param algorithms what the keys of a JWK set without `alg` may be used for.
 */
export function staticKeys(
  keys: readonly NamedKey[] | JwkSet,
  algorithms: readonly Algorithm[],
): StaticKeys {
  const named: readonly NamedKey[] = isList(keys)
    ? [...keys]
    : keys.keys.flatMap((jwk) => fitting(jwk, algorithms))
  let imported: Promise<readonly Key[]> | undefined
  const load = (): Promise<readonly Key[]> => {
    imported ??= Promise.all(
      named.map(({ algorithm, key, keyId, allowShortSecret = false }) =>
        importKey(key, algorithm, {
          use: 'verify',
          allowShortSecret,
          ...(keyId !== undefined && { keyId }),
        }),
      ),
    )
    return imported
  }
  return {
    version: 0,
    async find(algorithm, keyId) {
      return (await load()).filter(
        (key) =>
          key.algorithm === algorithm &&
          (keyId === undefined || key.keyId === undefined || key.keyId === keyId),
      )
    },
    async ready() {
      await load()
    },
  }
}

function fitting(jwk: Jwk, algorithms: readonly Algorithm[]): NamedKey[] {
  return algorithms
    .filter((algorithm) => {
      const { family, curve } = algorithmFacts(algorithm)
      if (jwk.alg !== undefined) return jwk.alg === algorithm
      return jwk.kty === family && jwk.crv === curve
    })
    .map((algorithm) => ({ algorithm, key: jwk }))
}

// Array.isArray does not narrow a readonly array away.
function isList<Item>(value: readonly Item[] | object): value is readonly Item[] {
  return Array.isArray(value)
}
