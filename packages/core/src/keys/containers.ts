import { type Algorithm, algorithmFacts } from './algorithms.ts'
import type { KeyFacts } from './facts.ts'

/**
 * The little of DER (ITU-T X.690) that key files need: what key this is can be told, and an old
 * wrapping be replaced by the one that WebCrypto reads.
 */

/** The tags of the elements that keys are made of. */
export const Tag = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  sequence: 0x30,
} as const

/** One element: its tag, its content, and all of it. */
export interface DerElement {
  readonly tag: number
  readonly content: Uint8Array
  readonly whole: Uint8Array
}

/** Reads the elements that follow each other in bytes; `undefined` where they are no DER. */
export function readElements(bytes: Uint8Array): readonly DerElement[] | undefined {
  const elements: DerElement[] = []
  let at = 0
  while (at < bytes.length) {
    const tag = bytes[at] ?? 0
    const header = readLength(bytes, at + 1)
    if (header === undefined) return undefined
    const end = header.start + header.length
    if (end > bytes.length) return undefined
    elements.push({
      tag,
      content: bytes.subarray(header.start, end),
      whole: bytes.subarray(at, end),
    })
    at = end
  }
  return elements
}

/** Reads bytes that are one sequence and nothing after it. */
export function readSequence(bytes: Uint8Array): readonly DerElement[] | undefined {
  const elements = readElements(bytes)
  const [sequence] = elements ?? []
  if (elements?.length !== 1 || sequence?.tag !== Tag.sequence) return undefined
  return readElements(sequence.content)
}

function readLength(
  bytes: Uint8Array,
  at: number,
): { readonly start: number; readonly length: number } | undefined {
  const first = bytes[at]
  if (first === undefined) return undefined
  if (first < 0x80) return { start: at + 1, length: first }
  const size = first & 0x7f
  // No key needs more than three bytes of length.
  if (size === 0 || size > 3 || at + size >= bytes.length) return undefined
  let length = 0
  for (let index = 1; index <= size; index++) length = length * 256 + (bytes[at + index] ?? 0)
  return { start: at + 1 + size, length }
}

/** Writes one element. */
export function writeElement(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const length = contents.reduce((sum, content) => sum + content.length, 0)
  const header = [tag, ...lengthOctets(length)]
  const bytes = new Uint8Array(header.length + length)
  bytes.set(header)
  let at = header.length
  for (const content of contents) {
    bytes.set(content, at)
    at += content.length
  }
  return bytes
}

function lengthOctets(length: number): readonly number[] {
  if (length < 0x80) return [length]
  const octets: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256)
  return [0x80 | octets.length, ...octets]
}

/** Writes bytes as hexadecimal digits, which is how object identifiers are compared. */
function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Reads hexadecimal digits. */
export function fromHex(digits: string): Uint8Array {
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

/** Drops the zero bytes that a number starts with. */
export function trimZeros(number: Uint8Array): Uint8Array {
  const first = number.findIndex((byte) => byte !== 0)
  return first === -1 ? number.subarray(number.length) : number.subarray(first)
}

/** Counts the bits of a number written most significant byte first. */
export function bitLength(number: Uint8Array): number {
  const trimmed = trimZeros(number)
  const [first] = trimmed
  return first === undefined ? 0 : trimmed.length * 8 - Math.clz32(first) + 24
}

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
