import { type DocumentOptions, jwksEndpoint, type JwksSource } from '@mayfly/core/adapter'
import { answerWith, type Middleware, middleware } from './middleware.ts'

/**
 * Publishes an issuer's public keys as `application/json` for GET and HEAD, with an `ETag`. Caches may
 * keep them for `maxAge` seconds, 60 by default. Other methods get 405.
 *
 * @throws {OptionError} when an option is unknown or unsound.
 *
 * @example
 * ```ts
 * import type { TokenIssuer } from '@mayfly/core'
 * import { jwks } from '@mayfly/koa'
 * import { Router } from '@koa/router'
 *
 * export function createRouter(issuer: TokenIssuer): Router {
 *   return new Router().all('/.well-known/jwks.json', jwks(issuer))
 * }
 * ```
 */
export function jwks(issuer: JwksSource, options: DocumentOptions = {}): Middleware {
  const publish = answerWith(jwksEndpoint(issuer, options), () => undefined)
  return middleware('jwks', publish)
}
