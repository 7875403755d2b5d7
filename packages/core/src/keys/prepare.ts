import type { KeyObject } from 'node:crypto'
import type { CryptoKey } from 'jose'
import { decodeBase64url, encodeBase64url, nodeCrypto } from '../base/base64url.ts'
import { parseJsonObject } from '../base/json.ts'
import { KeyError } from '../base/errors.ts'
import { type Algorithm, algorithmFacts } from './algorithms.ts'
import { derKind, fromHex, readDer, toNumber, wrapSeed } from './der.ts'
import { type KeyFacts, type KeyWish, requireFit } from './facts.ts'
import { type Jwk, type KeyNumbers, readJwk } from './jwk.ts'
import {
  certificate,
  damaged,
  decodeBase64,
  isPem,
  noPem,
  readKeyText,
  readPem,
  sshKey,
} from './pem.ts'

/** Where a key comes from, once it is known what it is. */
export type KeySource =
  | { readonly format: 'jwk'; readonly numbers: KeyNumbers; readonly keyObject?: KeyObject }
  | { readonly format: 'pkcs8' | 'spki'; readonly der: Uint8Array }
  | { readonly format: 'secret'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly format: 'crypto-key'; readonly key: CryptoKey; readonly publicKey?: CryptoKey }

/** Material that was looked through and fits its algorithm, all of it without waiting. */
export interface PreparedKey {
  readonly source: KeySource
  readonly facts: KeyFacts
  /** The id that the material itself names. */
  readonly keyId?: string | undefined
  /** The issuer that the material itself names. */
  readonly issuer?: string | undefined
  /** What the material says that it may be used for; `undefined` where it does not say. */
  readonly usages?: readonly string[] | undefined
}

/** What a key is read for. */
type Purpose = KeyWish & { readonly algorithm: Algorithm }

/** Tells what a material is, and refuses what cannot be used. */
export function prepareKey(material: unknown, algorithm: Algorithm, wish: KeyWish): PreparedKey {
  const purpose = { ...wish, algorithm }
  const prepared = readMaterial(material, purpose)
  requireFit(prepared.facts, algorithm, wish)
  requireUsages(prepared, wish)
  return prepared
}

function readMaterial(material: unknown, purpose: Purpose): PreparedKey {
  if (material === undefined || material === null) {
    throw new KeyError('ERR_KEY_EMPTY', `There is no key: the value is ${material}.`)
  }
  if (typeof material === 'string') return fromText(material, purpose)
  if (material instanceof Uint8Array) return fromBytes(material, purpose)
  if (typeof material === 'object') return fromObject(material, purpose.algorithm)
  throw new KeyError('ERR_KEY_FORMAT', `A key cannot be read from a ${typeof material}.`)
}

const MAX_TEXT = 65_536

function fromText(given: string, purpose: Purpose): PreparedKey {
  const { algorithm, use } = purpose
  if (given.length > MAX_TEXT) {
    throw new KeyError('ERR_KEY_FORMAT', 'The text is too long for a key.')
  }
  const text = readKeyText(given)
  if (text.startsWith('{')) return fromJson(text, algorithm)
  if (text === '') throw new KeyError('ERR_KEY_EMPTY', 'The key is an empty text.')
  if (isPem(text)) return fromPem(text, purpose)
  if (algorithmFacts(algorithm).family === 'HMAC') {
    throw new KeyError(
      'ERR_KEY_FORMAT',
      "A secret is given as bytes, { secret: bytes }, or as a JWK; text could be meant in several ways. Write { secret: new TextEncoder().encode(text) } for the characters themselves, or { secret: Buffer.from(text, 'base64') } for what they stand for.",
    )
  }
  const bytes = /^(?:[0-9a-f]{2})+$/i.test(text) ? fromHex(text) : decodeBase64(text)
  // Without padding it could be the path of a file, or anything.
  const isPlain = text.endsWith('=') || /^[0-9a-f]+$/i.test(text)
  const prepared = bytes && ((isPlain && fromRaw(bytes, purpose)) || fromDer(bytes, purpose))
  // Base64 alone says what it is to whoever expects it: a private key anyone, a public one a verifier.
  if (prepared?.facts.type === 'private' || (prepared && use === 'verify')) return prepared
  throw noPem(text, algorithm)
}

function fromJson(text: string, algorithm: Algorithm): PreparedKey {
  const jwk = parseJsonObject(new TextEncoder().encode(text))
  if (jwk !== undefined) return fromObject(jwk, algorithm)
  throw new KeyError('ERR_KEY_FORMAT', 'The text begins like a JWK, but it is no JSON object.')
}

/** Reads what stands in a key file: text as text, and DER. It is never taken for a secret. */
function fromBytes(bytes: Uint8Array, purpose: Purpose): PreparedKey {
  const prepared = fromDer(bytes, purpose) ?? fromRaw(bytes, purpose)
  if (prepared !== undefined) return prepared
  const text = decodeText(bytes)
  // oxlint-disable-next-line no-control-regex -- text has none of these
  if (text !== undefined && !/[\0-\x08\x0e-\x1f\x7f]/.test(text)) return fromText(text, purpose)
  throw new KeyError(
    'ERR_KEY_FORMAT',
    'Bytes alone are no key; give PEM text, or { secret: bytes } for a secret.',
  )
}

function decodeText(bytes: Uint8Array): string | undefined {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe
  try {
    return new TextDecoder(isUtf16 ? 'utf-16le' : 'utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function fromPem(text: string, purpose: Purpose): PreparedKey {
  const { label, der, sealed, oneLine } = readPem(text)
  if (label === 'OPENSSH PRIVATE KEY' || label.startsWith('SSH2')) throw sshKey()
  const prepared = sealed === undefined ? fromDer(der, purpose) : fromSealed(sealed, purpose)
  if (prepared !== undefined) return prepared
  if (label.includes('CERTIFICATE')) {
    throw certificate('This is a certificate, not a key, and its own key cannot be read')
  }
  if (/^(?:(?:RSA |EC |ENCRYPTED )?PRIVATE|(?:RSA )?PUBLIC) KEY$/.test(label))
    throw damaged(oneLine)
  throw new KeyError('ERR_KEY_TYPE', 'The PEM holds a key of a kind that signs no tokens.')
}

/** Reads a key by its structure, whatever label it came under. */
function fromDer(der: Uint8Array, purpose: Purpose): PreparedKey | undefined {
  const kind = derKind(der)
  if (kind === 'encrypted') return fromSealed(der, purpose)
  if (kind === 'certificate' && purpose.use === 'sign') throw certificate()
  const key = readDer(der, purpose.algorithm)
  return key && { source: { format: key.format, der: key.der }, facts: key.facts }
}

/** Opens an encrypted key: DER of PKCS #8, or the PEM text of the old kind. */
function fromSealed(key: string | Uint8Array, purpose: Purpose): PreparedKey | undefined {
  const { passphrase } = purpose
  if (passphrase === undefined) {
    throw new KeyError(
      'ERR_KEY_ENCRYPTED',
      'The private key is encrypted; give importKey the option "passphrase", or decrypt it first, for example with openssl pkey -in FILE -out FILE.',
    )
  }
  const node = nodeCrypto()
  if (node === undefined) {
    throw new KeyError(
      'ERR_KEY_ENCRYPTED',
      'This runtime opens no encrypted keys; decrypt it first, for example with openssl pkey -in FILE -out FILE.',
    )
  }
  try {
    const opened =
      typeof key === 'string'
        ? node.createPrivateKey({ key, passphrase })
        : node.createPrivateKey({ key: Buffer.from(key), format: 'der', type: 'pkcs8', passphrase })
    return fromDer(opened.export({ type: 'pkcs8', format: 'der' }), purpose)
  } catch {
    // The cause may tell of what was tried.
    throw new KeyError(
      'ERR_KEY_ENCRYPTED',
      'The private key is encrypted, and the passphrase does not open it.',
    )
  }
}

function rawCurve(algorithm: Algorithm): { curve: 'Ed25519' | 'Ed448'; size: number } | undefined {
  const { curve } = algorithmFacts(algorithm)
  if (curve === 'Ed25519') return { curve, size: 32 }
  return curve === 'Ed448' ? { curve, size: 57 } : undefined
}

function isRawSize(length: number, algorithm: Algorithm): boolean {
  const { size } = rawCurve(algorithm) ?? {}
  return size !== undefined && (length === size || length === size * 2)
}

/** Reads the bare bytes of an EdDSA key (RFC 8032): a seed, a public key, or the one behind the other. */
function fromRaw(bytes: Uint8Array, { algorithm, use }: Purpose): PreparedKey | undefined {
  const { curve, size } = rawCurve(algorithm) ?? {}
  if (curve === undefined || size === undefined || !isRawSize(bytes.length, algorithm)) {
    return undefined
  }
  const facts = { family: 'OKP', curve } as const
  const halves = {
    x: encodeBase64url(bytes.slice(-size)),
    d: encodeBase64url(bytes.slice(0, size)),
  }
  if (bytes.length > size) {
    const numbers = { kty: 'OKP', crv: curve, ...halves }
    return { source: { format: 'jwk', numbers }, facts: { ...facts, type: 'private' } }
  }
  if (use === undefined) {
    throw new KeyError(
      'ERR_KEY_FORMAT',
      `${size} bytes may be the seed of an ${curve} key or its public half; say which: use: 'sign' for the seed, use: 'verify' for the public half.`,
    )
  }
  return use === 'sign'
    ? {
        source: { format: 'pkcs8', der: wrapSeed(bytes, curve) },
        facts: { ...facts, type: 'private' },
      }
    : {
        source: { format: 'jwk', numbers: { kty: 'OKP', crv: curve, x: halves.x } },
        facts: { ...facts, type: 'public' },
      }
}

function fromObject(material: object, algorithm: Algorithm): PreparedKey {
  if ('kty' in material) return fromJwk(material as Jwk, algorithm)
  if (isCryptoKey(material)) return fromCryptoKey(material, algorithm)
  if ('privateKey' in material && 'publicKey' in material) return fromPair(material, algorithm)
  if ('secret' in material) return fromSecret(material.secret)
  if ('export' in material && typeof material.export === 'function') {
    return fromKeyObject(material as { export(options: object): unknown }, algorithm)
  }
  throw notAKey(material)
}

function fromJwk(jwk: Jwk, algorithm: Algorithm, keyObject?: KeyObject): PreparedKey {
  const { numbers, ...rest } = readJwk(jwk, algorithm)
  if (numbers.k !== undefined) return { ...fromSecret(decodeBase64url(numbers.k)), ...rest }
  return { source: { format: 'jwk', numbers, ...(keyObject && { keyObject }) }, ...rest }
}

function fromSecret(secret: unknown): PreparedKey {
  const bytes = readSecret(secret)
  return {
    source: { format: 'secret', bytes },
    facts: { type: 'secret', family: 'HMAC', bits: bytes.length * 8 },
  }
}

function fromCryptoKey(key: CryptoKey, algorithm: Algorithm): PreparedKey {
  return {
    source: { format: 'crypto-key', key },
    facts: cryptoKeyFacts(key, algorithm),
    usages: key.usages,
  }
}

function fromPair(
  pair: { privateKey: unknown; publicKey: unknown },
  algorithm: Algorithm,
): PreparedKey {
  const { privateKey: key, publicKey } = pair
  if (!isCryptoKey(Object(key)) || !isCryptoKey(Object(publicKey))) throw notAKey(pair)
  requireFit(cryptoKeyFacts(publicKey as CryptoKey, algorithm), algorithm, {})
  return {
    ...fromCryptoKey(key as CryptoKey, algorithm),
    source: { format: 'crypto-key', key: key as CryptoKey, publicKey: publicKey as CryptoKey },
  }
}

function fromKeyObject(
  key: { export(options: object): unknown },
  algorithm: Algorithm,
): PreparedKey {
  let jwk: unknown
  try {
    jwk = key.export({ format: 'jwk' })
  } catch (cause) {
    throw new KeyError(
      'ERR_KEY_TYPE',
      `This KeyObject is of a kind that ${algorithm} cannot use.`,
      { cause },
    )
  }
  const node = nodeCrypto()
  const own = node && key instanceof node.KeyObject ? key : undefined
  return fromJwk(jwk as Jwk, algorithm, own)
}

function notAKey(material: object): KeyError {
  const known: readonly [boolean, string][] = [
    ['then' in material, 'This is a promise of a key; await it first.'],
    ['keys' in material, 'This is a JWK set; give one of its keys.'],
  ]
  const [, message] = known.find(([applies]) => applies) ?? []
  return new KeyError(
    'ERR_KEY_FORMAT',
    message ?? 'This object is no key: neither a JWK, a CryptoKey, a KeyObject nor { secret }.',
  )
}

function requireUsages({ facts, usages }: PreparedKey, wish: KeyWish): void {
  if (usages === undefined) return
  const needed = neededUsages(facts.type, wish.use)
  if (needed.some((one) => usages.includes(one))) return
  throw new KeyError(
    'ERR_KEY_USE',
    `The key's own list of uses (key_ops or usages) does not have "${needed.join('" or "')}".`,
  )
}

function neededUsages(type: KeyFacts['type'], use: KeyWish['use']): readonly string[] {
  if (type === 'public') return ['verify']
  if (type === 'private') return use === 'verify' ? ['verify', 'sign'] : ['sign']
  return use === undefined ? ['sign', 'verify'] : [use]
}

/** Tells a `CryptoKey` by its shape: it may come from another realm or another implementation. */
function isCryptoKey(value: object): value is CryptoKey {
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
function cryptoKeyFacts(key: CryptoKey, algorithm: Algorithm): KeyFacts {
  const { name, hash, namedCurve, modulusLength, publicExponent, length } =
    key.algorithm as CryptoKeyAlgorithm
  const { family, webCrypto, curve } = algorithmFacts(algorithm)
  return {
    type: key.type,
    // An RSA key for PSS is none for PKCS #1, though both are RSA.
    family: name === webCrypto ? family : name,
    curve: name === webCrypto ? (namedCurve ?? curve) : namedCurve,
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

/**
 * Copies a secret, and refuses one that is a key written down: HMAC keyed with a public key is what
 * an attacker can compute too.
 */
export function readSecret(secret: unknown): Uint8Array<ArrayBuffer> {
  if (!(secret instanceof Uint8Array)) {
    throw new KeyError(
      'ERR_KEY_FORMAT',
      "The secret must be bytes; for one that is text write { secret: new TextEncoder().encode(text) }, or { secret: Buffer.from(text, 'base64') } where the text is base64.",
    )
  }
  if (secret.length === 0) throw new KeyError('ERR_KEY_EMPTY', 'The secret is empty.')
  if (isWrittenKey(secret)) {
    throw new KeyError(
      'ERR_KEY_TYPE',
      'The bytes of this secret are a key of another kind (PEM, DER, SSH or JWK); import that as what it is.',
    )
  }
  return new Uint8Array(secret)
}

function isWrittenKey(bytes: Uint8Array): boolean {
  if (derKind(bytes) !== undefined) return true
  // Zeros are left out, so that UTF-16 is seen through; any byte is a letter in Latin-1.
  const text = new TextDecoder('latin1').decode(bytes.filter((byte) => byte !== 0))
  if (isKeyText(text)) return true
  const decoded = decodeBase64(text.trim())
  if (decoded === undefined) return false
  return derKind(decoded) !== undefined || isKeyText(new TextDecoder('latin1').decode(decoded))
}

function isKeyText(text: string): boolean {
  return /-----\s*BEGIN|"kty"\s*:|ssh-(?:rsa|ed25519) AAAA|ecdsa-sha2-nistp\d+ AAAA/i.test(text)
}
