import type { IncomingMessage } from 'node:http'
import { denial, Guard, type GuardOptions, type Outcome, type VerifiedToken } from '@mayfly/core'
import { type GuardVerifier } from '@mayfly/core/adapter'
import type { Request, Response } from 'express'
import { type AnyPayload, authOf, noteAuth } from './auth.ts'
import { type Middleware, middleware, requestLike, send, type Work } from './middleware.ts'

/** The middleware that {@link bearerAuth} makes, and what the tokens that it accepted say. */
export interface BearerAuth<Payload> extends Middleware {
  /**
   * Gives the token that this very middleware accepted, with its own verifier's type of payload;
   * `undefined` where it let the request pass without one, or has not seen the request.
   */
  authOf(req: IncomingMessage): VerifiedToken<Payload> | undefined
}

/**
 * Lets requests with a good bearer token pass, with what it says on `req.auth`, and answers all others
 * with a challenge (RFC 6750) and problem details (RFC 9457).
 *
 * The token is looked for in the `Authorization` header, or where `tokenFrom` says; a body has to be
 * parsed before. What is not the request's fault goes to the application's error handling.
 *
 * Where several verifiers have payloads of several types, keep what each call gives: `orders.authOf(req)`
 * has the type of its own verifier, whatever became of `req.auth`.
 *
 * @throws {OptionError} when an option is unknown or unsound.
 *
 * @example
 * ```ts
 * import type { TokenVerifier } from '@mayfly/core'
 * import { bearerAuth } from '@mayfly/express'
 * import express, { type Express } from 'express'
 *
 * export function createApp(verifier: TokenVerifier): Express {
 *   const app = express()
 *   app.use(bearerAuth(verifier, { realm: 'orders' }))
 *   app.get('/me', (req, res) => void res.json({ subject: req.auth?.claims.sub }))
 *   return app
 * }
 * ```
 */
export function bearerAuth<Payload extends AnyPayload>(
  verifier: GuardVerifier<Payload>,
  options: GuardOptions = {},
): BearerAuth<Payload> {
  const guard = new Guard(verifier, options)
  const follow = (req: Request, res: Response, outcome: Outcome<Payload>): boolean => {
    if (!outcome.ok) return send(res, denial(outcome.error))
    for (const [name, value] of Object.entries(outcome.headers)) {
      if (!res.hasHeader(name)) res.setHeader(name, value)
      else if (name === 'vary') res.vary(value)
    }
    noteAuth(req, outcome.auth, guard.challenger)
    return true
  }
  const judge: Work = (req, res) => {
    const outcome = guard.decide(requestLike(req))
    if ('ok' in outcome) return follow(req, res, outcome)
    return outcome.then((later) => follow(req, res, later))
  }
  return Object.assign(middleware('bearerAuth', judge), {
    authOf: (req: IncomingMessage): VerifiedToken<Payload> | undefined =>
      authOf(req, guard.challenger) as VerifiedToken<Payload> | undefined,
  })
}
