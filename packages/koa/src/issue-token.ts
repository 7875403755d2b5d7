import {
  type DecideIssue,
  type IssueEndpointOptions,
  issueEndpoint,
  type IssuerLike,
} from '@mayfly/core/adapter'
import type { ParameterizedContext } from 'koa'
import { answerWith, type Middleware, middleware } from './middleware.ts'

/**
 * Answers POST with a token, as JSON of RFC 6749 section 5.1 that no cache keeps. `decide` says what
 * the token is to hold; `undefined` refuses with 403, and a `RequestError` that it throws is answered.
 * Other methods get 405.
 *
 * Who the caller is has to be known before: mount it behind your session or `bearerAuth`. With the
 * option `dpop` each token is bound to the key whose proof came with the request.
 *
 * @throws {OptionError} when `issuer` or `decide` is something else, or an option is unsound.
 *
 * @example
 * ```ts
 * import type { TokenIssuer } from '@mayfly/core'
 * import { issueToken } from '@mayfly/koa'
 * import Koa, { type ParameterizedContext } from 'koa'
 *
 * declare function userOf(ctx: ParameterizedContext): Promise<string | undefined>
 *
 * export function createApp(issuer: TokenIssuer): Koa {
 *   const decide = async (ctx: ParameterizedContext) => {
 *     const user = await userOf(ctx)
 *     return user === undefined ? undefined : { audience: 'orders', subject: user, expiresIn: 300 }
 *   }
 *   return new Koa().use(issueToken(issuer, decide))
 * }
 * ```
 */
export function issueToken(
  issuer: IssuerLike,
  decide: DecideIssue<ParameterizedContext>,
  options: IssueEndpointOptions = {},
): Middleware {
  const issue = answerWith(issueEndpoint(issuer, decide, options), (ctx) => ctx)
  return middleware('issueToken', issue)
}
