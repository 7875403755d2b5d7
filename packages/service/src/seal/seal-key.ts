import { createHash, hkdfSync, randomBytes } from 'node:crypto'

/** The length of a key for encryption at rest, in bytes. */
const KEY_BYTES = 32

/** Makes a key for encryption at rest: 32 random bytes, as base64url. */
export function generateSealKey(): string {
  return randomBytes(KEY_BYTES).toString('base64url')
}

/** A key that things are encrypted with. Its bytes are out of sight. */
export class SealKey {
  /** Names the key beside what it encrypted; the key cannot be found from it. */
  readonly keyId: string
  readonly #bytes: Uint8Array

  private constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.keyId = createHash('sha256')
      .update('mayfly seal key id')
      .update(bytes)
      .digest('base64url')
      .slice(0, 16)
  }

  /** Reads a key from base64url; `undefined` when it is none. */
  static read(text: string): SealKey | undefined {
    const bytes = Buffer.from(text, 'base64url')
    const isWhole = bytes.length === KEY_BYTES && bytes.toString('base64url') === text
    return isWhole ? new SealKey(bytes) : undefined
  }

  /**
   * Gives the key for one record. With one for each, a record is no use in the place of another, and
   * the random nonces of AES-GCM are spent for each alone (NIST SP 800-38D section 8.3).
   */
  keyOf(purpose: string, recordId: string): Uint8Array {
    const info = JSON.stringify(['mayfly seal', purpose, recordId])
    return new Uint8Array(hkdfSync('sha256', this.#bytes, new Uint8Array(0), info, KEY_BYTES))
  }
}
