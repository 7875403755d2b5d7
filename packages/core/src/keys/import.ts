import { type Algorithm, requireAlgorithm } from './algorithms.ts'
import {
  optionalBoolean,
  optionalString,
  refuseUnknownOptions,
  requireOneOf,
  requireOptions,
} from '../base/options.ts'
import { KeyError } from '../base/errors.ts'
import { cannotSign, cannotVerify, Key } from './key.ts'
import { MAX_KEY_ID } from './key-id.ts'
import { loadKey } from './load.ts'
import type { ImportKeyOptions, KeyMaterial } from './material.ts'
import { prepareKey } from './prepare.ts'

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
  if (material instanceof Key) return adoptKey(material, { algorithm, keyId, use })
  const prepared = prepareKey(material, algorithm, { use, allowShortSecret })
  return loadKey(prepared, { algorithm, keyId, use })
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
