import { BearerInjector, denial, RequestError } from '@mayfly/core'
import { type InjectOptions, type SourceChoice } from '@mayfly/core/adapter'
import type { Request } from 'express'
import { type Middleware, middleware, send, type Work } from './middleware.ts'

/**
 * Replaces a request's own credentials with a fresh bearer token, for the proxy or handler behind it.
 * `Authorization`, `Proxy-Authorization`, `Cookie`, `DPoP` and the query parameter `access_token` are
 * the caller's, and never go upstream.
 *
 * `source` is one for all requests, or a function that chooses one for each, such as a tenant's own out
 * of a `TokenPool`. When no token can be had the answer is 503. Leave it to the caller to follow
 * redirects, since a proxy would follow them with the token; and give WebSocket upgrades to
 * `injectUpgrade`, since they do not pass through middleware.
 *
 * @throws {OptionError} when an option is unsound, or the upstream is not for the source's tokens.
 *
 * @example
 * ```ts
 * import type { TokenManager } from '@mayfly/core'
 * import { injectBearer } from '@mayfly/express'
 * import express, { type Express } from 'express'
 * import { createProxyMiddleware } from 'http-proxy-middleware'
 *
 * export function gateway(manager: TokenManager): Express {
 *   const app = express()
 *   const target = 'https://api.appstoreconnect.apple.com'
 *   app.use('/apple', injectBearer(manager, { upstream: target }))
 *   app.use('/apple', createProxyMiddleware({ target, changeOrigin: true }))
 *   return app
 * }
 * ```
 */
export function injectBearer(
  source: SourceChoice<Request>,
  options: InjectOptions = {},
): Middleware {
  const injector = new BearerInjector<Request>(source, options)
  const inject: Work = async (req, res) => {
    try {
      await injector.inject(req, res, req)
      return true
    } catch (error) {
      if (error instanceof RequestError) return send(res, denial(error))
      throw error
    }
  }
  return middleware('injectBearer', inject)
}
