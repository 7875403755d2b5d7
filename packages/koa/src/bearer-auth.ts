import {
  denial,
  Guard,
  type GuardOptions,
  type Outcome,
  type RequestError,
  type VerifiedToken,
} from '@mayfly/core'
import {
  type GuardVerifier,
  optionalFunction,
  requireOptions,
  requireProperty,
} from '@mayfly/core/adapter'
import type { ParameterizedContext } from 'koa'
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
   * What it throws goes to your error handling: `(error) => { throw error }` hands all of them there.
   * Default: problem details (RFC 9457).
   */
  readonly onRefusal?: (error: RequestError, ctx: ParameterizedContext) => unknown
  /** The key of `ctx.state` that gets what the token says. Default `auth`. */
  readonly requestProperty?: string
}

/** The middleware that {@link bearerAuth} makes, and what the tokens that it accepted say. */
export interface BearerAuth<Payload> extends Middleware {
  /**
   * Gives the token that this very middleware accepted, with its own verifier's type of payload;
   * `undefined` where it let the request pass without one, or has not seen the request.
   */
  authOf(ctx: Pick<ParameterizedContext, 'req'>): VerifiedToken<Payload> | undefined
}

/**
 * Lets requests with a good bearer token pass, with what it says on `ctx.state.auth`, and answers all
 * others with a challenge (RFC 6750) and problem details (RFC 9457).
 *
 * The token is looked for in the `Authorization` header, or where `tokenFrom` says; a body has to be
 * parsed before. What is not the request's fault goes to the application's error handling.
 *
 * Where several verifiers have payloads of several types, keep what each call gives: `orders.authOf(ctx)`
 * has the type of its own verifier, whatever became of `ctx.state.auth`.
 *
 * @throws {OptionError} when an option is unknown or unsound.
 *
 * @example
 * ```ts
 * import type { TokenVerifier } from '@mayfly/core'
 * import { bearerAuth } from '@mayfly/koa'
 * import Koa from 'koa'
 *
 * export function createApp(verifier: TokenVerifier): Koa {
 *   const app = new Koa()
 *   app.use(bearerAuth(verifier, { realm: 'orders' }))
 *   app.use((ctx) => {
 *     ctx.body = { subject: ctx.state.auth?.claims.sub }
 *   })
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
    ctx: ParameterizedContext,
    outcome: Outcome<Payload>,
  ): boolean | Promise<boolean> => {
    if (!outcome.ok) return refuse(ctx, outcome.error)
    for (const [name, value] of Object.entries(outcome.headers)) {
      if (!ctx.res.hasHeader(name)) ctx.set(name, value)
      else if (name === 'vary') ctx.vary(value)
    }
    noteAuth(ctx, { auth: outcome.auth, challenger, property, refuse })
    return true
  }
  const judge: Work = (ctx) => {
    const outcome = guard.decide(requestLike(ctx))
    if ('ok' in outcome) return follow(ctx, outcome)
    return outcome.then((later) => follow(ctx, later))
  }
  return Object.assign(middleware('bearerAuth', judge), {
    authOf: (ctx: Pick<ParameterizedContext, 'req'>): VerifiedToken<Payload> | undefined =>
      authOf(ctx, guard.challenger) as VerifiedToken<Payload> | undefined,
  })
}

function compileRefuse(onRefusal: BearerAuthOptions['onRefusal']): Refuse {
  if (onRefusal === undefined) return (ctx, error) => send(ctx, denial(error))
  return async (ctx, error) => {
    ctx.status = error.status
    setHeaders(ctx, error.headers)
    await onRefusal(error, ctx)
    return false
  }
}
