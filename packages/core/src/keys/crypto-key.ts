import type { CryptoKey } from 'jose'
import { type Algorithm, algorithmFacts } from './algorithms.ts'
import { toNumber } from './containers.ts'
import type { KeyFacts } from './facts.ts'

/** Tells a `CryptoKey` by its shape: it may come from another realm or another implementation. */
export function isCryptoKey(value: object): value is CryptoKey {
  return (
    'type' in value &&
    'extractable' in value &&
    typeof value.extractable === 'boolean' &&
    'usages' in value &&
    Array.isArray(value.usages) &&
    'algorithm' in value &&
    typeof value.algorithm === 'object'
  )
}

/** Reads what a `CryptoKey` says about itself. */
export function cryptoKeyFacts(key: CryptoKey, algorithm: Algorithm): KeyFacts {
  const { name, hash, namedCurve, modulusLength, publicExponent, length } =
    key.algorithm as CryptoKeyAlgorithm
  const { family, webCrypto, curve } = algorithmFacts(algorithm)
  return {
    type: key.type,
    // An RSA key for PSS is none for PKCS #1, though both are RSA.
    family: name === webCrypto ? family : name,
    curve: name === 'Ed25519' ? curve : namedCurve,
    bits: modulusLength ?? length,
    exponent: publicExponent && toNumber(publicExponent),
    hash: hash?.name,
  }
}

/** What `CryptoKey.algorithm` has for one kind of key or another. */
interface CryptoKeyAlgorithm {
  readonly name: string
  readonly hash?: { readonly name: string }
  readonly namedCurve?: string
  readonly modulusLength?: number
  readonly publicExponent?: Uint8Array
  readonly length?: number
}
