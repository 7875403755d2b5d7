const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const NONE = 255
const CODES: Uint8Array = Uint8Array.from(ALPHABET, (letter) => letter.charCodeAt(0))
const VALUES: Uint8Array = new Uint8Array(256).fill(NONE)
CODES.forEach((code, value) => {
  VALUES[code] = value
})

/** Encodes bytes as base64url without padding (RFC 4648 section 5, RFC 7515 section 2). */
export function encodeBase64url(bytes: Uint8Array): string {
  const out = new Uint8Array(Math.ceil((bytes.length * 4) / 3))
  let at = 0
  let carry = 0
  let carried = 0
  for (const byte of bytes) {
    carry = ((carry << 8) | byte) & 0xffff
    carried += 8
    while (carried >= 6) {
      carried -= 6
      out[at++] = CODES[(carry >> carried) & 63] ?? NONE
    }
  }
  if (carried > 0) out[at] = CODES[(carry << (6 - carried)) & 63] ?? NONE
  return new TextDecoder().decode(out)
}

/**
 * Decodes base64url in its one canonical spelling: no padding, no white space, no other alphabet, and
 * the unused bits of the last character zero. Anything else is `undefined`.
 */
export function decodeBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  const length = text.length
  if (length % 4 === 1) return undefined
  const bytes = new Uint8Array((length * 3) >> 2)
  let at = 0
  let carry = 0
  let carried = 0
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index)
    const value = code < 256 ? (VALUES[code] ?? NONE) : NONE
    if (value === NONE) return undefined
    carry = ((carry << 6) | value) & 0xffff
    carried += 6
    if (carried < 8) continue
    carried -= 8
    bytes[at++] = (carry >> carried) & 255
  }
  return (carry & ((1 << carried) - 1)) === 0 ? bytes : undefined
}
