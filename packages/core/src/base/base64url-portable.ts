const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
/** Not in the alphabet. Its highest bit is set, as no value's is. */
const NONE = 128

/** Encodes bytes on runtimes without `Buffer`. */
export function encodePortably(bytes: Uint8Array): string {
  let text = ''
  let carry = 0
  let carried = 0
  for (const byte of bytes) {
    carry = ((carry & 63) << 8) | byte
    carried += 8
    while (carried >= 6) {
      carried -= 6
      text += ALPHABET.charAt((carry >> carried) & 63)
    }
  }
  return carried === 0 ? text : text + ALPHABET.charAt((carry << (6 - carried)) & 63)
}

/** Decodes the canonical spelling on runtimes without `Buffer`; anything else is `undefined`. */
export function decodePortably(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 === 1) return undefined
  const bytes = new Uint8Array((text.length * 3) >> 2)
  let at = 0
  let carry = 0
  let carried = 0
  for (let index = 0; index < text.length; index++) {
    const value = sextet(text.charCodeAt(index))
    if (value === NONE) return undefined
    carry = ((carry & 63) << 6) | value
    carried += 6
    if (carried < 8) continue
    carried -= 8
    bytes[at++] = carry >> carried
  }
  const unusedBits = carry & ((1 << carried) - 1)
  return unusedBits === 0 ? bytes : undefined
}

function sextet(code: number): number {
  if (code >= 97) return code <= 122 ? code - 71 : NONE
  if (code >= 65) return code <= 90 ? code - 65 : code === 95 ? 63 : NONE
  if (code >= 48) return code <= 57 ? code + 4 : NONE
  return code === 45 ? 62 : NONE
}
