import { readBase64urlPart } from './base64url-part.ts'

/** Signatures whose length the algorithm fixes, in bytes (RFC 7518 section 3, RFC 8037). */
const BYTES: ReadonlyMap<unknown, number> = new Map([
  ['HS256', 32],
  ['HS384', 48],
  ['HS512', 64],
  ['ES256', 64],
  ['ES384', 96],
  ['ES512', 132],
  ['EdDSA', 64],
  ['Ed25519', 64],
])

const DER_SEQUENCE = 0x30

/** Says what is wrong with how a signature is written. Whether it holds is not asked here. */
export function signatureFaults(text: string, algorithm: unknown): readonly string[] {
  if (text === '') {
    return [
      algorithm === 'none'
        ? 'is missing, as "alg" is "none": anybody can make such a token.'
        : 'is missing: nothing stands after the last dot.',
    ]
  }
  const { bytes, faults } = readBase64urlPart(text)
  const fault = lengthFault(bytes, algorithm)
  return fault === undefined ? faults : [...faults, fault]
}

function lengthFault(bytes: Uint8Array, algorithm: unknown): string | undefined {
  const wanted = BYTES.get(algorithm)
  if (wanted !== undefined && bytes.length !== wanted) {
    const isDer =
      String(algorithm).startsWith('ES') &&
      bytes[0] === DER_SEQUENCE &&
      bytes[1] === bytes.length - 2
    return isDer
      ? `is in DER, as OpenSSL makes them; ${String(algorithm)} wants the two numbers side by side, ${wanted} bytes.`
      : `has ${bytes.length} bytes; ${String(algorithm)} makes ${wanted}. Was the end cut off?`
  }
  if (/^[RP]S(?:256|384|512)$/.test(String(algorithm)) && bytes.length < 256) {
    return `has ${bytes.length} bytes; an RSA key of the 2048 bits that are needed makes 256. Was the end cut off?`
  }
  return undefined
}
