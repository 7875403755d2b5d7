import type { CryptoKey } from 'jose'
import { type Algorithm, algorithmFacts } from './algorithms.ts'
import { parseJsonObject } from '../base/json.ts'
import { KeyError } from '../base/errors.ts'
import {
  readPkcs1Private,
  readPkcs1Public,
  readPkcs8,
  readSec1,
  readSpki,
  type WrappedKey,
  toNumber,
  isKeyDer,
} from './containers.ts'
import { type KeyFacts, type KeyWish, requireFit } from './facts.ts'
import { decodeBase64url } from '../base/base64url.ts'
import type { Jwk } from './jwk.ts'
import { type ReadJwk, readJwk } from './jwk-reader.ts'
import { damaged, type PemBlock, readPem, sshKey, decodeBase64 } from './pem.ts'

/** Where a key comes from, once it is known what it is. */
export type KeySource =
  | { readonly format: 'jwk'; readonly numbers: ReadJwk['numbers'] }
  | { readonly format: 'pkcs8' | 'spki'; readonly der: Uint8Array }
  | { readonly format: 'secret'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly format: 'crypto-key'; readonly key: CryptoKey; readonly publicKey?: CryptoKey }

/** Material that was looked through and fits its algorithm, all of it without waiting. */
export interface PreparedKey {
  readonly source: KeySource
  readonly facts: KeyFacts
  /** The id that the material itself names. */
  readonly keyId?: string | undefined
  /** What the material says that it may be used for; `undefined` where it does not say. */
  readonly operations?: readonly string[] | undefined
}

/** Tells what a material is, and refuses what cannot be used. */
export function prepareKey(material: unknown, algorithm: Algorithm, wish: KeyWish): PreparedKey {
  const prepared =
    typeof material === 'string'
      ? fromText(material, algorithm)
      : fromObject(requireObject(material), algorithm)
  requireFit(prepared.facts, algorithm, wish)
  requireOperations(prepared, wish)
  return prepared
}

function requireObject(material: unknown): object {
  if (material === undefined || material === null) {
    throw new KeyError('ERR_KEY_EMPTY', `There is no key: the value is ${material}.`)
  }
  if (typeof material === 'object') return material
  throw new KeyError('ERR_KEY_FORMAT', `A key cannot be read from a ${typeof material}.`)
}

function fromText(text: string, algorithm: Algorithm): PreparedKey {
  if (text.length > MAX_TEXT)
    throw new KeyError('ERR_KEY_FORMAT', 'The text is too long for a key.')
  if (/^\s*\{/.test(text)) {
    const jwk = parseJsonObject(new TextEncoder().encode(text))
    if (jwk === undefined) {
      throw new KeyError('ERR_KEY_FORMAT', 'The text begins like a JWK, but it is no JSON object.')
    }
    return fromObject(jwk, algorithm)
  }
  const isSecretText = algorithmFacts(algorithm).family === 'HMAC' && !text.includes('-----BEGIN')
  if (isSecretText && text.trim() !== '') {
    throw new KeyError(
      'ERR_KEY_FORMAT',
      'A secret is given as bytes, { secret: bytes }, or as a JWK; text could be meant in several ways.',
    )
  }
  const block = readPem(text, algorithm)
  const { format, der, facts } = readBlock(block, algorithm)
  return { source: { format, der }, facts }
}

const MAX_TEXT = 65_536

function readBlock(block: PemBlock, algorithm: Algorithm): WrappedKey {
  const read = READERS.get(block.label)
  if (block.label === 'OPENSSH PRIVATE KEY') throw sshKey()
  if (read === undefined) {
    throw new KeyError('ERR_KEY_TYPE', 'The PEM holds a key of a kind that signs no tokens.')
  }
  const key = read(block.der, algorithm)
  if (key === undefined) throw damaged(block.oneLine)
  return key
}

type Reader = (der: Uint8Array, algorithm: Algorithm) => WrappedKey | undefined

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['PRIVATE KEY', readPkcs8],
  ['PUBLIC KEY', readSpki],
  ['RSA PRIVATE KEY', readPkcs1Private],
  ['RSA PUBLIC KEY', readPkcs1Public],
  ['EC PRIVATE KEY', readSec1],
])

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

function fromJwk(jwk: Jwk, algorithm: Algorithm): PreparedKey {
  const { numbers, facts, keyId, operations } = readJwk(jwk, algorithm)
  const rest = { facts, keyId, operations }
  if (numbers.k === undefined) return { source: { format: 'jwk', numbers }, ...rest }
  return { ...fromSecret(decodeBase64url(numbers.k)), ...rest }
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
    operations: key.usages,
  }
}

function fromPair(
  pair: { privateKey: unknown; publicKey: unknown },
  algorithm: Algorithm,
): PreparedKey {
  const { privateKey, publicKey } = pair
  const isPair = isCryptoKey(Object(privateKey)) && isCryptoKey(Object(publicKey))
  if (!isPair) throw notAKey(pair)
  const prepared = fromCryptoKey(privateKey as CryptoKey, algorithm)
  requireFit(cryptoKeyFacts(publicKey as CryptoKey, algorithm), algorithm, {})
  return {
    ...prepared,
    source: {
      format: 'crypto-key',
      key: privateKey as CryptoKey,
      publicKey: publicKey as CryptoKey,
    },
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
  return fromJwk(jwk as Jwk, algorithm)
}

function notAKey(material: object): KeyError {
  const known: readonly [boolean, string][] = [
    [
      material instanceof Uint8Array,
      'Bytes alone are no key; give PEM text, or { secret: bytes } for a secret.',
    ],
    ['then' in material, 'This is a promise of a key; await it first.'],
    ['keys' in material, 'This is a JWK set; give one of its keys.'],
  ]
  const [, message] = known.find(([applies]) => applies) ?? []
  return new KeyError(
    'ERR_KEY_FORMAT',
    message ?? 'This object is no key: neither a JWK, a CryptoKey, a KeyObject nor { secret }.',
  )
}

function requireOperations({ facts, operations }: PreparedKey, wish: KeyWish): void {
  if (operations === undefined) return
  const needed = neededOperations(facts.type, wish.use)
  if (needed.some((one) => operations.includes(one))) return
  throw new KeyError(
    'ERR_KEY_USE',
    `The key's own list of uses (key_ops or usages) does not have "${needed.join('" or "')}".`,
  )
}

function neededOperations(type: KeyFacts['type'], use: KeyWish['use']): readonly string[] {
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

/**
 * Copies a secret, and refuses one that is a key written down: HMAC keyed with a public key is what
 * an attacker can compute too.
 */
export function readSecret(secret: unknown): Uint8Array<ArrayBuffer> {
  if (!(secret instanceof Uint8Array)) {
    throw new KeyError(
      'ERR_KEY_FORMAT',
      'The secret must be bytes; for one that is text give { secret: new TextEncoder().encode(text) }.',
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
  if (isKeyDer(bytes)) return true
  // Zeros are left out, so that UTF-16 is seen through; any byte is a letter in Latin-1.
  const text = new TextDecoder('latin1').decode(bytes.filter((byte) => byte !== 0))
  if (isKeyText(text)) return true
  const decoded = decodeBase64(text.trim())
  if (decoded === undefined) return false
  return isKeyDer(decoded) || isKeyText(new TextDecoder('latin1').decode(decoded))
}

function isKeyText(text: string): boolean {
  return /-----\s*BEGIN|"kty"\s*:|ssh-(?:rsa|ed25519) AAAA|ecdsa-sha2-nistp\d+ AAAA/i.test(text)
}
