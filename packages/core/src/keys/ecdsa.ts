import { type Algorithm, algorithmFacts } from './algorithms.ts'
import { invalid } from '../base/options.ts'
import { KeyError } from '../base/errors.ts'
import { fromHex, readSequence, Tag, trimZeros } from './containers.ts'

/** The orders of the curves' groups (SEC 2 sections 2.4.2, 2.5.1 and 2.6.1). */
const ORDERS: ReadonlyMap<string | undefined, Uint8Array> = new Map([
  ['P-256', fromHex('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')],
  [
    'P-384',
    fromHex(
      'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
    ),
  ],
  [
    'P-521',
    fromHex(
      '01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409',
    ),
  ],
])

/**
 * Tells whether an ECDSA signature is two numbers side by side, each at least 1 and below the order
 * of the group. Libraries that forgot to look took zeros for a good signature (CVE-2022-21449).
 */
export function isInRange(signature: Uint8Array, algorithm: Algorithm): boolean {
  const order = ORDERS.get(algorithmFacts(algorithm).curve)
  if (order === undefined || signature.length !== order.length * 2) return false
  const halves = [signature.subarray(0, order.length), signature.subarray(order.length)]
  return halves.every((number) => number.some((byte) => byte !== 0) && isBelow(number, order))
}

function isBelow(number: Uint8Array, limit: Uint8Array): boolean {
  const at = number.findIndex((byte, index) => byte !== limit[index])
  return at !== -1 && (number[at] ?? 0) < (limit[at] ?? 0)
}

/**
 * Turns an ECDSA signature in DER, as most KMS and HSM give it, into the form that JWS has (RFC 7518
 * section 3.4).
 *
 * @throws {OptionError} `ERR_OPTION_INVALID` when the algorithm is not ECDSA.
 * @throws {KeyError} `ERR_KEY_SIGNER` when the bytes are no such signature.
 *
 * @example
 * ```ts
 * import { ecdsaFromDer, type SigningKey } from '@mayfly/core'
 *
 * declare const kms: { sign(data: Uint8Array): Promise<Uint8Array> }
 * const key: SigningKey = {
 *   algorithm: 'ES256',
 *   sign: async (data) => ecdsaFromDer(await kms.sign(data), 'ES256'),
 * }
 * ```
 */
export function ecdsaFromDer(signature: Uint8Array, algorithm: Algorithm): Uint8Array {
  const { family, signatureBytes = 0 } = algorithmFacts(algorithm)
  if (family !== 'EC') throw invalid('algorithm', `"algorithm" must be ES256, ES384 or ES512.`)
  const elements = readSequence(signature) ?? []
  const numbers = elements.map(({ content }) => trimZeros(content))
  const size = signatureBytes / 2
  if (
    elements.length !== 2 ||
    elements.some(({ tag }) => tag !== Tag.integer) ||
    numbers.some(({ length }) => length > size)
  ) {
    throw new KeyError('ERR_KEY_SIGNER', `The signer gave no ${algorithm} signature in DER.`)
  }
  const joined = new Uint8Array(signatureBytes)
  numbers.forEach((number, index) => joined.set(number, size * (index + 1) - number.length))
  return joined
}
