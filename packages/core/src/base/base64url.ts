import type * as NodeCrypto from 'node:crypto'

const UTF8 = new TextEncoder()

/** The SHA-256 of a text in base64url: what `ath` is of an access token (RFC 9449 section 4.2). */
export async function sha256(text: string): Promise<string> {
  return encodeBase64url(new Uint8Array(await crypto.subtle.digest('SHA-256', UTF8.encode(text))))
}

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

/** Encodes bytes as base64url without padding (RFC 4648 section 5, RFC 7515 section 2). */
export function encodeBase64url(bytes: Uint8Array): string {
  const { Buffer } = globalThis
  return Buffer === undefined
    ? encodePortably(bytes)
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url')
}

/** Writes text as UTF-8. */
export function encodeUtf8(text: string): Uint8Array {
  const { Buffer } = globalThis
  return Buffer === undefined ? UTF8.encode(text) : Buffer.from(text, 'utf8')
}

/**
 * Decodes base64url in its one canonical spelling: no padding, no white space, no other alphabet, and
 * the unused bits of the last character zero. Anything else is `undefined`.
 */
export function decodeBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  const { Buffer } = globalThis
  if (Buffer === undefined) return decodePortably(text)
  // Buffer looks at one byte of each character: another script's letters would be taken for ASCII.
  if (Buffer.byteLength(text) !== text.length) return undefined
  const rest = text.length % 4
  const bytes = Buffer.from(text, 'base64url')
  // Buffer passes over what is no base64, which leaves fewer bytes, and takes both alphabets.
  if (rest === 1 || bytes.length !== (text.length * 3) >> 2) return undefined
  if (text.includes('+') || text.includes('/')) return undefined
  const unused = rest === 2 ? 15 : rest === 3 ? 3 : 0
  if ((sextet(text.charCodeAt(text.length - 1)) & unused) !== 0) return undefined
  // The copy leaves its shared pool.
  return new Uint8Array(bytes)
}

/**
 * The SHA-256 of a text in base64url, or `undefined` on a runtime that has no synchronous hash.
 * WebCrypto's digest is asynchronous, and a source's `id` cannot wait.
 */
export function digestText(text: string): string | undefined {
  const crypto = builtinCrypto()
  return crypto && crypto.createHash('sha256').update(text).digest('base64url')
}

/** Node's own crypto, without an import that other runtimes could not follow. */
function builtinCrypto(): typeof NodeCrypto | undefined {
  const { process } = globalThis as { process?: Partial<typeof globalThis.process> }
  return process?.getBuiltinModule?.('node:crypto')
}

/** Node's own crypto where it is Node's own: other runtimes have some of it, and all of WebCrypto. */
export function nodeCrypto(): typeof NodeCrypto | undefined {
  const { navigator } = globalThis as { navigator?: { readonly userAgent?: string } }
  return navigator?.userAgent?.startsWith('Node.js/') === true ? builtinCrypto() : undefined
}
