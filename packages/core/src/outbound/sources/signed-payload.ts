import { describe, invalid, optionalNumber } from '../../base/options.ts'

/** The dates and the id of one token, for claims that are made anew for each. */
export interface TokenMoment {
  /** NumericDate (seconds): the server's time as far as it is known, not backdated. */
  readonly now: number
  /** NumericDate (seconds): the token's `iat`. */
  readonly issuedAt: number
  /** NumericDate (seconds): the token's `exp`. */
  readonly expiresAt: number
  readonly tokenId: string | undefined
}

/**
 * The claims of a token. `iat`, `exp` and `jti` are added at the end; a function may place them
 * elsewhere by returning them as they were given.
 */
export type ClaimsOfToken =
  | Readonly<Record<string, unknown>>
  | ((moment: TokenMoment) => Readonly<Record<string, unknown>>)

/** Claims that were checked and copied. */
export interface CompiledClaims {
  /** What tells these claims from others. */
  readonly name: unknown
  /** The payload of one token, as UTF-8 JSON. */
  payload(moment: TokenMoment): Uint8Array
}

/** From here on a number can only be milliseconds. */
const MILLISECONDS_FROM = 1e11

/** How a source's claims are completed. */
export interface ClaimsCompletion {
  /** What tells the claims that a function makes from others. */
  readonly identity: unknown
  /** Whether `iat` is among them. */
  readonly iatClaim: boolean
  /** Whether `exp` is among them. */
  readonly expClaim: boolean
}

/** Checks and copies a source's claims. */
export function compileClaims(claims: ClaimsOfToken, completion: ClaimsCompletion): CompiledClaims {
  const { identity } = completion
  if (typeof claims === 'function') {
    const name = identity ?? crypto.randomUUID()
    return { name, payload: (moment) => encode(complete(claims(moment), moment, completion)) }
  }
  const fixed = copy(claims)
  for (const name of ['iat', 'exp', 'jti']) {
    if (!Object.hasOwn(fixed, name)) continue
    throw invalid('claims', `"claims" must not have "${name}": it is made anew for each token.`)
  }
  return {
    name: [fixed, identity],
    payload: (moment) => encode(complete(fixed, moment, completion)),
  }
}

/** Refuses claims of the caller's own that would replace a vendor's. */
export function refuseReplacing(
  claims: Readonly<Record<string, unknown>> | undefined,
  taken: readonly string[],
): Readonly<Record<string, unknown>> {
  if (claims === undefined) return {}
  const own = copy(claims)
  for (const name of [...taken, 'iat', 'exp', 'jti']) {
    if (!Object.hasOwn(own, name)) continue
    throw invalid('claims', `"claims" must not have "${name}": the vendor’s contract sets it.`)
  }
  return own
}

function complete(
  claims: Readonly<Record<string, unknown>>,
  { issuedAt, expiresAt, tokenId }: TokenMoment,
  { iatClaim, expClaim }: ClaimsCompletion,
): Record<string, unknown> {
  const made = {
    ...(iatClaim && { iat: issuedAt }),
    ...(expClaim && { exp: expiresAt }),
    ...(tokenId !== undefined && { jti: tokenId }),
  }
  for (const [name, value] of Object.entries(made)) {
    if (Object.hasOwn(claims, name) && claims[name] !== value) {
      throw invalid('claims', `"claims" must return "${name}" as it was given, or leave it out.`)
    }
  }
  return { ...claims, ...made }
}

function copy(claims: Readonly<Record<string, unknown>>): Record<string, unknown> {
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) {
    throw invalid('claims', `"claims" must be an object, not ${describe(claims)}.`)
  }
  const nbf = claims['nbf']
  if (typeof nbf === 'number' && nbf >= MILLISECONDS_FROM) {
    throw invalid('claims', `"claims": "nbf" looks like milliseconds; give seconds.`)
  }
  try {
    return JSON.parse(JSON.stringify(claims)) as Record<string, unknown>
  } catch (cause) {
    throw invalid('claims', '"claims" must be plain JSON.', cause)
  }
}

function encode(payload: Record<string, unknown>): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(payload))
}

/** How long a vendor lets its tokens live, in seconds. */
export interface LifetimeLimits {
  readonly min: number
  readonly max: number
  /** What it is where nothing is asked for. */
  readonly usual: number
  /** Says what the vendor takes, for the message. */
  readonly rule: string
}

/** Reads a `lifetime` that is within a vendor's limits; what is beyond them is refused. */
export function requireLifetime(asked: number | undefined, limits: LifetimeLimits): number {
  const { min, max, usual, rule } = limits
  const lifetime = optionalNumber(asked, 'lifetime', { min: 1, integer: true }) ?? usual
  if (lifetime >= min && lifetime <= max) return lifetime
  throw invalid('lifetime', `"lifetime" is ${lifetime} seconds; ${rule}.`)
}
