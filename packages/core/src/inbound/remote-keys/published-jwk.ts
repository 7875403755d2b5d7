import { encodeBase64url } from '../../base/base64url.ts'

/** The bytes of a coordinate, by curve (RFC 7518 section 6.2.1.2). */
const COORDINATES: ReadonlyMap<unknown, number> = new Map([
  ['P-256', 32],
  ['P-384', 48],
  ['P-521', 66],
])

/** The members that are numbers, by type of key; those of RSA may have any length. */
const NUMBERS: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['RSA', ['n', 'e']],
  ['EC', ['x', 'y']],
])

/**
 * Writes a JWK that was fetched as it should have been written: members that are null left out, and other
 * encodings of the same number (padding, the other alphabet, zeros too many or too few) as the one that
 * RFC 7518 has. What cannot be read stays as it is, for the import to refuse.
 */
export function normaliseJwk(jwk: unknown): unknown {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) return jwk
  const members = Object.entries(jwk).filter(([, value]) => value !== null)
  const { kty, crv } = Object.fromEntries(members) as Readonly<Record<string, unknown>>
  const numbers = NUMBERS.get(kty) ?? []
  const rewritten = members.map(([name, value]: [string, unknown]) => {
    if (typeof value !== 'string') return [name, value]
    if (numbers.includes(name)) return [name, rewriteNumber(value, COORDINATES.get(crv) ?? 0)]
    return [name, kty === 'OKP' && name === 'x' ? rewrite(value, (bytes) => bytes) : value]
  })
  return Object.fromEntries(rewritten)
}

function rewriteNumber(text: string, size: number): string {
  return rewrite(text, (bytes) => {
    const start = bytes.findIndex((byte) => byte !== 0)
    const digits = start === -1 ? new Uint8Array() : bytes.subarray(start)
    if (digits.length >= size) return digits
    const padded = new Uint8Array(size)
    padded.set(digits, size - digits.length)
    return padded
  })
}

function rewrite(text: string, change: (bytes: Uint8Array) => Uint8Array): string {
  try {
    const plain = text.replaceAll('-', '+').replaceAll('_', '/').replaceAll(/[\s=]/g, '')
    return encodeBase64url(change(Uint8Array.from(atob(plain), (one) => one.charCodeAt(0))))
  } catch {
    return text
  }
}
