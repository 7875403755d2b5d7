import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto'
import { type Algorithm, importKey, isAlgorithm, type Jwk, type Key, KeyError } from '@mayfly/core'

/** A key that was read, and what it is. */
export interface ReadKey {
  readonly object: KeyObject
  readonly type: 'private' | 'public' | 'secret'
  /** For people: `EC P-256`, `RSA 2048`. */
  readonly kind: string
  /** The one that it names itself, or the usual one for its kind. */
  readonly algorithm: Algorithm
  /** Where it came as a JWK. */
  readonly jwk: Jwk | undefined
}

const CURVES: Readonly<Record<string, readonly [curve: string, algorithm: Algorithm]>> = {
  prime256v1: ['P-256', 'ES256'],
  secp384r1: ['P-384', 'ES384'],
  secp521r1: ['P-521', 'ES512'],
}

/**
 * Reads a key from PEM or a JWK, in whatever way environment variables and consoles have treated it.
 *
 * @throws {KeyError} which says what is wrong with it.
 */
export async function readKeyText(raw: string): Promise<ReadKey> {
  const text = repaired(raw)
  const jwk = text.startsWith('{') ? parseJwk(text) : undefined
  try {
    const object = jwk === undefined ? pemObject(text) : jwkObject(jwk)
    return describeKey(object, jwk)
  } catch (error) {
    if (error instanceof KeyError) throw error
    // The core says in one sentence what is wrong with a text.
    await importKey(jwk ?? text, 'ES256', { use: 'sign' })
    throw new KeyError('ERR_KEY_FORMAT', 'The key cannot be read.')
  }
}

/** Imports a key that was read, so that it can tell its thumbprint and its public half. */
export async function importRead(
  { object, jwk, algorithm }: ReadKey,
  options: { readonly algorithm?: Algorithm | undefined; readonly keyId?: string | undefined } = {},
): Promise<Key> {
  const { algorithm: named = algorithm, keyId = jwk?.kid } = options
  const { kid: _, alg: __, ...bare } = jwk ?? { ...object.export({ format: 'jwk' }) }
  return importKey(bare, named, keyId === undefined ? {} : { keyId })
}

/** Tells what a key is. */
export function describeKey(object: KeyObject, jwk?: Jwk): ReadKey {
  const { type } = object
  const { kind, algorithm } = kindOf(object)
  const named = jwk?.alg
  return { object, type, kind, jwk, algorithm: isAlgorithm(named) ? named : algorithm }
}

function kindOf(object: KeyObject): { kind: string; algorithm: Algorithm } {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = object
  if (object.type === 'secret') {
    return { kind: `secret of ${object.symmetricKeySize ?? 0} bytes`, algorithm: 'HS256' }
  }
  if (type === 'rsa')
    return { kind: `RSA ${details.modulusLength ?? ''}`.trim(), algorithm: 'RS256' }
  if (type === 'ed25519') return { kind: 'Ed25519', algorithm: 'EdDSA' }
  const [curve, algorithm] = CURVES[details.namedCurve ?? ''] ?? []
  if (curve !== undefined && algorithm !== undefined) return { kind: `EC ${curve}`, algorithm }
  throw new KeyError(
    'ERR_KEY_TYPE',
    `This is a key for ${details.namedCurve ?? type ?? 'another algorithm'}, with which no token is signed here.`,
  )
}

const WRITTEN_LINE_END = /(?:\\+r)?\\+n|\\+r/g

function repaired(raw: string): string {
  const trimmed = raw.replace(/^\uFEFF/, '').trim()
  const unquoted = /^(["']).*\1$/s.test(trimmed) ? trimmed.slice(1, -1).trim() : trimmed
  const decoded = /^[A-Za-z0-9+/=\s]+$/.test(unquoted)
    ? Buffer.from(unquoted, 'base64').toString('utf8').trim()
    : ''
  const text = /^(?:-----BEGIN|\{)/.test(decoded) ? decoded : unquoted
  return text.startsWith('{') ? text : text.replaceAll(WRITTEN_LINE_END, '\n')
}

function parseJwk(text: string): Jwk {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new KeyError('ERR_KEY_FORMAT', 'The key begins with "{", but is no JSON.')
  }
  if (typeof value === 'object' && value !== null && 'keys' in value) {
    throw new KeyError('ERR_KEY_FORMAT', 'This is a set of keys; give one of them.')
  }
  return value as Jwk
}

function pemObject(text: string): KeyObject {
  if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(text)) return createPrivateKey(text)
  if (/-----BEGIN CERTIFICATE-----/.test(text)) throw new TypeError('a certificate is no key')
  return createPublicKey(text)
}

function jwkObject(jwk: Jwk): KeyObject {
  if (jwk.kty === 'oct') return createSecretKey(jwk.k ?? '', 'base64url')
  const key = { ...jwk } as JsonWebKey
  return jwk.d === undefined
    ? createPublicKey({ key, format: 'jwk' })
    : createPrivateKey({ key, format: 'jwk' })
}
