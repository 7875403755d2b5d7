import { refuseUnknownOptions } from '../../base/options.ts'
import { RequestError } from '../../base/errors.ts'
import type { HttpAnswer } from '../../http/answer.ts'
import type { TokenScheme } from './bearer.ts'
import {
  CHALLENGE_OPTIONS,
  type ChallengeOptions,
  type Challenger,
  compileChallenge,
} from './challenge.ts'

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
export function denial(error: RequestError, options: ChallengeOptions = {}): HttpAnswer {
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
