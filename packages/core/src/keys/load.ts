import type { CryptoKey } from 'jose'
import { KeyError } from '../base/errors.ts'
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
import { type Algorithm, algorithmFacts, requireAlgorithm } from './algorithms.ts'
import { type Jwk, MAX_KEY_ID, publicNumbers } from './jwk.ts'
import { adoptKey, Key, partsOf, type SigningKey } from './key.ts'
import { generateNumbers, loadKey, type LoadOptions, writeDer } from './make-key.ts'
import { prepareKey } from './prepare.ts'

/**
 * Imports a key for one algorithm. The algorithm is always named, and never taken from the material.
 *
 * PEM text is also taken as environment variables and word processors leave it: on one line, with its
 * line ends written as the two characters `\n`, in quotes, with other dashes, or the whole of it in
 * base64. What a key is goes by what is in it, whatever label stands on it: PKCS #8, SPKI, PKCS #1,
 * SEC 1, an X.509 certificate (for verifying; nothing of it but its key is looked at), and PKCS #8 in
 * base64 without BEGIN and END. Bytes are the content of a key file, DER or text, never a secret. Text
 * that begins with `{` is a JWK. A secret for HMAC is `{ secret: bytes }`, and may not be a key of
 * another kind written down. The 32 bytes of an Ed25519 key are a seed with `use: 'sign'`, and a public
 * key with `use: 'verify'`.
 *
 * A private key gives its public half as well, and is tried once against it. One that cannot be
 * exported (a `CryptoKey` with `extractable: false`) has no fingerprint of its own and no
 * `publicJwk()`, unless the pair `{ privateKey, publicKey }` is given.
 *
 * @throws {KeyError} `ERR_KEY_EMPTY`, `ERR_KEY_LOST_NEWLINES`, `ERR_KEY_FORMAT`, `ERR_KEY_ENCRYPTED`,
 * `ERR_KEY_CERTIFICATE`, `ERR_KEY_PUBLIC`, `ERR_KEY_PRIVATE`, `ERR_KEY_TYPE`, `ERR_KEY_CURVE`,
 * `ERR_KEY_TOO_SHORT` (RSA below 2048 bits, a secret shorter than the hash), `ERR_KEY_EXPONENT` (RSA,
 * below 65537), `ERR_KEY_USE` (`use`, `key_ops`, `alg` of a JWK, `usages` of a `CryptoKey`) or
 * `ERR_KEY_UNSUPPORTED` (Ed448 and ML-DSA, where the runtime does not have them).
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
  refuseUnknownOptions(options, IMPORT_OPTIONS, 'importKey')
  const wish = {
    algorithm,
    keyId: optionalString(options.keyId, 'keyId', MAX_KEY_ID),
    use: options.use === undefined ? undefined : requireOneOf(options.use, 'use', USES),
    allowShortSecret: optionalBoolean(options.allowShortSecret, 'allowShortSecret'),
    passphrase: optionalString(options.passphrase, 'passphrase'),
    extractable: optionalBoolean(options.extractable, 'extractable'),
  }
  if (isExternalSigner(material)) return importSigner(material, wish)
  if (material instanceof Key) return adoptKey(material, wish)
  return loadKey(prepareKey(material, algorithm, wish), wish)
}

const USES = ['sign', 'verify'] as const

/** The options of {@link importKey}, by name. */
export const IMPORT_OPTIONS: readonly string[] = [
  'keyId',
  'use',
  'allowShortSecret',
  'passphrase',
  'extractable',
]

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
  const { facts } = partsOf(half)
  return new Key({ algorithm, keyId, type: 'private', facts, fingerprint, publicJwk, operations })
}

function publicHalf({ publicJwk }: { readonly publicJwk: unknown }): Jwk {
  if (typeof publicJwk === 'object' && publicJwk !== null) return publicJwk
  throw invalid(
    'publicJwk',
    `A signer needs its public half as "publicJwk" here; it is ${describe(publicJwk)}.`,
  )
}

/** What {@link generateKey} may be told. */
export interface GenerateKeyOptions {
  /** The key's id. Default: its fingerprint; for a secret a random one. */
  readonly keyId?: string
  /** Lets {@link exportKey} give the private half or the secret out again. Default `false`. */
  readonly extractable?: boolean
}

/**
 * Makes a new key for an algorithm: a pair (RSA of 2048 bits), or a secret as long as the hash.
 *
 * @throws {OptionError} for an unknown algorithm or option.
 * @throws {KeyError} `ERR_KEY_UNSUPPORTED` where the runtime does not have the algorithm.
 *
 * @example
 * ```ts
 * import { generateKey } from '@mayfly/core'
 *
 * const key = await generateKey('EdDSA')
 * console.log(key.publicJwk())
 * ```
 */
export async function generateKey(
  algorithm: Algorithm,
  options: GenerateKeyOptions = {},
): Promise<Key> {
  requireAlgorithm(algorithm, 'algorithm')
  requireOptions(options, 'generateKey')
  refuseUnknownOptions(options, ['keyId', 'extractable'], 'generateKey')
  const keyId = optionalString(options.keyId, 'keyId', MAX_KEY_ID)
  const extractable = optionalBoolean(options.extractable, 'extractable')
  const { family, minBits = 0 } = algorithmFacts(algorithm)
  if (family === 'HMAC') {
    const secret = crypto.getRandomValues(new Uint8Array(minBits / 8))
    const prepared = prepareKey({ secret }, algorithm, {})
    return loadKey(prepared, { algorithm, keyId: keyId ?? crypto.randomUUID(), extractable })
  }
  const key = await loadKey(await generateNumbers(algorithm), { algorithm, extractable })
  return key.withKeyId(keyId ?? key.fingerprint)
}

/**
 * Writes a key down again: as PEM (PKCS #8, or SPKI for a public key), or as a JWK with `alg`, `use` and
 * `kid`, both of which {@link importKey} takes. Private keys and secrets are written only where they
 * were made or imported with `extractable: true`.
 *
 * @throws {KeyError} `ERR_KEY_NOT_EXTRACTABLE` for any other, and `ERR_KEY_TYPE` for a secret as PEM.
 * @throws {OptionError} for another format.
 *
 * @example
 * ```ts
 * import { exportKey, generateKey } from '@mayfly/core'
 *
 * const key = await generateKey('ES256', { extractable: true })
 * const pem = await exportKey(key, 'pem')
 * ```
 */
export async function exportKey(key: Key, format: 'pem'): Promise<string>
export async function exportKey(key: Key, format: 'jwk'): Promise<Jwk>
export async function exportKey(key: Key, format: 'pem' | 'jwk'): Promise<string | Jwk> {
  requireOneOf(format, 'format', ['pem', 'jwk'])
  if (!(key instanceof Key))
    throw new KeyError(
      'ERR_KEY_FORMAT',
      'Only a key made by importKey or generateKey can be exported.',
    )
  const { algorithm, keyId, type } = key
  const { exportNumbers, publicJwk } = partsOf(key)
  const numbers = type === 'public' ? publicJwk && publicNumbers(publicJwk) : exportNumbers?.()
  if (numbers === undefined) {
    throw new KeyError(
      'ERR_KEY_NOT_EXTRACTABLE',
      'This key stays where it is: it was not made or imported with "extractable: true".',
    )
  }
  if (format === 'jwk') {
    return { ...numbers, alg: algorithm, use: 'sig', ...(keyId !== undefined && { kid: keyId }) }
  }
  if (type === 'secret') {
    throw new KeyError('ERR_KEY_TYPE', 'There is no PEM of a secret; export it as a JWK.')
  }
  return writePem(`${type.toUpperCase()} KEY`, await writeDer(numbers, algorithm))
}

function writePem(label: string, der: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...der))
  const lines = base64.match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
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
 * What a key can be imported from: the text or the bytes of a key file (PEM, DER), a JWK, a `CryptoKey`
 * or a pair of them, a Node `KeyObject`, a secret as `{ secret }`, a key that was
 * imported before, or a signer outside of this process with its public half.
 */
export type KeyMaterial =
  | string
  | Uint8Array
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
  /** Opens an encrypted private key. On Node.js only. */
  readonly passphrase?: string
  /** Lets {@link exportKey} give the private half or the secret out again. Default `false`. */
  readonly extractable?: boolean
}
