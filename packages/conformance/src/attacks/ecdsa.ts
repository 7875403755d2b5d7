import { b64, type Forgery, signingInput } from './setup.ts'

/** For the order of P-256 see SEC 2, section 2.4.2. */
const ORDER = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'
const ZERO = '0'.repeat(64)
const ONE = ZERO.slice(1).concat('1')

/** ECDSA signatures that are no two numbers in range, or not written as JWS has them. */
const SIGNATURES: readonly (readonly [string, string])[] = [
  ['r = s = 0', ZERO + ZERO],
  ['r = 0', ZERO + ONE],
  ['s = 0', ONE + ZERO],
  ['r = n', ORDER + ONE],
  ['s = n', ONE + ORDER],
  ['r = s = 1', ONE + ONE],
  ['r and s as large as can be', 'ff'.repeat(64)],
]

/** Signatures that are none. */
export const ecdsaAttacks: readonly Forgery[] = SIGNATURES.map(([name, hex]) => ({
  topic: 'ECDSA r = s = 0, out of range, DER instead of P1363',
  name: `ECDSA with ${name}`,
  reason: 'signature_invalid',
  token: ({ claims }) =>
    `${signingInput({ alg: 'ES256', kid: 'ec' }, claims)}.${b64(Buffer.from(hex, 'hex'))}`,
}))
