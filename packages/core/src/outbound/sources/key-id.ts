import { describe, invalid, requireString } from '../../base/options.ts'
import { OptionError } from '../../base/errors.ts'
import type { JwtKey } from './signed-signing.ts'

/**
 * Refuses, under the name of the option, what cannot be a private key.
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED` or `ERR_OPTION_INVALID` for `privateKey`.
 */
export function requirePrivateKey(key: JwtKey): JwtKey {
  if (key === undefined || key === null) {
    throw new OptionError('ERR_OPTION_REQUIRED', 'privateKey', '"privateKey" is required.')
  }
  if (['string', 'object', 'function'].includes(typeof key)) return key
  const what = 'PEM text, a JWK, a key object or a callback'
  throw invalid('privateKey', `"privateKey" must be ${what}, not ${describe(key)}.`)
}

/**
 * Sees to it that a key has an id, for a vendor that wants one in every header: the one that the source
 * was told, or the key's own. A callback's keys bring theirs, so that a key and its id are replaced
 * together.
 */
export function requireKeyId(key: JwtKey, keyId: string | undefined): JwtKey {
  requirePrivateKey(key)
  if (keyId !== undefined) {
    requireString(keyId, 'keyId', 128)
    return key
  }
  if (hasOwnId(key)) return key
  if (typeof key !== 'function') {
    throw new OptionError('ERR_OPTION_REQUIRED', 'keyId', '"keyId" is required.')
  }
  return async () => {
    const material = await key()
    if (hasOwnId(material)) return material
    throw new OptionError(
      'ERR_OPTION_REQUIRED',
      'keyId',
      '"keyId" is required: the key that the callback gave has no id of its own.',
    )
  }
}

function hasOwnId(material: unknown): boolean {
  if (typeof material !== 'object' || material === null) return false
  const { keyId, kid } = material as { readonly keyId?: unknown; readonly kid?: unknown }
  return [keyId, kid].some((id) => typeof id === 'string' && id !== '')
}
