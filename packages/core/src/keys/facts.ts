import { type Algorithm, algorithmFacts, type KeyFamily } from './algorithms.ts'
import { KeyError } from '../base/errors.ts'

/** What can be told of a key before it is imported. */
export interface KeyFacts {
  readonly type: 'private' | 'public' | 'secret'
  /** A family of the algorithm table, or the name of one that is not in it. */
  readonly family: KeyFamily | (string & {})
  /** As a JWK names it, or the name of one that no algorithm here uses. */
  readonly curve?: string | undefined
  /** Of the RSA modulus or of the secret. */
  readonly bits?: number | undefined
  /** Of an RSA key; one that is too large for a number is large enough. */
  readonly exponent?: number | undefined
  /** That the key is tied to, which only a `CryptoKey` is. */
  readonly hash?: string | undefined
}

/** What the key is wanted for. */
export interface KeyWish {
  readonly use?: 'sign' | 'verify' | undefined
  readonly allowShortSecret?: boolean | undefined
  /** Opens an encrypted private key. */
  readonly passphrase?: string | undefined
}

/** RFC 8017 allows 3; what is known of attacks on small exponents speaks against it. */
const MIN_EXPONENT = 65_537

/** Refuses a key that does not fit its algorithm, or cannot do what it is wanted for. */
export function requireFit(facts: KeyFacts, algorithm: Algorithm, wish: KeyWish): void {
  const { family, curve } = algorithmFacts(algorithm)
  if (facts.family !== family) {
    throw new KeyError('ERR_KEY_TYPE', `${algorithm} needs ${wanted(algorithm)}; ${given(facts)}.`)
  }
  if (curve !== undefined && facts.curve !== undefined && facts.curve !== curve) {
    throw new KeyError(
      'ERR_KEY_CURVE',
      `${algorithm} needs ${wanted(algorithm)}; this one is on ${facts.curve}.`,
    )
  }
  requireHash(facts, algorithm)
  requireSize(facts, algorithm, wish)
  if (wish.use === 'sign' && facts.type === 'public') {
    throw new KeyError('ERR_KEY_PUBLIC', 'Signing needs the private key; this is the public one.')
  }
}

function requireHash({ hash }: KeyFacts, algorithm: Algorithm): void {
  const facts = algorithmFacts(algorithm)
  if (hash === undefined || hash === facts.hash) return
  throw new KeyError(
    'ERR_KEY_TYPE',
    `${algorithm} needs a CryptoKey for ${facts.hash}; this one is tied to ${hash}.`,
  )
}

function requireSize(facts: KeyFacts, algorithm: Algorithm, wish: KeyWish): void {
  const { minBits = 0 } = algorithmFacts(algorithm)
  const { type, bits = minBits, exponent = MIN_EXPONENT } = facts
  if (type === 'secret') {
    if (bits === 0) throw new KeyError('ERR_KEY_EMPTY', 'The secret is empty.')
    if (bits >= minBits || wish.allowShortSecret === true) return
    throw new KeyError(
      'ERR_KEY_TOO_SHORT',
      `${algorithm} needs a secret of at least ${minBits / 8} bytes; this one has ${Math.floor(bits / 8)}. A vendor's shorter secret needs "allowShortSecret: true".`,
    )
  }
  if (bits < minBits) {
    throw new KeyError(
      'ERR_KEY_TOO_SHORT',
      `${algorithm} needs an RSA key of at least ${minBits} bits; this one has ${bits}.`,
    )
  }
  if (exponent < MIN_EXPONENT) {
    throw new KeyError(
      'ERR_KEY_EXPONENT',
      `The public exponent of this RSA key is ${exponent}; it must be at least ${MIN_EXPONENT}.`,
    )
  }
}

function wanted(algorithm: Algorithm): string {
  const { family, curve } = algorithmFacts(algorithm)
  if (family === 'HMAC') return 'a secret'
  if (family === 'RSA') return 'an RSA key'
  return family === 'EC' ? `an EC key on ${curve}` : `an ${curve} key`
}

function given({ type, family, curve }: KeyFacts): string {
  if (type === 'secret') return 'this is a secret'
  const name = (family === 'OKP' || family === 'AKP') && curve !== undefined ? curve : family
  return `this is the ${type} half of a key pair for ${name}`
}
