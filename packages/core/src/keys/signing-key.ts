import type { Algorithm } from './algorithms.ts'

/**
 * What a token is signed with. A {@link Key} is one; so is any object of this shape, which is how a
 * key that never leaves its KMS or HSM takes part.
 *
 * @example
 * ```ts
 * import { signCompact, type SigningKey } from '@mayfly/core'
 *
 * declare const kms: { sign(keyId: string, data: Uint8Array): Promise<Uint8Array> }
 * const key: SigningKey = {
 *   algorithm: 'ES256',
 *   keyId: '2026-11',
 *   sign: (data) => kms.sign('alias/tokens', data),
 * }
 * await signCompact(new TextEncoder().encode('{}'), { typ: 'JWT' }, key)
 * ```
 */
export interface SigningKey {
  readonly algorithm: Algorithm
  /** Goes into the header as `kid`. */
  readonly keyId?: string | undefined
  /**
   * Signs bytes. ECDSA signatures are the two numbers side by side, as JWS has them (RFC 7518 section
   * 3.4), not DER.
   */
  sign(data: Uint8Array): Promise<Uint8Array>
}
