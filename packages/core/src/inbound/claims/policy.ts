import {
  describe,
  invalid,
  optionalBoolean,
  optionalNumber,
  requireString,
  optionalString,
  requireOneOf,
} from '../../base/options.ts'
import { OptionError } from '../../base/errors.ts'
import {
  audienceCheck,
  checkStrings,
  issuerCheck,
  presenceCheck,
  typeCheck,
  expiryCheck,
  issuedAtCheck,
  notBeforeCheck,
} from './identity.ts'
import { type SignedClaims, malformed } from './payload.ts'

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
function compileProfile(options: ProfiledOptions): CompiledProfile {
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

/** Which claims a token must have, and what they must say. */
export interface ClaimsOptions {
  /** Who may have issued the token: one name or several, compared to the letter. `null`: anyone. */
  readonly issuer: string | readonly string[] | null
  /** Names of this API; the token's `aud` must hold one of them. `null`: not looked at. */
  readonly audience: string | readonly string[] | null
  /** The `typ` header that a token must have, such as `at+jwt`. Default: any, or none. */
  readonly type?: string
  /**
   * Holds tokens to a whole standard. `at+jwt`: a JWT access token by RFC 9068, that is, `typ` is
   * `at+jwt`, and `iss`, `exp`, `aud`, `sub`, `client_id`, `iat` and `jti` are there. Not with `type`.
   */
  readonly profile?: TokenProfile
  /** Set to `false` to accept tokens without `exp`. Default `true`. */
  readonly requireExpiry?: boolean
  /** Seconds that two clocks may be apart, at most 3600. Default 5. */
  readonly clockTolerance?: number
  /** Seconds since `iat` after which a token is too old, whatever its `exp`. Makes `iat` required. */
  readonly maxTokenAge?: number
  /** Names of further claims that a token must have. */
  readonly requiredClaims?: readonly string[]
}

/** The names of {@link ClaimsOptions}. */
export const CLAIMS_OPTIONS = [
  'issuer',
  'audience',
  'type',
  'profile',
  'requireExpiry',
  'clockTolerance',
  'maxTokenAge',
  'requiredClaims',
] as const

/** A policy that was checked and compiled once, and is run for each token. */
export interface ClaimsPolicy {
  readonly issuer: readonly string[] | null
  readonly audience: readonly string[] | null
  readonly clockTolerance: number
  /** Judges a token whose signature holds. Throws a `RequestError`; `now` is in seconds. */
  check(token: SignedClaims, now: number): void
}

/**
 * Compiles a claims policy. The checks run in a fixed order: time, issuer, audience, type, the rest.
 *
 * @throws {OptionError} when an option is missing or unsound.
 */
export function compileClaimsPolicy(options: ClaimsOptions): ClaimsPolicy {
  const clockTolerance =
    optionalNumber(options.clockTolerance, 'clockTolerance', { max: 3600 }) ?? 5
  const maxTokenAge = optionalNumber(options.maxTokenAge, 'maxTokenAge')
  const requireExpiry = optionalBoolean(options.requireExpiry, 'requireExpiry') ?? true
  const issuer = expectedNames(options.issuer, 'issuer')
  const audience = expectedNames(options.audience, 'audience')
  const profile = compileProfile(options)
  const { type } = profile
  const requiredClaims = [
    ...profile.requiredClaims,
    ...namesIn(options.requiredClaims ?? [], 'requiredClaims'),
  ]

  const checkExpiry = expiryCheck(requireExpiry, clockTolerance)
  const checkNotBefore = notBeforeCheck(clockTolerance)
  const checkIssuedAt = issuedAtCheck(maxTokenAge, clockTolerance)
  const checkIssuer = issuerCheck(issuer)
  const checkAudience = audienceCheck(audience)
  const checkType = type === undefined ? undefined : typeCheck(type)
  const checkPresence = requiredClaims.length === 0 ? undefined : presenceCheck(requiredClaims)

  return Object.freeze({
    issuer,
    audience,
    clockTolerance,
    // Not a loop over a list: this is run for every request, and the engine inlines named calls only.
    check(token: SignedClaims, now: number): void {
      checkExpiry(token, now)
      checkNotBefore(token, now)
      checkIssuedAt(token, now)
      checkIssuer(token, now)
      checkAudience(token, now)
      checkType?.(token, now)
      checkStrings(token)
      checkPresence?.(token, now)
      profile.check?.(token)
    },
  })
}

/** A check that nobody mentioned is a check that nobody decided about: only `null` leaves it out. */
function expectedNames(value: unknown, option: string): readonly string[] | null {
  if (value === null) return null
  if (value === undefined) {
    throw new OptionError(
      'ERR_OPTION_REQUIRED',
      option,
      `"${option}" is required. Write null to leave the check out.`,
    )
  }
  if (typeof value === 'string') return Object.freeze([requireString(value, option)])
  const names = namesIn(value, option)
  if (names.length === 0) throw invalid(option, `"${option}" must name at least one.`)
  return names
}

function namesIn(value: unknown, option: string): readonly string[] {
  if (!Array.isArray(value)) {
    throw invalid(option, `"${option}" must be an array of strings, not ${describe(value)}.`)
  }
  return Object.freeze(value.map((name: unknown) => requireString(name, option)))
}
