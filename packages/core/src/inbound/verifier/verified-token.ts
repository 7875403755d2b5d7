import type { JwtPayload } from '../claims/payload.ts'
import type { ProtectedHeader } from '../../jws/parse.ts'

/** A token that was accepted: its signature holds, and its claims are what the verifier asks for. */
export interface VerifiedToken<Payload = JwtPayload> {
  /** The claims, as the verifier's schema gives them. Without a schema the same as `claims`. */
  readonly payload: Payload
  /** The claims as they were signed, frozen. A schema may have dropped some from `payload`. */
  readonly claims: JwtPayload
  readonly protectedHeader: ProtectedHeader
  /**
   * What the token may be used for: its `scope` claim taken apart (RFC 8693 section 4.2), or `scp`,
   * as some issuers call it, which may also be an array.
   */
  readonly scopes: readonly string[]
}

/** Freezes what was signed, once per token, so that it can be shared between requests. */
export function createVerifiedToken(
  payload: Record<string, unknown>,
  protectedHeader: ProtectedHeader,
): VerifiedToken {
  const claims = deepFreeze(payload) as JwtPayload
  return Object.freeze({
    payload: claims,
    claims,
    protectedHeader: deepFreeze(protectedHeader),
    scopes: Object.freeze(scopesIn(claims)),
  })
}

function scopesIn({ scope, scp }: JwtPayload): string[] {
  const value = scope ?? scp
  if (typeof value === 'string') return value.split(' ').filter((item) => item !== '')
  if (value !== scp || !Array.isArray(scp)) return []
  return scp.filter((item: unknown): item is string => typeof item === 'string')
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const member of Object.values(value) as unknown[]) {
    if (typeof member === 'object' && member !== null) deepFreeze(member)
  }
  return Object.freeze(value)
}
