import { RequestError } from '../../base/errors.ts'
import { malformed } from './payload.ts'

/** A proof that whoever sent a request holds a key: that of DPoP (RFC 9449) is one. */
export interface KeyProof {
  /** The key's SHA-256 thumbprint (RFC 7638) in base64url. */
  readonly thumbprint: string
  /**
   * Uses the proof up, so that nobody can send it again. It is called once everything else was found
   * to be good, and may be called again for the same request. Rejects with a `RequestError`.
   */
  readonly use: () => Promise<void>
}

/** 256 bits in base64url without padding; the last character has two bits that are not used. */
const THUMBPRINT = /^[\w-]{42}[AEIMQUYcgkosw048]$/

/** Tells whether a value can be a SHA-256 thumbprint of a key. */
export function isThumbprint(value: unknown): value is string {
  return typeof value === 'string' && THUMBPRINT.test(value)
}

/**
 * Reads the key that a token is bound to, by its thumbprint (RFC 9449 section 6.1). `undefined`: it is
 * bound to none. A binding that cannot be read is none that could be lifted: it throws.
 */
export function boundKey(claims: Readonly<Record<string, unknown>>): string | undefined {
  if (!Object.hasOwn(claims, 'cnf')) return undefined
  const { cnf } = claims
  if (typeof cnf !== 'object' || cnf === null || Array.isArray(cnf)) {
    throw malformed('cnf', 'an object')
  }
  if (!Object.hasOwn(cnf, 'jkt')) return undefined
  const { jkt } = cnf as { readonly jkt: unknown }
  if (isThumbprint(jkt)) return jkt
  throw malformed('cnf', 'an object whose "jkt" is a SHA-256 thumbprint in base64url')
}

/**
 * Judges whether a token may be used with a proof, or without. Both ways of mixing them up are refused:
 * a bound token without its proof, and a proof that binds nothing.
 */
export function checkKeyBinding(bound: string | undefined, proof: KeyProof | undefined): void {
  if (bound === proof?.thumbprint) return
  if (proof === undefined) throw keyUnproven()
  if (bound === undefined) throw keyUnbound()
  throw bindingError('key_mismatch', 'The token is bound to another key than that of the proof.')
}

/** Refuses a bound token that came without its proof. */
export function keyUnproven(): RequestError {
  return bindingError(
    'key_unproven',
    'A token that is bound to a key is sent as "Authorization: DPoP", with a proof in the DPoP header.',
  )
}

/** Refuses a token that is bound to no key. */
function keyUnbound(): RequestError {
  return bindingError(
    'key_unbound',
    'The token is bound to no key, and this takes bound ones only.',
  )
}

function bindingError(
  reason: 'key_mismatch' | 'key_unproven' | 'key_unbound',
  message: string,
): RequestError {
  return new RequestError('ERR_TOKEN_BINDING', message, { reason, claim: 'cnf' })
}
