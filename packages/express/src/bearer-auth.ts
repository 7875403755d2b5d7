import type { IncomingMessage } from 'node:http'
import {
  denial,
  Guard,
  type GuardOptions,
  type Outcome,
  type RequestError,
  type VerifiedToken,
} from '@mayfly/core'
import {
  asError,
  type GuardVerifier,
  optionalFunction,
  requireOptions,
  requireProperty,
} from '@mayfly/core/adapter'
import type { Request, Response } from 'express'
import { type AnyPayload, authOf, noteAuth, type Refuse } from './auth.ts'
import {
  type Middleware,
  middleware,
  requestLike,
  send,
  setHeaders,
  type Work,
} from './middleware.ts'

/** How {@link bearerAuth} treats requests. */
export interface BearerAuthOptions extends GuardOptions {
  /**
   * Answers refused requests in your own words, those of `requireScope` and its like behind it included:
   * status and header fields (`WWW-Authenticate`, `Vary`, `Cache-Control`) are set, and yours to replace.
   * `(error, req, res, next) => next(error)` hands them to your error handling; `next()` does so too, and
   * never lets a request pass. Default: problem details (RFC 9457).
   */
  readonly onRefusal?: (
    error: RequestError,
    req: Request,
    res: Response,
    next: (error?: unknown) => void,
  ) => unknown
  /** The property of the request that gets what the token says. Default `auth`. */
  readonly requestProperty?: string
}

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
  options: BearerAuthOptions = {},
): BearerAuth<Payload> {
  requireOptions(options, 'bearerAuth')
  const { onRefusal, requestProperty, ...rest } = options
  const guard = new Guard(verifier, rest)
  const refuse = compileRefuse(optionalFunction(onRefusal, 'onRefusal'))
  const property = requireProperty(requestProperty)
  const { challenger } = guard
  const follow = (
    req: Request,
    res: Response,
    outcome: Outcome<Payload>,
  ): boolean | Promise<boolean> => {
    if (!outcome.ok) return refuse(req, res, outcome.error)
    for (const [name, value] of Object.entries(outcome.headers)) {
      if (!res.hasHeader(name)) res.setHeader(name, value)
      else if (name === 'vary') res.vary(value)
    }
    noteAuth(req, { auth: outcome.auth, challenger, property, refuse })
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

function compileRefuse(onRefusal: BearerAuthOptions['onRefusal']): Refuse {
  if (onRefusal === undefined) return (_req, res, error) => send(res, denial(error))
  return (req, res, error) => {
    setHeaders(res, error.headers)
    res.status(error.status)
    // It settles only to hand an error on: whoever answers has the last word.
    return new Promise((_resolve, reject) => {
      const handOn = (failure: unknown): void => reject(asError(failure ?? error))
      void Promise.resolve(onRefusal(error, req, res, handOn)).catch(handOn)
    })
  }
}
