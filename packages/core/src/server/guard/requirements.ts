import { type Clock, nowInSeconds } from '../../base/clock.ts'
import { type Reason, RequestError, type RequestErrorCode } from '../../base/errors.ts'
import { notify, type Observe } from '../../base/observe.ts'
import {
  clockOption,
  describe,
  invalid,
  optionalFunction,
  optionalNumber,
  optionalStrings,
  refuseUnknownOptions,
  requireOneOf,
  requireOptions,
} from '../../base/options.ts'
import { readConfirmation } from '../../inbound/claims/key-binding.ts'
import type { JwtPayload } from '../../inbound/claims/payload.ts'
import { claimAt } from '../../inbound/claims/rights.ts'
import type { VerifiedToken } from '../../inbound/verifier/verified-token.ts'
import {
  CHALLENGE_OPTIONS,
  type ChallengeError,
  type ChallengeOptions,
  type Challenger,
  challenged,
  compileChallenge,
} from './challenge.ts'
import type { DenyEvent } from './options.ts'
import { tokenMissing } from './request.ts'

/** What every check has that comes after a guard. */
export interface RequirementOptions extends ChallengeOptions {
  /** Gets an event for each request that is refused here; a guard's observer does not hear of them. */
  readonly observe?: Observe<DenyEvent>
}

/** How {@link compileScopeCheck} judges. */
export interface ScopeOptions extends RequirementOptions {
  /** Whether all the scopes are needed, or any one of them. Default `all`. */
  readonly match?: 'all' | 'any'
}

/** How {@link compileClaimsCheck} judges. */
export type ClaimsCheckOptions = ScopeOptions

/** What {@link compileAuthenticationCheck} asks for. */
export interface AuthenticationOptions extends RequirementOptions {
  /** The authentication context classes that will do, the preferred one first: the token's `acr` is one. */
  readonly acrValues?: readonly string[]
  /** Seconds since `auth_time` from which the user has to log in anew. */
  readonly maxAge?: number
  /** Seconds that two clocks may be apart. Default 5. */
  readonly clockTolerance?: number
  readonly clock?: Clock
}

/** What a check looks at of a token. */
type Judged = Pick<VerifiedToken<unknown>, 'scopes'> & Partial<VerifiedToken<unknown>>

/**
 * Judges what a token may be used for: `undefined` when it may, else the refusal. With the guard's
 * `challenger` the refusal has that guard's realm, unless the check was given one of its own.
 */
export type ScopeCheck = (
  auth: Judged | undefined,
  challenger?: Challenger,
) => RequestError | undefined

/** Judges what a token says, as a {@link ScopeCheck} does, and may take its time. */
export type ClaimsCheck = (
  auth: VerifiedToken<unknown> | undefined,
  challenger?: Challenger,
) => RequestError | undefined | Promise<RequestError | undefined>

/** Seconds that the clock of whoever logs users in may be ahead. */
const MAX_AHEAD = 60

/** What a token has to say: a function that looks at its claims, or what claims must hold. */
export type ClaimsRequirement =
  | ((claims: JwtPayload) => boolean | Promise<boolean>)
  | Readonly<Record<string, ClaimValue | readonly ClaimValue[]>>

type ClaimValue = string | number | boolean

// scope-token of RFC 6749 section 3.3.
const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/

/**
 * Compiles a check that a verified token has certain scopes. The refusal is ready to be answered with:
 * 403 and an `insufficient_scope` challenge, or 401 where there was no token at all.
 *
 * @throws {OptionError} `ERR_OPTION_INVALID` for an empty list, or for a scope that cannot be one.
 *
 * @example
 * ```ts
 * import { type VerifiedToken } from '@mayfly/core'
 * import { compileScopeCheck } from '@mayfly/core/adapter'
 *
 * const mayWrite = compileScopeCheck(['orders:write'])
 *
 * export function write(auth: VerifiedToken | undefined): void {
 *   const refusal = mayWrite(auth)
 *   if (refusal !== undefined) throw refusal
 * }
 * ```
 */
export function compileScopeCheck(
  scopes: readonly string[],
  options: ScopeOptions = {},
): ScopeCheck {
  const refuse = compileRefusal(options, ['match'], 'checkScope')
  const needed = requireScopes(scopes)
  const isEnough = matcher(options.match)
  return (auth, challenger) => {
    if (auth !== undefined && isEnough(needed, (one) => auth.scopes.includes(one))) return undefined
    return refuse(auth, challenger, {
      code: 'ERR_SCOPE',
      reason: 'insufficient_scope',
      status: 403,
      error: 'insufficient_scope',
      description: 'The token does not have the scope that this takes.',
      scope: needed.join(' '),
    })
  }
}

/** Checks once what {@link compileScopeCheck} checks. */
export function checkScope(
  auth: Judged | undefined,
  scopes: readonly string[],
  options: ScopeOptions = {},
): RequestError | undefined {
  return compileScopeCheck(scopes, options)(auth)
}

/**
 * Compiles a check of what a verified token says, for rights that are no scopes: `{ permissions:
 * 'orders:read' }` wants that value, alone or in an array, and several want all of them. A function
 * decides by `true`. The refusal is 403 with the reason `claims_insufficient`, and 401 where there was
 * no token at all.
 *
 * @throws {OptionError} for a requirement of nothing, which would let everyone pass.
 *
 * @example
 * ```ts
 * import { compileClaimsCheck } from '@mayfly/core/adapter'
 *
 * export const isAuditor = compileClaimsCheck({ 'realm_access.roles': 'auditor' })
 * export const isPaying = compileClaimsCheck(({ plan }) => plan === 'gold')
 * ```
 */
export function compileClaimsCheck(
  requirement: ClaimsRequirement,
  options: ClaimsCheckOptions = {},
): ClaimsCheck {
  const refuse = compileRefusal(options, ['match'], 'requireClaims')
  const holds =
    typeof requirement === 'function' ? requirement : compileValues(requirement, options)
  const refusal = {
    code: 'ERR_CLAIMS_INSUFFICIENT',
    reason: 'claims_insufficient',
    status: 403,
    error: 'insufficient_scope',
    description: 'The token does not say what this takes.',
  } as const
  return (auth, challenger) => {
    if (auth === undefined) return refuse(auth, challenger, refusal)
    // Nothing but true will do: a promise, or an object that a library gives, is no leave to go on.
    const judge = (answer: unknown): RequestError | undefined =>
      answer === true ? undefined : refuse(auth, challenger, refusal)
    const answer = holds(auth.claims)
    return typeof answer === 'boolean' ? judge(answer) : Promise.resolve(answer).then(judge)
  }
}

/**
 * Compiles a check of how and when the user of a token has logged in (RFC 9470). The refusal is 401
 * with `error="insufficient_user_authentication"`, and says what the client has to ask for.
 *
 * @throws {OptionError} where neither `acrValues` nor `maxAge` is given, or one is unsound.
 *
 * @example
 * ```ts
 * import { compileAuthenticationCheck } from '@mayfly/core/adapter'
 *
 * export const isFresh = compileAuthenticationCheck({ acrValues: ['mfa'], maxAge: 300 })
 * ```
 */
export function compileAuthenticationCheck(options: AuthenticationOptions): ScopeCheck {
  const own = ['acrValues', 'maxAge', 'clockTolerance', 'clock']
  const refuse = compileRefusal(options, own, 'requireAuthentication')
  const acrValues = optionalStrings(options.acrValues, 'acrValues')
  const maxAge = optionalNumber(options.maxAge, 'maxAge', { integer: true })
  const tolerance = optionalNumber(options.clockTolerance, 'clockTolerance', { max: 3600 }) ?? 5
  const clock = clockOption(options.clock)
  if (maxAge === undefined && (acrValues === undefined || acrValues.length === 0)) {
    throw invalid(
      'acrValues',
      'Give "acrValues" or "maxAge"; a check of neither would check nothing.',
    )
  }
  if (acrValues?.some((one) => !SCOPE_TOKEN.test(one)) === true) {
    throw invalid('acrValues', 'An "acrValues" value is printable ASCII without spaces and quotes.')
  }
  const holds = (claims: JwtPayload): boolean => {
    const { acr, auth_time: since } = claims
    if (acrValues !== undefined && !acrValues.some((one) => one === acr)) return false
    if (maxAge === undefined) return true
    if (typeof since !== 'number') return false
    const age = nowInSeconds(clock) - since
    // A login of the future proves nothing: milliseconds would be one for ever.
    return age >= -MAX_AHEAD && age < maxAge + tolerance
  }
  return (auth, challenger) => {
    if (auth?.claims !== undefined && holds(auth.claims)) return undefined
    return refuse(auth, challenger, {
      code: 'ERR_AUTHENTICATION',
      reason: 'insufficient_user_authentication',
      status: 401,
      error: 'insufficient_user_authentication',
      description: 'This takes a login of another kind, or a newer one.',
      ...(acrValues !== undefined && { acrValues: acrValues.join(' ') }),
      ...(maxAge !== undefined && { maxAge }),
    })
  }
}

/** A refusal, and its challenge. */
interface Refusing extends Pick<ChallengeError, 'scope' | 'acrValues' | 'maxAge'> {
  readonly code: RequestErrorCode
  readonly reason: Reason
  readonly status: 401 | 403
  readonly error: ChallengeError['error']
  readonly description: string
}

type Refuse = (
  auth: Judged | undefined,
  inherited: Challenger | undefined,
  refusal: Refusing,
) => RequestError

/** Compiles what all checks refuse with; a request without a token gets the challenge of one. */
function compileRefusal(
  options: RequirementOptions,
  known: readonly string[],
  where: string,
): Refuse {
  requireOptions(options, where)
  refuseUnknownOptions(options, [...known, 'observe', ...CHALLENGE_OPTIONS], where)
  const { realm, resourceMetadata } = options
  const observe = optionalFunction(options.observe, 'observe')
  const own = compileChallenge({
    ...(realm !== undefined && { realm }),
    ...(resourceMetadata !== undefined && { resourceMetadata }),
  })
  const hasOwn = realm !== undefined || resourceMetadata !== undefined
  return (auth, inherited = own, { code, reason, status, ...problem }) => {
    const challenger = hasOwn ? own : inherited
    notify(observe, { type: 'deny', reason: auth === undefined ? 'token_missing' : reason })
    if (auth === undefined) return challenged(tokenMissing(), challenger)
    const challenge = challenger({ ...problem, ...schemeOf(auth) })
    return new RequestError(code, problem.description, {
      reason,
      status,
      headers: { 'cache-control': 'no-store', 'www-authenticate': challenge },
    })
  }
}

/** A token that is bound to a key was accepted with a proof. */
function schemeOf({
  claims,
  confirmation = claims && readConfirmation(claims),
}: Judged): Pick<ChallengeError, 'scheme'> {
  if (confirmation === undefined) return {}
  return { scheme: confirmation.jkt === undefined ? 'Bearer' : 'DPoP' }
}

function matcher(
  match: 'all' | 'any' = 'all',
): <One>(needed: readonly One[], has: (one: One) => boolean) => boolean {
  requireOneOf(match, 'match', ['all', 'any'])
  return (needed, has) => (match === 'all' ? needed.every(has) : needed.some(has))
}

function requireScopes(scopes: readonly string[]): readonly string[] {
  if (!Array.isArray(scopes) || scopes.length === 0) {
    throw invalid('scopes', 'Name at least one scope; a check of none would let everyone pass.')
  }
  for (const scope of scopes as readonly unknown[]) {
    if (typeof scope === 'string' && SCOPE_TOKEN.test(scope)) continue
    throw invalid('scopes', 'A scope is printable ASCII without spaces, quotes or backslashes.')
  }
  return [...scopes] as readonly string[]
}

/** Compiles `{ claim: value }`. Text is taken apart at spaces in `scope` and `scp` alone. */
function compileValues(
  requirement: unknown,
  { match }: ClaimsCheckOptions,
): (claims: JwtPayload) => boolean {
  const isObject = typeof requirement === 'object' && requirement !== null
  if (!isObject || Array.isArray(requirement)) {
    throw invalid('claims', `Give a function or { claim: value }, not ${describe(requirement)}.`)
  }
  const needed = Object.entries(requirement).flatMap(([name, value]: [string, unknown]) =>
    [value].flat().map((one) => ({ name, value: one })),
  )
  const isEmpty = Object.values(requirement).some(
    (value) => Array.isArray(value) && value.length === 0,
  )
  if (needed.length === 0 || isEmpty) {
    throw invalid('claims', 'Ask for at least one value; a check of none would let everyone pass.')
  }
  for (const { name, value } of needed) {
    if (['string', 'number', 'boolean'].includes(typeof value)) continue
    throw invalid('claims', `"${name}" must be text, a number or a boolean, or several of them.`)
  }
  const isEnough = matcher(match)
  return (claims) =>
    isEnough(needed, ({ name, value }) => {
      const found = claimAt(claims, name)
      if (Array.isArray(found)) return found.includes(value)
      const isList = (name === 'scope' || name === 'scp') && typeof found === 'string'
      return isList ? found.split(' ').includes(String(value)) : found === value
    })
}
