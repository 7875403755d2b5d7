import {
  sessionEndpoint,
  type SessionEndpointOptions,
  type SessionsLike,
} from '@mayfly/core/adapter'
import { answerWith, type Middleware, middleware } from './middleware.ts'

/**
 * Answers POST as a token endpoint for refresh tokens: `grant_type=refresh_token` with the next pair (RFC
 * 6749 section 6), `token` without a `grant_type` by ending its session (RFC 7009). Other methods get
 * 405.
 *
 * With `cookie` the refresh token is in an `HttpOnly` cookie, and never in a body; the pages of `origins`
 * alone may use it. How often one session and one address may ask is limited.
 *
 * @throws {OptionError} when an option is unknown or unsound.
 *
 * @example
 * ```ts
 * import type { SessionTokens } from '@mayfly/core/grants'
 * import { sessionTokens } from '@mayfly/express'
 * import express, { type Express } from 'express'
 *
 * export function createApp(sessions: SessionTokens): Express {
 *   const options = { cookie: true, origins: ['https://app.example.com'] }
 *   return express().use('/session', sessionTokens(sessions, options))
 * }
 * ```
 */
export function sessionTokens(
  sessions: SessionsLike,
  options: SessionEndpointOptions = {},
): Middleware {
  const answer = answerWith(sessionEndpoint(sessions, options), (req) => ({
    incoming: req,
    address: req.ip,
  }))
  return middleware('sessionTokens', answer)
}
