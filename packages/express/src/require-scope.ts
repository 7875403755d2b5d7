import { denial, OptionError } from '@mayfly/core'
import { compileScopeCheck, type ScopeOptions } from '@mayfly/core/adapter'
import { challengerOf } from './auth.ts'
import { type Middleware, middleware, send, type Work } from './middleware.ts'

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
 * import { bearerAuth, requireScope } from '@mayfly/express'
 * import { Router } from 'express'
 *
 * export function orders(verifier: TokenVerifier): Router {
 *   const router = Router()
 *   router.use(bearerAuth(verifier))
 *   router.get('/', requireScope('orders:read'), (req, res) => void res.json([]))
 *   return router
 * }
 * ```
 */
export function requireScope(...scopes: string[] | [...string[], ScopeOptions]): Middleware {
  const last = scopes.at(-1)
  const options = typeof last === 'object' ? last : {}
  const names = typeof last === 'object' ? scopes.slice(0, -1) : scopes
  const check = compileScopeCheck(names as string[], options)
  const judge: Work = async (req, res) => {
    const challenger = challengerOf(req)
    if (challenger === undefined) throw unguarded()
    const refusal = check(req.auth, challenger)
    return refusal === undefined || send(res, denial(refusal))
  }
  return middleware('requireScope', judge)
}

function unguarded(): OptionError {
  return new OptionError(
    'ERR_OPTION_REQUIRED',
    'bearerAuth',
    'requireScope: mount bearerAuth before it; without that nobody has looked at a token.',
  )
}
