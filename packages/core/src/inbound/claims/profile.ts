import { invalid, optionalString, requireOneOf } from '../../base/options.ts'
import { malformed } from './refusal.ts'
import type { SignedClaims } from './payload.ts'

/** What a whole standard asks of a token: `at+jwt` is a JWT access token by RFC 9068. */
export type TokenProfile = 'at+jwt'

/** The claims that RFC 9068 section 2.2 requires. */
const ACCESS_TOKEN_CLAIMS = ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'] as const

/** What of a claims policy a profile has a say in. */
export interface ProfiledOptions {
  readonly issuer: unknown
  readonly audience: unknown
  readonly type?: string
  readonly profile?: TokenProfile
  readonly requireExpiry?: boolean
}

/** What a profile adds to a claims policy. */
export interface CompiledProfile {
  readonly type: string | undefined
  readonly requiredClaims: readonly string[]
  readonly check: ((token: SignedClaims) => void) | undefined
}

/**
 * Compiles the option `profile`. What the profile says must be checked cannot be left out beside it.
 *
 * @throws {OptionError} when the profile is unknown, or another option contradicts it.
 */
export function compileProfile(options: ProfiledOptions): CompiledProfile {
  const type = optionalString(options.type, 'type')
  const { profile } = options
  if (profile === undefined) return { type, requiredClaims: [], check: undefined }
  requireOneOf(profile, 'profile', ['at+jwt'])
  if (type !== undefined) throw contradicts('type', 'names the type itself')
  if (options.issuer === null) throw contradicts('issuer', 'wants an issuer')
  if (options.audience === null) throw contradicts('audience', 'wants an audience')
  if (options.requireExpiry === false) throw contradicts('requireExpiry', 'wants an expiry')
  return { type: profile, requiredClaims: ACCESS_TOKEN_CLAIMS, check: checkClientId }
}

function checkClientId({ payload }: SignedClaims): void {
  if (typeof payload['client_id'] !== 'string') throw malformed('client_id', 'a string')
}

function contradicts(option: string, why: string): Error {
  return invalid(option, `"${option}" contradicts "profile", which ${why} (RFC 9068 section 4).`)
}
