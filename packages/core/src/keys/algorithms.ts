import { describe, invalid } from '../base/options.ts'

/**
 * The signature algorithms of RFC 7518 section 3, RFC 8037, RFC 9864 and RFC 9964 that this library
 * knows. Ed448 and ML-DSA are there where the runtime has them, and only where they are asked for.
 */
export type Algorithm =
  | 'HS256'
  | 'HS384'
  | 'HS512'
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA'
  | 'Ed25519'
  | 'Ed448'
  | 'ML-DSA-44'
  | 'ML-DSA-65'
  | 'ML-DSA-87'

/** What kind of key an algorithm takes. */
export type KeyFamily = 'HMAC' | 'RSA' | 'EC' | 'OKP' | 'AKP'

/** One row of the algorithm table. */
export interface AlgorithmFacts {
  readonly family: KeyFamily
  /** The digest, as WebCrypto names it, where the algorithm leaves it open. */
  readonly hash?: 'SHA-256' | 'SHA-384' | 'SHA-512'
  /** What the secret or the modulus must have at the least, in bits. */
  readonly minBits?: number
  /** The only curve or parameter set that fits, as a JWK names it. */
  readonly curve?: 'P-256' | 'P-384' | 'P-521' | 'Ed25519' | 'Ed448' | MlDsa
  /** The signature's length in bytes, where the algorithm fixes it. */
  readonly signatureBytes?: number
  /** What WebCrypto calls it. */
  readonly webCrypto:
    | 'HMAC'
    | 'RSASSA-PKCS1-v1_5'
    | 'RSA-PSS'
    | 'ECDSA'
    | 'Ed25519'
    | 'Ed448'
    | MlDsa
}

type MlDsa = 'ML-DSA-44' | 'ML-DSA-65' | 'ML-DSA-87'

const HMAC = { family: 'HMAC', webCrypto: 'HMAC' } as const
const RSA = { family: 'RSA', webCrypto: 'RSASSA-PKCS1-v1_5', minBits: 2048 } as const
const PSS = { family: 'RSA', webCrypto: 'RSA-PSS', minBits: 2048 } as const
const EC = { family: 'EC', webCrypto: 'ECDSA' } as const
const OKP = {
  family: 'OKP',
  webCrypto: 'Ed25519',
  curve: 'Ed25519',
  signatureBytes: 64,
} as const

const mlDsa = (name: MlDsa, signatureBytes: number): [Algorithm, AlgorithmFacts] => [
  name,
  { family: 'AKP', webCrypto: name, curve: name, signatureBytes },
]

const TABLE: ReadonlyMap<string, AlgorithmFacts> = new Map<Algorithm, AlgorithmFacts>([
  ['HS256', { ...HMAC, hash: 'SHA-256', minBits: 256, signatureBytes: 32 }],
  ['HS384', { ...HMAC, hash: 'SHA-384', minBits: 384, signatureBytes: 48 }],
  ['HS512', { ...HMAC, hash: 'SHA-512', minBits: 512, signatureBytes: 64 }],
  ['RS256', { ...RSA, hash: 'SHA-256' }],
  ['RS384', { ...RSA, hash: 'SHA-384' }],
  ['RS512', { ...RSA, hash: 'SHA-512' }],
  ['PS256', { ...PSS, hash: 'SHA-256' }],
  ['PS384', { ...PSS, hash: 'SHA-384' }],
  ['PS512', { ...PSS, hash: 'SHA-512' }],
  ['ES256', { ...EC, hash: 'SHA-256', curve: 'P-256', signatureBytes: 64 }],
  ['ES384', { ...EC, hash: 'SHA-384', curve: 'P-384', signatureBytes: 96 }],
  ['ES512', { ...EC, hash: 'SHA-512', curve: 'P-521', signatureBytes: 132 }],
  ['EdDSA', OKP],
  ['Ed25519', OKP],
  ['Ed448', { family: 'OKP', webCrypto: 'Ed448', curve: 'Ed448', signatureBytes: 114 }],
  mlDsa('ML-DSA-44', 2420),
  mlDsa('ML-DSA-65', 3309),
  mlDsa('ML-DSA-87', 4627),
])

const NAMES = [...TABLE.keys()] as Algorithm[]

/** The algorithms that every runtime has, in the order of the table: all but Ed448 and ML-DSA. */
export const ALGORITHMS: readonly Algorithm[] = Object.freeze(NAMES.slice(0, -4))

/** Tells whether a value names a known algorithm, to the letter. `none` is no algorithm. */
export function isAlgorithm(value: unknown): value is Algorithm {
  return typeof value === 'string' && TABLE.has(value)
}

/** Tells whether a name means an algorithm. Ed25519 alone has two (RFC 8037, RFC 9864). */
export function isNameOf(name: unknown, algorithm: Algorithm): boolean {
  if (name === algorithm) return true
  return isAlgorithm(name) && TABLE.get(name) === OKP && TABLE.get(algorithm) === OKP
}

/** Looks an algorithm up. */
export function algorithmFacts(algorithm: Algorithm): AlgorithmFacts {
  const facts = TABLE.get(algorithm)
  if (facts === undefined) throw unknownAlgorithm(algorithm, 'algorithm')
  return facts
}

/** Checks an option that names an algorithm. */
export function requireAlgorithm(value: unknown, name: string): Algorithm {
  if (isAlgorithm(value)) return value
  throw unknownAlgorithm(value, name)
}

function unknownAlgorithm(value: unknown, name: string): Error {
  const got = typeof value === 'string' ? `"${value.slice(0, 16)}"` : describe(value)
  return invalid(name, `"${name}" must be one of ${NAMES.join(', ')}, not ${got}.`)
}
