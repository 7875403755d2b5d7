import type { Algorithm } from '../../keys/algorithms.ts'
import { invalid, optionalString, requireString, refuseUnknownOptions } from '../../base/options.ts'
import type { TokenScheme } from './bearer.ts'
import { RequestError } from '../../base/errors.ts'
import type { HttpResponse } from '../../http/answer.ts'

/** What stands in every challenge of one guard. */
export interface ChallengeOptions {
  /** The realm of the challenge, in printable ASCII. Default `api`. */
  readonly realm?: string
  /**
   * The URL of the API's protected resource metadata (RFC 9728). It tells a client where to get a
   * token.
   */
  readonly resourceMetadata?: string
}

/** The names of {@link ChallengeOptions}. */
export const CHALLENGE_OPTIONS = ['realm', 'resourceMetadata'] as const

/**
 * What went wrong, in the words of RFC 6750 section 3.1 and RFC 9449 section 7.1. Absent: there were no
 * credentials.
 */
export interface ChallengeError {
  readonly error:
    | 'invalid_request'
    | 'invalid_token'
    | 'insufficient_scope'
    | 'insufficient_user_authentication'
    | 'invalid_dpop_proof'
    | 'use_dpop_nonce'
  readonly description: string
  readonly scope?: string
  /** The authentication context classes that will do (RFC 9470 section 3). */
  readonly acrValues?: string
  /** Seconds that the user's login may be old (RFC 9470 section 3). */
  readonly maxAge?: number
  /** The scheme that the request was made with. Default: the one that the guard takes. */
  readonly scheme?: TokenScheme
}

/** Writes the `WWW-Authenticate` header of one guard. */
export type Challenger = (problem?: ChallengeError) => string

/** The schemes that a guard takes, and what proofs may be signed with. */
export interface ChallengeSchemes {
  /** In the order in which they are offered to a request without credentials. */
  readonly schemes: readonly [TokenScheme, ...TokenScheme[]]
  readonly algorithms: readonly Algorithm[]
}

const BEARER_ALONE: ChallengeSchemes = { schemes: ['Bearer'], algorithms: [] }

/** Compiles the challenge's fixed parts (RFC 6750 section 3, RFC 9449 section 7.1, RFC 9728 section 5.1). */
export function compileChallenge(
  options: ChallengeOptions = {},
  { schemes, algorithms }: ChallengeSchemes = BEARER_ALONE,
): Challenger {
  const realm = requireString(options.realm ?? 'api', 'realm', 256)
  if (!/^[\x20-\x7E]*$/.test(realm)) {
    throw invalid('realm', '"realm" must be printable ASCII: it goes into a header.')
  }
  const metadata = optionalString(options.resourceMetadata, 'resourceMetadata')
  const start = `realm=${quoted(realm)}`
  const resource =
    metadata === undefined ? '' : `, resource_metadata=${quoted(metadataUrl(metadata))}`
  const algs = algorithms.length === 0 ? '' : `, algs="${algorithms.join(' ')}"`
  const endOf = (scheme: TokenScheme): string => (scheme === 'DPoP' ? algs : '') + resource
  const bare = schemes.map((scheme) => `${scheme} ${start}${endOf(scheme)}`).join(', ')
  const usual = schemes.includes('DPoP') ? 'DPoP' : 'Bearer'

  return (problem) => {
    if (problem === undefined) return bare
    const { error, scheme = usual, scope, acrValues, maxAge } = problem
    const description = quoted(plainText(problem.description))
    const needs = [
      ...(scope === undefined ? [] : [`, scope=${quoted(scope)}`]),
      ...(acrValues === undefined ? [] : [`, acr_values=${quoted(acrValues)}`]),
      ...(maxAge === undefined ? [] : [`, max_age="${maxAge}"`]),
    ].join('')
    return `${scheme} ${start}, error="${error}", error_description=${description}${needs}${endOf(scheme)}`
  }
}

/** The text as error_description may hold it: no quote, no backslash, nothing but printable ASCII. */
function plainText(text: string): string {
  return text
    .replaceAll('"', "'")
    .replaceAll('\\', '/')
    .replaceAll(/[^\x20-\x7E]/g, '?')
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`
}

function metadataUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw invalid('resourceMetadata', '"resourceMetadata" must be an absolute http or https URL.')
  }
  return url.href
}

/**
 * Makes the HTTP answer for a refused request: the challenge that RFC 6750 asks for, `no-store`, and
 * problem details (RFC 9457) with the bounded reason.
 *
 * Anything that is not a {@link RequestError} is not the request's fault; hand it to your framework.
 *
 * @throws {OptionError} when an option is unsound.
 *
 * @example
 * ```ts
 * import { denial, RequestError } from '@mayfly/core'
 *
 * function answer(error: unknown): Response {
 *   if (!(error instanceof RequestError)) throw error
 *   const { status, headers, body } = denial(error, { realm: 'orders' })
 *   return new Response(body, { status, headers })
 * }
 * ```
 */
export function denial(error: RequestError, options: ChallengeOptions = {}): HttpResponse {
  refuseUnknownOptions(options, CHALLENGE_OPTIONS, 'denial')
  const { status, headers } = challenged(error, compileChallenge(options))
  return {
    status,
    headers: { ...headers, 'content-type': 'application/problem+json' },
    body: JSON.stringify(error.toProblem()),
  }
}

/**
 * Gives the error the header fields of its answer. Those that it has already are kept.
 *
 * @param scheme the one that the request was made with, where the guard takes that one.
 */
export function challenged(
  error: RequestError,
  challenger: Challenger,
  scheme?: TokenScheme,
): RequestError {
  const { code, message, reason, status, claim, origin } = error
  const challenge = challengeFor(error, challenger, scheme)
  return new RequestError(code, message, {
    reason,
    status,
    ...(claim !== undefined && { claim }),
    ...(origin !== undefined && { origin }),
    headers: {
      'cache-control': 'no-store',
      ...(challenge !== undefined && { 'www-authenticate': challenge }),
      ...error.headers,
    },
    cause: error.cause ?? error,
  })
}

/**
 * An answer of 403 for an origin, and one of 503, carries no challenge: another token would not help.
 */
function challengeFor(
  { status, reason, message: description }: RequestError,
  challenger: Challenger,
  scheme: TokenScheme | undefined,
): string | undefined {
  if (reason === 'token_missing') return challenger()
  const about = { description, ...(scheme !== undefined && { scheme }) }
  if (reason === 'insufficient_scope') return challenger({ error: 'insufficient_scope', ...about })
  if (status === 400) return challenger({ error: 'invalid_request', ...about })
  if (status !== 401) return undefined
  if (!reason.startsWith('proof_')) return challenger({ error: 'invalid_token', ...about })
  const error = reason === 'proof_nonce' ? 'use_dpop_nonce' : 'invalid_dpop_proof'
  return challenger({ error, description, scheme: 'DPoP' })
}
