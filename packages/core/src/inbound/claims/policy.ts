import {
  describe,
  invalid,
  optionalBoolean,
  optionalFunction,
  optionalNumber,
  requireString,
  optionalString,
  optionalStrings,
  requireOneOf,
} from '../../base/options.ts'
import { OptionError, RequestError } from '../../base/errors.ts'
import {
  audienceCheck,
  checkStrings,
  clientCheck,
  issuerCheck,
  presenceCheck,
  purposeCheck,
  typeCheck,
  expiryCheck,
  issuedAtCheck,
  notBeforeCheck,
} from './identity.ts'
import { type Confirmation, confirmationReader } from './key-binding.ts'
import { type PayloadReading, type SignedClaims, type TokenCheck, malformed } from './payload.ts'
import { rightsReader } from './rights.ts'

/** What a whole standard asks of a token: `at+jwt` is a JWT access token by RFC 9068. */
export type TokenProfile = 'at+jwt'

/** The claims that RFC 9068 section 2.2 requires. */
const ACCESS_TOKEN_CLAIMS = ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'] as const

/** What of a claims policy a profile has a say in. */
interface ProfiledOptions {
  readonly issuer: unknown
  readonly audience: unknown
  readonly type?: string | readonly string[]
  readonly profile?: TokenProfile
  readonly requireExpiry?: boolean
}

/** What a profile adds to a claims policy. */
interface CompiledProfile {
  readonly types: readonly string[] | undefined
  readonly requiredClaims: readonly string[]
  readonly check: ((token: SignedClaims) => void) | undefined
}

/**
 * Compiles the option `profile`. What the profile says must be checked cannot be left out beside it.
 *
 * @throws {OptionError} when the profile is unknown, or another option contradicts it.
 */
function compileProfile(options: ProfiledOptions): CompiledProfile {
  const types =
    options.type === undefined ? undefined : (expectedNames(options.type, 'type') ?? undefined)
  const { profile } = options
  if (profile === undefined) return { types, requiredClaims: [], check: undefined }
  requireOneOf(profile, 'profile', ['at+jwt'])
  if (types !== undefined) throw contradicts('type', 'names the type itself')
  if (options.issuer === null) throw contradicts('issuer', 'wants an issuer')
  if (options.audience === null) throw contradicts('audience', 'wants an audience')
  if (options.requireExpiry === false) throw contradicts('requireExpiry', 'wants an expiry')
  return { types: [profile], requiredClaims: ACCESS_TOKEN_CLAIMS, check: checkClientId }
}

function checkClientId({ payload }: SignedClaims): void {
  if (typeof payload['client_id'] !== 'string') throw malformed('client_id', 'a string')
}

function contradicts(option: string, why: string): Error {
  return invalid(option, `"${option}" contradicts "profile", which ${why} (RFC 9068 section 4).`)
}

/** What the option `check` judges: a header and claims whose signature holds. */
export interface SignedToken {
  readonly claims: Readonly<Record<string, unknown>>
  readonly protectedHeader: Readonly<Record<string, unknown>>
}

/** Which claims a token must have, and what they must say. */
export interface ClaimsOptions {
  /** Who may have issued the token: one name or several, compared to the letter. `null`: anyone. */
  readonly issuer: string | readonly string[] | null
  /** Names of this API; the token's `aud` must hold one of them. `null`: not looked at. */
  readonly audience: string | readonly string[] | null
  /**
   * The `typ` header that a token must have, such as `at+jwt`; one of several. Default: none, `JWT`,
   * `at+jwt`, or any that names no JWT of another purpose, as `logout+jwt` does.
   */
  readonly type?: string | readonly string[]
  /**
   * Holds tokens to a whole standard. `at+jwt`: a JWT access token by RFC 9068, that is, `typ` is
   * `at+jwt`, and `iss`, `exp`, `aud`, `sub`, `client_id`, `iat` and `jti` are there. Not with `type`.
   */
  readonly profile?: TokenProfile
  /** Set to `false` to accept tokens without `exp`. Default `true`. */
  readonly requireExpiry?: boolean
  /** Seconds that two clocks may be apart, at most 3600. Default 5. */
  readonly clockTolerance?: number
  /** Seconds since `iat` from which a token is too old, whatever its `exp`. Makes `iat` required. */
  readonly maxTokenAge?: number
  /** Seconds that `iat` may lie ahead, at most a day. Default 60, or `clockTolerance` where that is more. */
  readonly iatTolerance?: number
  /** Names of further claims that a token must have. */
  readonly requiredClaims?: readonly string[]
  /**
   * The clients whose tokens are taken. The token's client is in `azp`, `client_id`, `cid` or `appid`; one
   * that is in none of them is refused. For issuers that write no `aud`. Default: any.
   */
  readonly clientIds?: string | readonly string[]
  /** The one claim that names the client, in the place of those four. With `clientIds`. */
  readonly clientClaim?: string
  /**
   * The claims that say what a token may be used for, all of them together: strings with spaces between,
   * or arrays; `realm_access.roles` is a path. Default: `scope`, or `scp` where there is none.
   */
  readonly scopeClaims?: readonly string[]
  /**
   * Members of `cnf` that somebody else has enforced, a gateway before this server for one. Any other
   * that is not enforced here is refused. Default: none.
   */
  readonly ignoreConfirmation?: readonly string[]
  /**
   * Judges what is signed, once all other claims have been: gives a sentence that says why the token is
   * refused (401 `claim_invalid`), or `undefined`. It never repeats a value, and goes by the token alone.
   */
  readonly check?: (token: SignedToken) => string | undefined
  /** Takes whole numbers as `sub` and `jti`, and gives them as their digits. Default `false`. */
  readonly allowNumericIds?: boolean
  /**
   * What becomes of a token with an integer beyond 2^53, which JavaScript would change in silence.
   * `refuse`: 401 `claim_invalid`. `text`: the integer is given as a string of its digits. Default `refuse`.
   */
  readonly largeIntegers?: 'refuse' | 'text'
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
  'iatTolerance',
  'requiredClaims',
  'clientIds',
  'clientClaim',
  'scopeClaims',
  'ignoreConfirmation',
  'check',
  'allowNumericIds',
  'largeIntegers',
] as const

/** A policy that was checked and compiled once, and is run for each token. */
export interface ClaimsPolicy {
  readonly issuer: readonly string[] | null
  readonly audience: readonly string[] | null
  readonly clockTolerance: number
  readonly reading: PayloadReading
  /** Judges a token whose signature holds, by the time first. Throws a `RequestError`; `now` is in seconds. */
  check(token: SignedClaims, now: number): void
  /** Judges what changes with the time. */
  checkTime(token: SignedClaims, now: number): void
  /** Judges what never changes for a token. */
  checkToken(token: SignedClaims): void
  /** Reads what a token may be used for. */
  readonly rightsIn: (claims: Readonly<Record<string, unknown>>) => readonly string[]
  /** Reads what a token is bound to, as far as that is enforced. */
  readonly confirmationIn: (claims: Readonly<Record<string, unknown>>) => Confirmation
}

/**
 * Compiles a claims policy. The checks run in a fixed order: time, issuer, audience, client, type, the rest.
 *
 * @throws {OptionError} when an option is missing or unsound.
 */
export function compileClaimsPolicy(options: ClaimsOptions): ClaimsPolicy {
  const issuer = expectedNames(options.issuer, 'issuer')
  const audience = expectedNames(options.audience, 'audience')
  const { clockTolerance, checkTime } = compileTime(options)
  const checkToken = compileIdentity(options, issuer, audience)
  return Object.freeze({
    issuer,
    audience,
    clockTolerance,
    reading: {
      largeIntegers: requireOneOf(options.largeIntegers ?? 'refuse', 'largeIntegers', [
        'refuse',
        'text',
      ]),
      allowNumericIds: optionalBoolean(options.allowNumericIds, 'allowNumericIds') ?? false,
    },
    check(token: SignedClaims, now: number): void {
      checkTime(token, now)
      checkToken(token)
    },
    checkTime,
    checkToken,
    rightsIn: rightsReader(optionalStrings(options.scopeClaims, 'scopeClaims')),
    confirmationIn: confirmationReader(
      optionalStrings(options.ignoreConfirmation, 'ignoreConfirmation'),
    ),
  })
}

function compileTime(options: ClaimsOptions): Pick<ClaimsPolicy, 'clockTolerance' | 'checkTime'> {
  const tolerance = optionalNumber(options.clockTolerance, 'clockTolerance', { max: 3600 }) ?? 5
  const aheadTolerance =
    optionalNumber(options.iatTolerance, 'iatTolerance', { max: 86_400 }) ?? Math.max(60, tolerance)
  const maxAge = optionalNumber(options.maxTokenAge, 'maxTokenAge')
  const requireExpiry = optionalBoolean(options.requireExpiry, 'requireExpiry') ?? true
  const checkExpiry = expiryCheck(requireExpiry, tolerance)
  const checkNotBefore = notBeforeCheck(tolerance)
  const checkIssuedAt = issuedAtCheck({ maxAge, tolerance, aheadTolerance })
  return {
    clockTolerance: tolerance,
    // Not a loop over a list: this is run for every request, and the engine inlines named calls only.
    checkTime(token, now) {
      checkExpiry(token, now)
      checkNotBefore(token, now)
      checkIssuedAt(token, now)
    },
  }
}

function compileIdentity(
  options: ClaimsOptions,
  issuer: readonly string[] | null,
  audience: readonly string[] | null,
): ClaimsPolicy['checkToken'] {
  const profile = compileProfile(options)
  const clients = expectedClients(options)
  const requiredClaims = [
    ...profile.requiredClaims,
    ...namesIn(options.requiredClaims ?? [], 'requiredClaims'),
  ]
  const checkIssuer = issuerCheck(issuer)
  const checkAudience = audienceCheck(audience)
  const checkType = profile.types === undefined ? purposeCheck : typeCheck(profile.types)
  const checkPresence = requiredClaims.length === 0 ? undefined : presenceCheck(requiredClaims)
  const own = optionalFunction(options.check, 'check')
  return (token) => {
    checkIssuer(token)
    checkAudience(token)
    clients?.(token)
    checkType(token)
    checkStrings(token)
    checkPresence?.(token)
    profile.check?.(token)
    const why = own?.({ claims: token.payload, protectedHeader: token.protectedHeader })
    if (why !== undefined) throw refusedByCheck(why)
  }
}

function refusedByCheck(message: string): Error {
  return new RequestError('ERR_CLAIM_INVALID', message, { reason: 'claim_invalid' })
}

function expectedClients({ clientIds, clientClaim }: ClaimsOptions): TokenCheck | undefined {
  const claim = optionalString(clientClaim, 'clientClaim')
  if (clientIds !== undefined)
    return clientCheck(expectedNames(clientIds, 'clientIds') ?? [], claim)
  if (claim === undefined) return undefined
  throw invalid(
    'clientClaim',
    '"clientClaim" goes with "clientIds": the clients whose tokens are taken.',
  )
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
