import { digestText } from '../../base/base64url.ts'
import { Key } from '../../keys/key.ts'
import { isUnshared, unsharedId } from '../token.ts'
import type { JwtKey } from './signed-signing.ts'

/**
 * A secret that a server made up is long enough that nobody guesses it from a digest (RFC 6749 section
 * 10.10 asks for 128 bits); a shorter one may be a password.
 */
const MIN_SECRET_LENGTH = 20

/**
 * Names a source by everything that changes its tokens, the secret included, without showing any of
 * it: whoever has the wrong secret must not get the tokens of the right one from a shared store. Where
 * the secret is too short for that, or the runtime has no synchronous hash, the source has an id of its
 * own, which shares nothing.
 */
export function exchangedId(vendor: string, parts: readonly unknown[], secret: string): string {
  return secret.length < MIN_SECRET_LENGTH
    ? unsharedId(vendor)
    : sharedId(vendor, [secret, ...parts])
}

/**
 * Names a source by everything that changes its tokens, the key included, without showing any of it.
 * Where the key cannot be named for certain, the source has an id of its own, which shares nothing.
 */
export function sourceId(vendor: string, key: JwtKey, rest: readonly unknown[]): string {
  const named = nameOfKey(key)
  return named === undefined ? unsharedId(vendor) : sharedId(vendor, [named, ...rest])
}

/** Names a source by what is not secret, for tokens that sources with different keys may share. */
export function sharedId(vendor: string, parts: readonly unknown[]): string {
  const text = JSON.stringify(parts)
  // One that is made of another source is shared no further than that.
  const digest = isUnshared(text) ? undefined : digestText(text)
  return digest === undefined ? unsharedId(vendor) : `${vendor}:${digest}`
}

/**
 * Text that changes when the key does. Secrets have none: they may be short enough to be guessed from
 * a digest.
 */
function nameOfKey(key: JwtKey): string | undefined {
  if (typeof key === 'string') return key.trim()
  if (key instanceof Key) {
    return key.type === 'secret' ? undefined : JSON.stringify([key.fingerprint, key.keyId])
  }
  if (typeof key !== 'object' || 'secret' in key) return undefined
  if ('sign' in key) return key.keyId === undefined ? undefined : `${key.algorithm} ${key.keyId}`
  if ('kty' in key) {
    const { kty, crv, x, y, n, e, kid } = key
    return kty === 'oct' ? undefined : JSON.stringify([kty, crv, x, y, n, e, kid])
  }
  return undefined
}
