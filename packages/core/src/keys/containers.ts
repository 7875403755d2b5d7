import { type Algorithm, algorithmFacts } from './algorithms.ts'
import {
  bitLength,
  type DerElement,
  fromHex,
  hex,
  readSequence,
  Tag,
  trimZeros,
  writeElement,
} from './der.ts'
import type { KeyFacts } from './facts.ts'

/** A key in one of the two wrappings that WebCrypto reads, and what it is. */
export interface WrappedKey {
  readonly format: 'pkcs8' | 'spki'
  readonly der: Uint8Array
  readonly facts: KeyFacts
}

const RSA = '2a864886f70d010101'
const EC = '2a8648ce3d0201'

/** What a key is for, by the object identifier of its algorithm. */
const FAMILIES: ReadonlyMap<string, { readonly family: string; readonly curve?: string }> = new Map(
  [
    [RSA, { family: 'RSA' }],
    ['2a864886f70d01010a', { family: 'RSASSA-PSS' }],
    [EC, { family: 'EC' }],
    ['2b6570', { family: 'OKP', curve: 'Ed25519' }],
    ['2b6571', { family: 'OKP', curve: 'Ed448' }],
    ['2b656e', { family: 'OKP', curve: 'X25519' }],
    ['2b656f', { family: 'OKP', curve: 'X448' }],
    ['2a8648ce380401', { family: 'DSA' }],
  ],
)

const CURVES: ReadonlyMap<string, string> = new Map([
  ['2a8648ce3d030107', 'P-256'],
  ['2b81040022', 'P-384'],
  ['2b81040023', 'P-521'],
  ['2b8104000a', 'secp256k1'],
])

/** Reads a PKCS#8 private key (RFC 5208, and RFC 5958 without its extras). */
export function readPkcs8(der: Uint8Array): WrappedKey | undefined {
  const [version, identifier, octets] = readSequence(der) ?? []
  if (version?.tag !== Tag.integer || octets?.tag !== Tag.octetString) return undefined
  const named = readIdentifier(identifier)
  if (named === undefined) return undefined
  const rsa = named.family === 'RSA' ? rsaFacts(readSequence(octets.content)?.slice(1)) : {}
  if (rsa === undefined) return undefined
  // Written anew: some readers stop at a version 2, or at attributes.
  const content = [writeElement(Tag.integer, ZERO), named.whole, octets.whole]
  return {
    format: 'pkcs8',
    der: writeElement(Tag.sequence, ...content),
    facts: { type: 'private', family: named.family, curve: named.curve, ...rsa },
  }
}

/** Reads a public key with its algorithm (RFC 5280 section 4.1.2.7). */
export function readSpki(der: Uint8Array): WrappedKey | undefined {
  const [identifier, bits, ...rest] = readSequence(der) ?? []
  const named = readIdentifier(identifier)
  if (named === undefined || bits?.tag !== Tag.bitString || rest.length > 0) return undefined
  const rsa = named.family === 'RSA' ? rsaFacts(readSequence(bits.content.subarray(1))) : {}
  if (rsa === undefined) return undefined
  return {
    format: 'spki',
    der,
    facts: { type: 'public', family: named.family, curve: named.curve, ...rsa },
  }
}

/** Reads an RSA private key without its algorithm (RFC 8017 appendix A.1.2), and wraps it. */
export function readPkcs1Private(der: Uint8Array): WrappedKey | undefined {
  if (rsaFacts(readSequence(der)?.slice(1)) === undefined) return undefined
  return readPkcs8(wrapPrivate(RSA_IDENTIFIER, der))
}

/** Reads an RSA public key without its algorithm (RFC 8017 appendix A.1.1), and wraps it. */
export function readPkcs1Public(der: Uint8Array): WrappedKey | undefined {
  return readSpki(
    writeElement(
      Tag.sequence,
      writeElement(Tag.sequence, ...RSA_IDENTIFIER),
      writeElement(Tag.bitString, ZERO, der),
    ),
  )
}

/** Reads an EC private key without its algorithm (RFC 5915), and wraps it. */
export function readSec1(der: Uint8Array, algorithm: Algorithm): WrappedKey | undefined {
  const [version, octets, ...optional] = readSequence(der) ?? []
  if (version?.tag !== Tag.integer || octets?.tag !== Tag.octetString) return undefined
  const parameters = optional.find((element) => element.tag === 0xa0)
  const curve = parameters?.content ?? ownCurve(algorithm, octets.content.length)
  return curve && readPkcs8(wrapPrivate([writeElement(Tag.oid, fromHex(EC)), curve], der))
}

/** Tells whether bytes are a key or a certificate in DER, which is never a secret. */
export function isKeyDer(bytes: Uint8Array): boolean {
  if (readPkcs8(bytes) !== undefined || readSpki(bytes) !== undefined) return true
  const [first, second, third] = readSequence(bytes) ?? []
  if (first === undefined || second === undefined) return false
  const isPkcs1 = first.tag === Tag.integer && second.tag === Tag.integer
  const isSec1 = hex(first.whole) === '020101' && second.tag === Tag.octetString
  const isSealed = readIdentifier(first) !== undefined && second.tag === Tag.octetString
  const isCertificate = readIdentifier(second) !== undefined && third?.tag === Tag.bitString
  return isPkcs1 || isSec1 || isSealed || isCertificate
}

const ZERO: Uint8Array = Uint8Array.of(0)
const RSA_IDENTIFIER: readonly Uint8Array[] = [
  writeElement(Tag.oid, fromHex(RSA)),
  writeElement(Tag.null),
]

function wrapPrivate(identifier: readonly Uint8Array[], key: Uint8Array): Uint8Array {
  return writeElement(
    Tag.sequence,
    writeElement(Tag.integer, ZERO),
    writeElement(Tag.sequence, ...identifier),
    writeElement(Tag.octetString, key),
  )
}

/** Without parameters the algorithm's own curve is meant, if the number has its size. */
function ownCurve(algorithm: Algorithm, size: number): Uint8Array | undefined {
  const { curve, signatureBytes = 0 } = algorithmFacts(algorithm)
  const [oid] = [...CURVES].find(([, name]) => name === curve) ?? []
  if (oid === undefined || size !== signatureBytes / 2) return undefined
  return writeElement(Tag.oid, fromHex(oid))
}

interface Identifier {
  readonly family: string
  readonly curve: string | undefined
  readonly whole: Uint8Array
}

function readIdentifier(element: DerElement | undefined): Identifier | undefined {
  if (element === undefined) return undefined
  const [oid, parameters] = readSequence(element.whole) ?? []
  if (oid?.tag !== Tag.oid) return undefined
  const known = FAMILIES.get(hex(oid.content)) ?? { family: 'another algorithm' }
  const curve = known.family === 'EC' ? curveName(parameters) : known.curve
  return { family: known.family, curve, whole: element.whole }
}

function curveName(parameters: DerElement | undefined): string {
  if (parameters?.tag !== Tag.oid) return 'a curve without a name'
  return CURVES.get(hex(parameters.content)) ?? 'another curve'
}

/** Of the elements of an RSA key, from the modulus on. */
function rsaFacts(elements: readonly DerElement[] | undefined): Partial<KeyFacts> | undefined {
  const [modulus, exponent] = elements ?? []
  if (modulus?.tag !== Tag.integer || exponent?.tag !== Tag.integer) return undefined
  return { bits: bitLength(modulus.content), exponent: toNumber(exponent.content) }
}

/** Reads a number; one that is too large comes out as the largest. */
export function toNumber(bytes: Uint8Array): number {
  const trimmed = trimZeros(bytes)
  if (trimmed.length > 6) return Number.MAX_SAFE_INTEGER
  return trimmed.reduce((number, byte) => number * 256 + byte, 0)
}
