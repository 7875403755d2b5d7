/** The order of P-256 (FIPS 186-5). */
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** Writes the other good signature (r, n−s) beneath a token of ES256, as whoever has the token can. */
export function otherSpelling(token: string): string {
  const [header, payload, signature = ''] = token.split('.')
  const bytes = Buffer.from(signature, 'base64url')
  const s = BigInt(`0x${bytes.subarray(32).toString('hex')}`)
  const other = Buffer.from((N - s).toString(16).padStart(64, '0'), 'hex')
  const text = Buffer.concat([bytes.subarray(0, 32), other]).toString('base64url')
  return `${header}.${payload}.${text}`
}
