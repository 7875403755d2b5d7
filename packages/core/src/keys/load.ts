import type { CryptoKey, JWK } from 'jose'
import { calculateJwkThumbprint } from 'jose/jwk/thumbprint'
import { type Algorithm, algorithmFacts, requireAlgorithm } from './algorithms.ts'
import { encodeBase64url } from '../base/base64url.ts'
import { KeyError } from '../base/errors.ts'
import { type PublicJwk, MAX_KEY_ID, type Jwk } from './jwk.ts'
import { publicNumbers, type ReadJwk, readNumbers } from './jwk-reader.ts'
import { cannotVerify, Key, type KeyOperations, cannotSign, type SigningKey } from './key.ts'
import {
  nodeCrypto,
  nodeHmacOperations,
  exportNumbers,
  importDer,
  importNumbers,
  importSecret,
  webCryptoOperations,
} from './web-crypto.ts'
import { type KeySource, type PreparedKey, readSecret, prepareKey } from './prepare.ts'
import {
  describe,
  hasMethod,
  invalid,
  optionalBoolean,
  optionalString,
  refuseUnknownOptions,
  requireOneOf,
  requireOptions,
} from '../base/options.ts'

/** How a prepared key is to come out. */
export interface LoadOptions {
  readonly algorithm: Algorithm
  readonly keyId?: string | undefined
  /** With `'verify'` the private half is left behind. */
  readonly use?: 'sign' | 'verify' | undefined
}

/** Makes a {@link Key} of material that was found to fit. */
export async function loadKey(prepared: PreparedKey, options: LoadOptions): Promise<Key> {
  const { source } = prepared
  const named = { ...options, keyId: options.keyId ?? prepared.keyId }
  try {
    if (source.format === 'secret') return await loadSecret(source.bytes, prepared, named)
    if (source.format === 'crypto-key') return await loadCryptoKey(source, prepared, named)
    if (source.format === 'jwk') return await loadNumbers(source.numbers, named)
    const numbers = await exportNumbers(await importDer(source, options.algorithm))
    return await loadNumbers(readNumbers(numbers).numbers, named)
  } catch (cause) {
    if (cause instanceof KeyError) throw cause
    throw new KeyError('ERR_KEY_FORMAT', 'What this key is made of does not make a valid key.', {
      cause,
    })
  }
}

async function loadSecret(
  bytes: Uint8Array<ArrayBuffer>,
  prepared: PreparedKey,
  { algorithm, keyId, use }: LoadOptions,
): Promise<Key> {
  const node = nodeCrypto()
  const operations =
    node === undefined
      ? webCryptoOperations(algorithm, await importSecret(bytes, algorithm))
      : nodeHmacOperations(node, algorithm, bytes)
  return new Key({
    algorithm,
    keyId,
    type: 'secret',
    fingerprint: await calculateJwkThumbprint({ kty: 'oct', k: encodeBase64url(bytes) }),
    operations: restrict(operations, prepared, use),
  })
}

async function loadNumbers(numbers: ReadJwk['numbers'], options: LoadOptions): Promise<Key> {
  const { algorithm, use } = options
  const isPrivate = numbers.d !== undefined && use !== 'verify'
  const signing = isPrivate ? await importNumbers(numbers, algorithm, 'sign') : undefined
  const verifying = await importNumbers(publicNumbers(numbers), algorithm, 'verify')
  return makeKey({ signing, verifying, numbers: publicNumbers(numbers) }, options)
}

async function loadCryptoKey(
  source: KeySource & { readonly format: 'crypto-key' },
  prepared: PreparedKey,
  options: LoadOptions,
): Promise<Key> {
  const { key, publicKey = key.type === 'public' ? key : undefined } = source
  const { algorithm, use } = options
  if (key.type === 'secret') {
    if (key.extractable) return loadSecret(await exportSecret(key), prepared, options)
    const operations = webCryptoOperations(algorithm, { signing: key, verifying: key })
    return new Key({
      ...options,
      type: 'secret',
      fingerprint: randomFingerprint(),
      operations: restrict(operations, prepared, use),
    })
  }
  if (publicKey === undefined && key.extractable) {
    return loadNumbers(readNumbers(await exportNumbers(key)).numbers, options)
  }
  const signing = key.type === 'private' && use !== 'verify' ? key : undefined
  const numbers = publicKey?.extractable
    ? publicNumbers(readNumbers(await exportNumbers(publicKey)).numbers)
    : undefined
  return makeKey({ signing, verifying: publicKey, numbers }, options)
}

/** What is known of both halves of a pair. */
interface KeyParts {
  readonly signing: CryptoKey | undefined
  readonly verifying: CryptoKey | undefined
  readonly numbers: ReadJwk['numbers'] | undefined
}

async function makeKey(halves: KeyParts, { algorithm, keyId, use }: LoadOptions): Promise<Key> {
  const { signing, verifying, numbers } = halves
  if (verifying === undefined && use === 'verify') throw cannotVerify('private')
  const operations = webCryptoOperations(algorithm, { signing, verifying })
  await requirePair(operations)
  return new Key({
    algorithm,
    keyId,
    type: signing === undefined ? 'public' : 'private',
    fingerprint:
      numbers === undefined ? randomFingerprint() : await calculateJwkThumbprint(numbers as JWK),
    operations,
    publicJwk: numbers && ({ ...numbers, alg: algorithm, use: 'sig' } as PublicJwk),
  })
}

/** Signs once and looks: nothing else tells that both halves are of one pair. */
async function requirePair({ sign, verify }: KeyOperations): Promise<void> {
  if (sign === undefined || verify === undefined) return
  const probe = new TextEncoder().encode('mayfly')
  if (await verify(probe, await sign(probe))) return
  throw new KeyError('ERR_KEY_FORMAT', 'The private and the public half are not of one pair.')
}

function restrict(
  { sign, verify }: KeyOperations,
  { operations }: PreparedKey,
  use: LoadOptions['use'],
): KeyOperations {
  const may = (one: string): boolean => operations?.includes(one) ?? true
  return {
    sign: may('sign') && use !== 'verify' ? sign : undefined,
    verify: may('verify') ? verify : undefined,
  }
}

async function exportSecret(key: CryptoKey): Promise<Uint8Array<ArrayBuffer>> {
  return readSecret(new Uint8Array(await crypto.subtle.exportKey('raw', key)))
}

function randomFingerprint(): string {
  return encodeBase64url(crypto.getRandomValues(new Uint8Array(32)))
}

/**
 * Imports a key for one algorithm. The algorithm is always named, and never taken from the material.
 *
 * PEM text is also taken as environment variables carry it: on one line, with its line ends written
 * as the two characters `\n`, in quotes, or the whole of it in base64. Text that begins with `{` is a
 * JWK. A secret for HMAC is bytes, never text, and may not be a key of another kind written down.
 *
 * A private key gives its public half as well, and is tried once against it. One that cannot be
 * exported (a `CryptoKey` with `extractable: false`) has no fingerprint of its own and no
 * `publicJwk()`, unless the pair `{ privateKey, publicKey }` is given.
 *
 * @throws {KeyError} `ERR_KEY_EMPTY`, `ERR_KEY_LOST_NEWLINES`, `ERR_KEY_FORMAT`, `ERR_KEY_ENCRYPTED`,
 * `ERR_KEY_CERTIFICATE`, `ERR_KEY_PUBLIC`, `ERR_KEY_PRIVATE`, `ERR_KEY_TYPE`, `ERR_KEY_CURVE`,
 * `ERR_KEY_TOO_SHORT` (RSA below 2048 bits, a secret shorter than the hash), `ERR_KEY_EXPONENT` (RSA,
 * below 65537) or `ERR_KEY_USE` (`use`, `key_ops`, `alg` of a JWK, `usages` of a `CryptoKey`).
 * @throws {OptionError} for an unknown algorithm or option.
 *
 * @example
 * ```ts
 * import { importKey } from '@mayfly/core'
 *
 * declare const pem: string
 * const key = await importKey(pem, 'ES256', { keyId: '2X9R4HXF34', use: 'sign' })
 * ```
 */
export async function importKey(
  material: KeyMaterial,
  algorithm: Algorithm,
  options: ImportKeyOptions = {},
): Promise<Key> {
  requireAlgorithm(algorithm, 'algorithm')
  requireOptions(options, 'importKey')
  refuseUnknownOptions(options, ['keyId', 'use', 'allowShortSecret'], 'importKey')
  const keyId = optionalString(options.keyId, 'keyId', MAX_KEY_ID)
  const use =
    options.use === undefined ? undefined : requireOneOf(options.use, 'use', ['sign', 'verify'])
  const allowShortSecret = optionalBoolean(options.allowShortSecret, 'allowShortSecret')
  if (isExternalSigner(material)) return importSigner(material, { algorithm, keyId, use })
  if (material instanceof Key) return adoptKey(material, { algorithm, keyId, use })
  const prepared = prepareKey(material, algorithm, { use, allowShortSecret })
  return loadKey(prepared, { algorithm, keyId, use })
}

/** Tells an external signer from keys and from what keys are made of. */
export function isExternalSigner(material: unknown): material is ExternalSigner {
  return hasMethod(material, 'sign') && !(material instanceof Key)
}

/** Makes a key whose private half stays where it is. Its first signature shows that the halves fit. */
async function importSigner(signer: ExternalSigner, options: LoadOptions): Promise<Key> {
  const { algorithm, keyId = signer.keyId, use } = options
  if (signer.algorithm !== algorithm) {
    throw new KeyError(
      'ERR_KEY_TYPE',
      `The signer says ${signer.algorithm}, and ${algorithm} is needed.`,
    )
  }
  const half = await importKey(publicHalf(signer), algorithm, { use: 'verify' })
  if (half.type !== 'public') {
    throw new KeyError('ERR_KEY_PRIVATE', 'The "publicJwk" of the signer has a private key in it.')
  }
  const { signatureBytes } = algorithmFacts(algorithm)
  const verify = (data: Uint8Array, signature: Uint8Array): Promise<boolean> =>
    half.verify(data, signature)
  let isKnown = false
  const sign = async (data: Uint8Array): Promise<Uint8Array> => {
    const signature = await signer.sign(data)
    // What has another form is refused where all signatures are.
    const hasForm = signature instanceof Uint8Array && signature.length === signatureBytes
    if (isKnown || !(hasForm || signatureBytes === undefined)) return signature
    isKnown = await verify(data, signature)
    if (isKnown) return signature
    throw new KeyError('ERR_KEY_SIGNER', 'The signer and its "publicJwk" are not of one pair.')
  }
  const { kid: _ownId, ...publicJwk } = half.publicJwk()
  const operations = { sign: use === 'verify' ? undefined : sign, verify }
  const { fingerprint } = half
  return new Key({ algorithm, keyId, type: 'private', fingerprint, publicJwk, operations })
}

function publicHalf({ publicJwk }: { readonly publicJwk: unknown }): Jwk {
  if (typeof publicJwk === 'object' && publicJwk !== null) return publicJwk
  throw invalid(
    'publicJwk',
    `A signer needs its public half as "publicJwk" here; it is ${describe(publicJwk)}.`,
  )
}

/** Takes a key that was imported before, for the algorithm that it was imported for. */
export function adoptKey(
  key: Key,
  wish: { algorithm: Algorithm; keyId?: string | undefined; use?: 'sign' | 'verify' | undefined },
): Key {
  const { algorithm, keyId, use } = wish
  if (key.algorithm !== algorithm) {
    throw new KeyError(
      'ERR_KEY_TYPE',
      `This key was imported for ${key.algorithm}; import it again for ${algorithm}.`,
    )
  }
  if (use === 'sign' && !key.canSign) throw cannotSign(key.type)
  if (use === 'verify' && !key.canVerify) throw cannotVerify(key.type)
  return keyId === undefined || keyId === key.keyId ? key : key.withKeyId(keyId)
}

/**
 * A private key that never leaves its KMS, its HSM or another process, with its public half.
 *
 * @example
 * ```ts
 * import { type ExternalSigner, importKey, KeyRing, TokenIssuer } from '@mayfly/core'
 *
 * export async function issuerOf(signer: ExternalSigner): Promise<TokenIssuer> {
 *   const keys = new KeyRing([await importKey(signer, signer.algorithm)])
 *   return new TokenIssuer({ issuer: 'https://auth.example.com', keys })
 * }
 * ```
 */
export interface ExternalSigner extends SigningKey {
  /** The public half, as its KMS gives it. */
  readonly publicJwk: Jwk
}

/** A secret for HMAC, as bytes. */
export interface SecretMaterial {
  readonly secret: Uint8Array
}

/** Both halves of a key pair, as `crypto.subtle.generateKey` gives them. */
export interface KeyPairMaterial {
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}

/** What of a Node `KeyObject` is needed to know one and to read it. */
export interface KeyObjectLike {
  readonly type: string
  /** Gives the key as a JWK. */
  export(options: { format: 'jwk' }): unknown
}

/**
 * What a key can be imported from: PEM text (PKCS#8, SPKI, PKCS#1, SEC1), a JWK, a `CryptoKey` or a
 * pair of them, a Node `KeyObject`, a secret as bytes, a key that was imported before, or a signer outside
 * of this process with its public half.
 */
export type KeyMaterial =
  | string
  | Jwk
  | CryptoKey
  | KeyPairMaterial
  | KeyObjectLike
  | SecretMaterial
  | ExternalSigner
  | Key

/** What {@link importKey} may be told beside material and algorithm. */
export interface ImportKeyOptions {
  /** The key's id, the `kid` of the header. Default: the JWK's own `kid`. */
  readonly keyId?: string
  /** What the key is needed for: a public key that is to sign is refused at once. */
  readonly use?: 'sign' | 'verify'
  /** Accepts a vendor's HMAC secret that is shorter than the hash. Default `false`. */
  readonly allowShortSecret?: boolean
}
