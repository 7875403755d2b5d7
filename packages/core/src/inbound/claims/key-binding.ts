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

/** What a token is bound to (RFC 7800), as far as it is enforced. */
export interface Confirmation {
  /** The thumbprint of a key that its user proves to hold (RFC 9449 section 6.1). */
  readonly jkt?: string
  /** The thumbprint of the certificate that its user shows (RFC 8705 section 3.1). */
  readonly 'x5t#S256'?: string
}

/** Reads what a token is bound to. Throws a `RequestError`. */
export type ConfirmationReader = (claims: Readonly<Record<string, unknown>>) => Confirmation

const UNBOUND: Confirmation = Object.freeze({})
const ENFORCED: ReadonlySet<string> = new Set(['jkt', 'x5t#S256'])

/**
 * Compiles what reads the claim `cnf`. A binding that cannot be read, or that nobody enforces, is none
 * that could be lifted: it throws, unless it is one of `ignored`.
 */
export function confirmationReader(ignored: readonly string[] = []): ConfirmationReader {
  return (claims) => {
    if (!Object.hasOwn(claims, 'cnf')) return UNBOUND
    const { cnf } = claims
    if (typeof cnf !== 'object' || cnf === null || Array.isArray(cnf)) {
      throw malformed('cnf', 'an object')
    }
    const members = Object.entries(cnf as Readonly<Record<string, unknown>>)
    const bound = members.filter(([name]) => !ignored.includes(name))
    for (const [name, value] of bound) {
      if (!ENFORCED.has(name)) throw notEnforced()
      if (isThumbprint(value)) continue
      throw malformed('cnf', `an object whose "${name}" is a SHA-256 thumbprint in base64url`)
    }
    return Object.freeze(Object.fromEntries(bound)) as Confirmation
  }
}

/** Reads what a token is bound to, all of it. */
export const readConfirmation: ConfirmationReader = confirmationReader()

/** What the sender of a request was found to hold. */
export interface Holder {
  readonly proof?: KeyProof | undefined
  /** The SHA-256 thumbprint of the certificate of its connection, in base64url. */
  readonly certificate?: string | undefined
}

/**
 * Judges whether a token may be used by whoever sent it. All that it is bound to has to be there; and a
 * proof that binds nothing is refused too.
 */
export function checkBinding(
  { jkt, 'x5t#S256': certificate }: Confirmation,
  { proof, certificate: shown }: Holder,
): void {
  if (jkt !== proof?.thumbprint) {
    if (proof === undefined) throw keyUnproven()
    throw jkt === undefined ? keyUnbound() : mismatch('key', 'proof')
  }
  if (certificate === undefined || certificate === shown) return
  throw shown === undefined ? certificateMissing() : mismatch('certificate', 'connection')
}

function mismatch(what: string, where: string): RequestError {
  return bindingError(
    'key_mismatch',
    `The token is bound to another ${what} than that of the ${where}.`,
  )
}

/** Refuses a bound token that came without its proof. */
export function keyUnproven(): RequestError {
  return bindingError(
    'key_unproven',
    'A token that is bound to a key is sent as "Authorization: DPoP", with a proof in the DPoP header.',
  )
}

function certificateMissing(): RequestError {
  return bindingError(
    'key_unproven',
    'A token that is bound to a certificate is sent over mutual TLS, with that certificate.',
  )
}

function notEnforced(): RequestError {
  return bindingError('key_unproven', 'The token is bound to something that is not checked here.')
}

/** Refuses a token that is bound to no key. */
export function keyUnbound(): RequestError {
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
