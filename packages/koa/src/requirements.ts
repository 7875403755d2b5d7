import { OptionError, type RequestError } from '@mayfly/core'
import {
  type AuthenticationOptions,
  type ClaimsCheck,
  type ClaimsCheckOptions,
  type ClaimsRequirement,
  compileAuthenticationCheck,
  compileClaimsCheck,
  compileScopeCheck,
  type ScopeOptions,
} from '@mayfly/core/adapter'
import { acceptedOf } from './auth.ts'
import { type Middleware, middleware, type Work } from './middleware.ts'

/**
 * Lets requests pass whose token has all of these scopes, or any of them with `{ match: 'any' }` as
 * the last argument. Others get 403 `insufficient_scope`, and 401 where an optional `bearerAuth` found
 * no token, with the realm of that `bearerAuth`.
 *
 * Mount it behind `bearerAuth`; where there is none, every request ends in an error that says so.
 *
 * @throws {OptionError} for no scope at all, or one that cannot be a scope.
 *
 * @example
 * ```ts
 * import type { TokenVerifier } from '@mayfly/core'
 * import { bearerAuth, requireScope } from '@mayfly/koa'
 * import Koa from 'koa'
 *
 * export function createApp(verifier: TokenVerifier): Koa {
 *   const app = new Koa()
 *   app.use(bearerAuth(verifier))
 *   app.use(requireScope('orders:read'))
 *   app.use((ctx) => {
 *     ctx.body = []
 *   })
 *   return app
 * }
 * ```
 */
export function requireScope(...scopes: string[] | [...string[], ScopeOptions]): Middleware {
  const last = scopes.at(-1)
  const options = typeof last === 'object' ? last : {}
  const names = typeof last === 'object' ? scopes.slice(0, -1) : scopes
  return requirement('requireScope', compileScopeCheck(names as string[], options))
}

/**
 * Lets requests pass whose token says what is asked for: `{ permissions: 'orders:read' }`, a path such as
 * `'realm_access.roles'`, or a function of the claims that gives `true`. Others get 403
 * `claims_insufficient`, and 401 where an optional `bearerAuth` found no token.
 *
 * Mount it behind `bearerAuth`.
 *
 * @throws {OptionError} for a requirement of nothing.
 *
 * @example
 * ```ts
 * import type { TokenVerifier } from '@mayfly/core'
 * import { bearerAuth, requireClaims } from '@mayfly/koa'
 * import Koa from 'koa'
 *
 * export function createApp(verifier: TokenVerifier): Koa {
 *   const app = new Koa()
 *   app.use(bearerAuth(verifier))
 *   app.use(requireClaims({ permissions: 'orders:read' }))
 *   return app
 * }
 * ```
 */
export function requireClaims(
  claims: ClaimsRequirement,
  options: ClaimsCheckOptions = {},
): Middleware {
  return requirement('requireClaims', compileClaimsCheck(claims, options))
}

/**
 * Lets requests pass whose user has logged in as is asked for (RFC 9470): by one of `acrValues`, and no
 * longer ago than `maxAge` seconds. Others get 401 `insufficient_user_authentication`, which tells the
 * client what to ask its user for.
 *
 * Mount it behind `bearerAuth`.
 *
 * @throws {OptionError} where neither is given.
 *
 * @example
 * ```ts
 * import { requireAuthentication } from '@mayfly/koa'
 * import Koa from 'koa'
 *
 * const app = new Koa()
 * app.use(requireAuthentication({ acrValues: ['urn:example:mfa'], maxAge: 300 }))
 * ```
 */
export function requireAuthentication(options: AuthenticationOptions): Middleware {
  return requirement('requireAuthentication', compileAuthenticationCheck(options))
}

function requirement(name: string, check: ClaimsCheck): Middleware {
  const judge: Work = (ctx) => {
    const accepted = acceptedOf(ctx)
    if (accepted === undefined) throw unguarded(name)
    const { auth, challenger, refuse } = accepted
    const follow = (refusal: RequestError | undefined): boolean | Promise<boolean> =>
      refusal === undefined || refuse(ctx, refusal)
    const refusal = check(auth, challenger)
    return refusal instanceof Promise ? refusal.then(follow) : follow(refusal)
  }
  return middleware(name, judge)
}

function unguarded(name: string): OptionError {
  return new OptionError(
    'ERR_OPTION_REQUIRED',
    'bearerAuth',
    `${name}: mount bearerAuth before it; without that nobody has looked at a token.`,
  )
}
