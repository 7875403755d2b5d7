import { decodePortably, encodePortably } from './base64url-portable.ts'

/** Encodes bytes as base64url without padding (RFC 4648 section 5, RFC 7515 section 2). */
export function encodeBase64url(bytes: Uint8Array): string {
  const { Buffer } = globalThis
  return Buffer === undefined
    ? encodePortably(bytes)
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url')
}

/**
 * Decodes base64url in its one canonical spelling: no padding, no white space, no other alphabet, and
 * the unused bits of the last character zero. Anything else is `undefined`.
 */
export function decodeBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  const { Buffer } = globalThis
  if (Buffer === undefined) return decodePortably(text)
  // Buffer forgives every spelling, but writes one alone. The copy leaves its shared pool.
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? new Uint8Array(bytes) : undefined
}
