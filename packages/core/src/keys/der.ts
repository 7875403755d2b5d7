import { invalid } from '../base/options.ts'
import { KeyError } from '../base/errors.ts'
import { type Algorithm, algorithmFacts } from './algorithms.ts'
import type { KeyFacts } from './facts.ts'

/**
 * The little of DER (ITU-T X.690) that key files need: what key this is can be told on every runtime,
 * and an old wrapping be replaced by the one that platforms read. Reading the key itself is theirs.
 */

const INTEGER = 0x02
const BIT_STRING = 0x03
const OCTET_STRING = 0x04
const OID = 0x06
const SEQUENCE = 0x30
/** The first optional member of a structure: a curve's name, or a certificate's version. */
const FIRST_OPTION = 0xa0

/** One element: its tag, its content, and all of it. */
export interface DerElement {
  readonly tag: number
  readonly content: Uint8Array
  readonly whole: Uint8Array
}

/** Reads the elements that follow each other in bytes; `undefined` where they are no DER. */
export function readElements(bytes: Uint8Array): readonly DerElement[] | undefined {
  const elements: DerElement[] = []
  for (let at = 0; at < bytes.length; ) {
    const header = readLength(bytes, at + 1)
    if (header === undefined) return undefined
    const end = header.start + header.length
    if (end > bytes.length) return undefined
    const content = bytes.subarray(header.start, end)
    elements.push({ tag: bytes[at] ?? 0, content, whole: bytes.subarray(at, end) })
    at = end
  }
  return elements
}

/** Reads bytes that are one sequence and nothing after it. */
export function readSequence(bytes: Uint8Array): readonly DerElement[] | undefined {
  const elements = readElements(bytes)
  const [sequence] = elements ?? []
  if (elements?.length !== 1 || sequence?.tag !== SEQUENCE) return undefined
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

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Writes bytes as hexadecimal digits, which is how object identifiers are compared. */
function toHex(bytes: Uint8Array): string {
  let digits = ''
  for (const byte of bytes) digits += HEX[byte]
  return digits
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

/** Reads a number; one that is too large comes out as the largest. */
export function toNumber(bytes: Uint8Array): number {
  const trimmed = trimZeros(bytes)
  if (trimmed.length > 6) return Number.MAX_SAFE_INTEGER
  return trimmed.reduce((number, byte) => number * 256 + byte, 0)
}

/** A key in one of the two wrappings that platforms read, and what it is. */
export interface WrappedKey {
  readonly format: 'pkcs8' | 'spki'
  readonly der: Uint8Array
  readonly facts: KeyFacts
}

/** What a structure is, whatever label it came under. */
export type DerKind = 'pkcs8' | 'spki' | 'pkcs1' | 'sec1' | 'encrypted' | 'certificate'

/** Tells a key or a certificate by its structure, which is never a secret. */
export function derKind(bytes: Uint8Array): DerKind | undefined {
  const [first, second, third] = readSequence(bytes) ?? []
  if (first === undefined || second === undefined) return undefined
  if (first.tag === INTEGER) {
    if (second.tag === INTEGER) return 'pkcs1'
    if (second.tag === OCTET_STRING) return toHex(first.whole) === '020101' ? 'sec1' : undefined
    return isIdentifier(second) && third?.tag === OCTET_STRING ? 'pkcs8' : undefined
  }
  if (isIdentifier(first)) {
    if (second.tag === OCTET_STRING) return 'encrypted'
    return second.tag === BIT_STRING && third === undefined ? 'spki' : undefined
  }
  return isIdentifier(second) && third?.tag === BIT_STRING ? 'certificate' : undefined
}

/**
 * Reads a key that is not encrypted, or the key of a certificate, and brings it into the wrapping that
 * platforms read. The algorithm names the curve of a key that does not.
 */
export function readDer(der: Uint8Array, algorithm: Algorithm): WrappedKey | undefined {
  const kind = derKind(der)
  if (kind === 'pkcs8') return readPkcs8(der)
  if (kind === 'spki') return readSpki(der)
  if (kind === 'sec1') return readSec1(der, algorithm)
  if (kind === 'certificate') return readCertificate(der)
  if (kind !== 'pkcs1') return undefined
  const isPublic = readSequence(der)?.length === 2
  return isPublic
    ? readSpki(writeElement(SEQUENCE, writeElement(SEQUENCE, ...RSA_IDENTIFIER), writeBits(der)))
    : readPkcs8(wrapPrivate(RSA_IDENTIFIER, der))
}

/** Reads a PKCS#8 private key (RFC 5208, and RFC 5958 without its extras). */
function readPkcs8(der: Uint8Array): WrappedKey | undefined {
  const [, identifier, octets] = readSequence(der) ?? []
  const named = readIdentifier(identifier)
  if (named === undefined || octets === undefined) return undefined
  const rsa = named.family === 'RSA' ? rsaFacts(readSequence(octets.content)?.slice(1)) : {}
  if (rsa === undefined) return undefined
  // Written anew: some readers stop at a version 2, or at attributes.
  const content = [writeElement(INTEGER, ZERO), named.whole, octets.whole]
  return {
    format: 'pkcs8',
    der: writeElement(SEQUENCE, ...content),
    facts: { type: 'private', family: named.family, curve: named.curve, ...rsa },
  }
}

/** Reads a public key with its algorithm (RFC 5280 section 4.1.2.7). */
function readSpki(der: Uint8Array): WrappedKey | undefined {
  const [identifier, bits] = readSequence(der) ?? []
  const named = readIdentifier(identifier)
  if (named === undefined || bits === undefined) return undefined
  const rsa = named.family === 'RSA' ? rsaFacts(readSequence(bits.content.subarray(1))) : {}
  if (rsa === undefined) return undefined
  return {
    format: 'spki',
    der,
    facts: { type: 'public', family: named.family, curve: named.curve, ...rsa },
  }
}

/** Reads an EC private key without its algorithm (RFC 5915), and wraps it. */
function readSec1(der: Uint8Array, algorithm: Algorithm): WrappedKey | undefined {
  const [, octets, ...optional] = readSequence(der) ?? []
  const parameters = optional.find((element) => element.tag === FIRST_OPTION)
  const curve = parameters?.content ?? ownCurve(algorithm, octets?.content.length)
  return curve && readPkcs8(wrapPrivate([writeElement(OID, fromHex(EC)), curve], der))
}

/** Takes the key out of a certificate (RFC 5280 section 4.1), of which nothing else is looked at. */
function readCertificate(der: Uint8Array): WrappedKey | undefined {
  const [signed] = readSequence(der) ?? []
  const members = signed && readSequence(signed.whole)
  const [key] = members?.slice(members[0]?.tag === FIRST_OPTION ? 6 : 5) ?? []
  return key && derKind(key.whole) === 'spki' ? readSpki(key.whole) : undefined
}

/** Wraps the seed of a key whose private half is nothing else (RFC 8410 section 7). */
export function wrapSeed(seed: Uint8Array, curve: 'Ed25519' | 'Ed448'): Uint8Array {
  const oid = writeElement(OID, fromHex(curve === 'Ed25519' ? ED25519 : ED448))
  return wrapPrivate([oid], writeElement(OCTET_STRING, seed))
}

const RSA = '2a864886f70d010101'
const EC = '2a8648ce3d0201'
const ED25519 = '2b6570'
const ED448 = '2b6571'

/** What a key is for, by the object identifier of its algorithm. */
const FAMILIES: ReadonlyMap<string, { readonly family: string; readonly curve?: string }> = new Map(
  [
    [RSA, { family: 'RSA' }],
    ['2a864886f70d01010a', { family: 'RSASSA-PSS' }],
    [EC, { family: 'EC' }],
    [ED25519, { family: 'OKP', curve: 'Ed25519' }],
    [ED448, { family: 'OKP', curve: 'Ed448' }],
    ['2b656e', { family: 'OKP', curve: 'X25519' }],
    ['2b656f', { family: 'OKP', curve: 'X448' }],
    ['608648016503040311', { family: 'AKP', curve: 'ML-DSA-44' }],
    ['608648016503040312', { family: 'AKP', curve: 'ML-DSA-65' }],
    ['608648016503040313', { family: 'AKP', curve: 'ML-DSA-87' }],
    ['2a8648ce380401', { family: 'DSA' }],
  ],
)

const CURVES: ReadonlyMap<string, string> = new Map([
  ['2a8648ce3d030107', 'P-256'],
  ['2b81040022', 'P-384'],
  ['2b81040023', 'P-521'],
  ['2b8104000a', 'secp256k1'],
])

const ZERO: Uint8Array = Uint8Array.of(0)
const RSA_IDENTIFIER: readonly Uint8Array[] = [
  writeElement(OID, fromHex(RSA)),
  // NULL for parameters.
  writeElement(0x05),
]

function writeBits(content: Uint8Array): Uint8Array {
  return writeElement(BIT_STRING, ZERO, content)
}

function wrapPrivate(identifier: readonly Uint8Array[], key: Uint8Array): Uint8Array {
  return writeElement(
    SEQUENCE,
    writeElement(INTEGER, ZERO),
    writeElement(SEQUENCE, ...identifier),
    writeElement(OCTET_STRING, key),
  )
}

/** Without parameters the algorithm's own curve is meant, if the number has its size. */
function ownCurve(algorithm: Algorithm, size: number | undefined): Uint8Array | undefined {
  const { curve, signatureBytes = 0 } = algorithmFacts(algorithm)
  const [oid] = [...CURVES].find(([, name]) => name === curve) ?? []
  if (oid === undefined || size !== signatureBytes / 2) return undefined
  return writeElement(OID, fromHex(oid))
}

interface Identifier {
  readonly family: string
  readonly curve: string | undefined
  readonly whole: Uint8Array
}

function isIdentifier(element: DerElement): boolean {
  return readSequence(element.whole)?.[0]?.tag === OID
}

function readIdentifier(element: DerElement | undefined): Identifier | undefined {
  if (element === undefined) return undefined
  const [oid, parameters] = readSequence(element.whole) ?? []
  if (oid?.tag !== OID) return undefined
  const known = FAMILIES.get(toHex(oid.content)) ?? { family: 'another algorithm' }
  const curve = known.family === 'EC' ? curveName(parameters) : known.curve
  return { family: known.family, curve, whole: element.whole }
}

function curveName(parameters: DerElement | undefined): string {
  if (parameters?.tag !== OID) return 'a curve without a name'
  return CURVES.get(toHex(parameters.content)) ?? 'another curve'
}

/** Of the elements of an RSA key, from the modulus on. */
function rsaFacts(elements: readonly DerElement[] | undefined): Partial<KeyFacts> | undefined {
  const [modulus, exponent] = elements ?? []
  if (modulus?.tag !== INTEGER || exponent?.tag !== INTEGER) return undefined
  return { bits: bitLength(modulus.content), exponent: toNumber(exponent.content) }
}

/**
 * Turns an ECDSA signature in DER, as most KMS and HSM give it, into the form that JWS has (RFC 7518
 * section 3.4).
 *
 * @throws {OptionError} `ERR_OPTION_INVALID` when the algorithm is not ECDSA.
 * @throws {KeyError} `ERR_KEY_SIGNER` when the bytes are no such signature.
 *
 * @example
 * ```ts
 * import { ecdsaFromDer, type SigningKey } from '@mayfly/core'
 *
 * declare const kms: { sign(data: Uint8Array): Promise<Uint8Array> }
 * const key: SigningKey = {
 *   algorithm: 'ES256',
 *   sign: async (data) => ecdsaFromDer(await kms.sign(data), 'ES256'),
 * }
 * ```
 */
export function ecdsaFromDer(signature: Uint8Array, algorithm: Algorithm): Uint8Array {
  const { family, signatureBytes = 0 } = algorithmFacts(algorithm)
  if (family !== 'EC') throw invalid('algorithm', `"algorithm" must be ES256, ES384 or ES512.`)
  const elements = readSequence(signature) ?? []
  const numbers = elements.map(({ content }) => trimZeros(content))
  const size = signatureBytes / 2
  if (
    elements.length !== 2 ||
    elements.some(({ tag }) => tag !== INTEGER) ||
    numbers.some(({ length }) => length > size)
  ) {
    throw new KeyError('ERR_KEY_SIGNER', `The signer gave no ${algorithm} signature in DER.`)
  }
  const joined = new Uint8Array(signatureBytes)
  numbers.forEach((number, index) => joined.set(number, size * (index + 1) - number.length))
  return joined
}
