import { describe } from '../../base/options.ts'
import { SourceError } from '../../base/errors.ts'
import { type ExchangeResponse, jsonOf } from '../../http/exchange.ts'

// RFC 6749 is read here and not by oauth4webapi, which the tests compare with: its answers are read
// without a bound, and its errors carry them, tokens included.

/** A token as a server gave it. */
export interface GivenToken {
  readonly value: string
  /** Seconds that it lives from now. */
  readonly expiresIn?: number
  /** NumericDate (seconds) of its end on the server's clock, where the server says it so. */
  readonly expiresAt?: number
}

/** What a server says when it gives no token. */
export interface Refusal {
  /** Its error code. */
  readonly error?: string | undefined
  /** Its explanation. It is cleaned before it goes into a message. */
  readonly description?: unknown
  /** No other try can help. Default: by the codes of RFC 6749 section 5.2. */
  readonly permanent?: boolean | undefined
  /** How long the server wants to be left alone, in milliseconds, where `Retry-After` does not say. */
  readonly retryAfterMs?: number | undefined
}

/** Errors that no other try can mend (RFC 6749 sections 4.1.2.1 and 5.2, RFC 8707 section 2). */
const PERMANENT =
  /^(?:invalid_client|invalid_grant|invalid_request|invalid_scope|invalid_target|unauthorized_client|access_denied|unsupported_\w{1,40})$/

/** Tells whether an error code of OAuth means that no other try can help. */
export function isPermanent(error: string | undefined): boolean {
  return error !== undefined && PERMANENT.test(error)
}

/** Makes the error for an answer that holds no token that can be used. */
export function unusable(message: string): SourceError {
  return new SourceError('ERR_TOKEN_UNUSABLE', message)
}

/**
 * Reads the token of a successful answer (RFC 6749 section 5.1).
 *
 * @param hint what helps against an answer without `expires_in`, for the message.
 * @param wantedType `DPoP` for a token that has to be bound to the key of a proof (RFC 9449 section 5).
 * @throws {SourceError} `ERR_TOKEN_UNUSABLE` for a token that is missing, not a bearer, or without an
 * end; `ERR_MINT_FAILED` for an answer that is no JSON.
 */
export function readTokenResponse(
  answer: ExchangeResponse,
  defaultLifetime?: number,
  hint = '',
  wantedType: 'Bearer' | 'DPoP' = 'Bearer',
): GivenToken {
  const json = jsonOf(answer)
  if (json === undefined) {
    throw new SourceError('ERR_MINT_FAILED', 'The answer is no JSON object.')
  }
  const { access_token: value, token_type: type, expires_in: expiresIn } = json
  if (typeof value !== 'string') {
    throw unusable(`"access_token" must be a string, not ${describe(value)}.`)
  }
  requireType(type, wantedType)
  return { value, expiresIn: lifetimeOf(expiresIn, defaultLifetime, hint) }
}

function requireType(type: unknown, wanted: 'Bearer' | 'DPoP'): void {
  const given = typeof type === 'string' ? type.toLowerCase() : undefined
  if (wanted === 'Bearer' && given !== undefined && given !== 'bearer') {
    throw unusable('"token_type" is not "Bearer": the token cannot be sent as one.')
  }
  if (wanted === 'DPoP' && given !== 'dpop') {
    throw unusable('"token_type" is not "DPoP": the server has not bound the token to the key.')
  }
}

/** Reads a refusal (RFC 6749 section 5.2). What is not of that form has no code. */
export function readRefusal(answer: ExchangeResponse): Refusal {
  const { error, error_description: description } = jsonOf(answer) ?? {}
  const code = typeof error === 'string' && /^[\w.-]{1,64}$/.test(error) ? error : undefined
  return { error: code, description }
}

function lifetimeOf(expiresIn: unknown, defaultLifetime: number | undefined, hint: string): number {
  // Some servers write the number as a string.
  const seconds = typeof expiresIn === 'string' && expiresIn !== '' ? Number(expiresIn) : expiresIn
  if (seconds === undefined || seconds === null) {
    if (defaultLifetime !== undefined) return defaultLifetime
    throw unusable(`"expires_in" is missing, so nobody can tell when the token ends.${hint}`)
  }
  if (typeof seconds === 'number' && seconds >= 1 && seconds < 1e11) return seconds
  throw unusable(`"expires_in" must be a number of seconds from 1 on, not ${describe(expiresIn)}.`)
}
