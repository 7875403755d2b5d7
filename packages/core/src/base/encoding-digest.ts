import { encodeBase64url } from './base64url.ts'

/**
 * The SHA-256 of a text in base64url, or `undefined` on a runtime that has no synchronous hash.
 * WebCrypto's digest is asynchronous, and a source's `id` cannot wait.
 */
export function digestText(text: string): string | undefined {
  const { process } = globalThis as { process?: Partial<typeof globalThis.process> }
  const crypto = process?.getBuiltinModule?.('node:crypto')
  if (crypto === undefined) return undefined
  return encodeBase64url(crypto.createHash('sha256').update(text).digest())
}
