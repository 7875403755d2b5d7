import { KeyError } from '../base/errors.ts'
import { isKeyDer } from './containers.ts'
import { decodeBase64 } from './pem-text.ts'

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
