import { isThumbprint } from '../claims/key-binding.ts'
import { invalid, refuseUnknownOptions, requireOptions } from '../../base/options.ts'

/** Writes the claim that binds a token to a key (RFC 9449 section 6.1). */
export function confirmationClaim(confirmation: { readonly jkt: string } | undefined): {
  readonly cnf?: { readonly jkt: string }
} {
  if (confirmation === undefined) return {}
  requireOptions(confirmation, 'confirmation')
  refuseUnknownOptions(confirmation, ['jkt'], 'confirmation')
  const { jkt } = confirmation
  if (isThumbprint(jkt)) return { cnf: { jkt } }
  throw invalid(
    'confirmation.jkt',
    '"confirmation.jkt" must be the SHA-256 thumbprint of a key: 43 characters of base64url.',
  )
}
