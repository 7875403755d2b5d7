import type { Confirmation } from '../claims/key-binding.ts'
import type { JwtPayload } from '../claims/payload.ts'
import type { ClaimsPolicy } from '../claims/policy.ts'
import type { ProtectedHeader } from '../../jws/parse.ts'

/** A token that was accepted: its signature holds, and its claims are what the verifier asks for. */
export interface VerifiedToken<Payload = JwtPayload> {
  /** The claims, as the verifier's schema gives them. Without a schema the same as `claims`. */
  readonly payload: Payload
  /** The claims as they were signed, frozen. A schema may have dropped some from `payload`. */
  readonly claims: JwtPayload
  /** The header that was signed; of an opaque token, which has none, an object without members. */
  readonly protectedHeader: ProtectedHeader
  /**
   * What the token may be used for: its `scope` claim taken apart (RFC 8693 section 4.2), or an array;
   * `scp` where there is none, as some issuers call it; or the claims that `scopeClaims` names.
   */
  readonly scopes: readonly string[]
  /** What the token is bound to, as far as its verifier has enforced it. */
  readonly confirmation?: Confirmation
  /** The token itself, where the guard's option `exposeToken` asks for it; neither listed nor logged. */
  readonly token?: string
}

/**
 * Gathers what never changes for a token, and freezes it, once per token, so that it can be shared
 * between requests. Throws a `RequestError` for rights and bindings that cannot be read.
 */
export function createVerifiedToken(
  payload: Record<string, unknown>,
  protectedHeader: ProtectedHeader,
  { rightsIn, confirmationIn }: Pick<ClaimsPolicy, 'rightsIn' | 'confirmationIn'>,
): VerifiedToken {
  const claims = deepFreeze(payload) as JwtPayload
  return Object.freeze({
    payload: claims,
    claims,
    protectedHeader: deepFreeze(protectedHeader),
    scopes: rightsIn(claims),
    confirmation: confirmationIn(claims),
  })
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const member of Object.values(value) as unknown[]) {
    if (typeof member === 'object' && member !== null) deepFreeze(member)
  }
  return Object.freeze(value)
}
