import { type Algorithm, algorithmFacts, requireAlgorithm } from '../algorithms.ts'
import type { Key } from './key.ts'
import { importKey } from './import.ts'
import { keyParams } from './web-crypto.ts'
import { optionalString, refuseUnknownOptions } from '../encoding/options.ts'

/** What {@link generateKey} may be told. */
export interface GenerateKeyOptions {
  /** The key's id. Default: its fingerprint. */
  readonly keyId?: string
}

/** Makes a new key for an algorithm: a pair, or a secret as long as the hash. */
export async function generateKey(
  algorithm: Algorithm,
  options: GenerateKeyOptions = {},
): Promise<Key> {
  requireAlgorithm(algorithm, 'algorithm')
  refuseUnknownOptions(options, ['keyId'], 'generateKey')
  const keyId = optionalString(options.keyId, 'keyId')
  const { family, minBits = 0 } = algorithmFacts(algorithm)
  if (family === 'HMAC') {
    const secret = crypto.getRandomValues(new Uint8Array(minBits / 8))
    return importKey({ secret }, algorithm, keyId === undefined ? {} : { keyId })
  }
  const params =
    family === 'RSA'
      ? { ...keyParams(algorithm), modulusLength: minBits, publicExponent: RSA_F4 }
      : keyParams(algorithm)
  const pair = await crypto.subtle.generateKey(params, true, ['sign', 'verify'])
  if (!('privateKey' in pair)) throw new TypeError('No key pair was made.')
  const key = await importKey(pair.privateKey, algorithm)
  return key.withKeyId(keyId ?? key.fingerprint)
}

const RSA_F4 = new Uint8Array([1, 0, 1])
