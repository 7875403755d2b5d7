import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const MAGIC = Buffer.from('mayfly1\n')
const NONCE = 12
const TAG = 16

/** Encrypts an entry (AES-256-GCM), so that it can only be opened under its own name. */
export function seal(plain: Uint8Array, secret: Uint8Array, name: string): Uint8Array {
  const nonce = randomBytes(NONCE)
  const cipher = createCipheriv('aes-256-gcm', secret, nonce).setAAD(bound(name))
  const parts = [MAGIC, nonce, cipher.update(plain), cipher.final()]
  return Buffer.concat([...parts, cipher.getAuthTag()])
}

/** Opens an entry; `undefined` for whatever was not sealed with this secret, for this name. */
export function unseal(
  sealed: Uint8Array,
  secret: Uint8Array,
  name: string,
): Uint8Array | undefined {
  const bytes = Buffer.from(sealed)
  const start = MAGIC.length + NONCE
  if (bytes.length < start + TAG || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined
  const nonce = bytes.subarray(MAGIC.length, start)
  const decipher = createDecipheriv('aes-256-gcm', secret, nonce, { authTagLength: TAG })
  decipher.setAAD(bound(name)).setAuthTag(bytes.subarray(-TAG))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(start, -TAG)), decipher.final()])
  } catch {
    return undefined
  }
}

function bound(name: string): Buffer {
  return Buffer.concat([MAGIC, Buffer.from(name)])
}
