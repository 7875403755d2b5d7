import { type Algorithm, algorithmFacts, requireAlgorithm } from './algorithms.ts'
import { optionalString, refuseUnknownOptions, requireOptions } from '../base/options.ts'
import { importKey } from './load.ts'
import type { Key } from './key.ts'
import { MAX_KEY_ID } from './jwk.ts'
import { keyParams } from './web-crypto.ts'

/** What {@link generateKey} may be told. */
export interface GenerateKeyOptions {
  /** The key's id. Default: its fingerprint; for a secret a random one. */
  readonly keyId?: string
}

/**
 * Makes a new key for an algorithm: a pair (RSA of 2048 bits), or a secret as long as the hash.
 *
 * @throws {OptionError} for an unknown algorithm or option.
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
  refuseUnknownOptions(options, ['keyId'], 'generateKey')
  const keyId = optionalString(options.keyId, 'keyId', MAX_KEY_ID)
  const { family, minBits = 0 } = algorithmFacts(algorithm)
  if (family === 'HMAC') {
    const secret = crypto.getRandomValues(new Uint8Array(minBits / 8))
    return importKey({ secret }, algorithm, { keyId: keyId ?? crypto.randomUUID() })
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
