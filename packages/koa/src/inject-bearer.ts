import { BearerInjector, denial, RequestError } from '@mayfly/core'
import { type EditableRequest, type InjectOptions, type SourceChoice } from '@mayfly/core/adapter'
import type { ParameterizedContext } from 'koa'
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
 * import { injectBearer } from '@mayfly/koa'
 * import { createProxyMiddleware } from 'http-proxy-middleware'
 * import Koa from 'koa'
 * import connect from 'koa-connect'
 *
 * export function gateway(manager: TokenManager): Koa {
 *   const app = new Koa()
 *   const target = 'https://api.appstoreconnect.apple.com'
 *   app.use(injectBearer(manager, { upstream: target }))
 *   app.use(connect(createProxyMiddleware({ target, changeOrigin: true })))
 *   return app
 * }
 * ```
 */
export function injectBearer(
  source: SourceChoice<ParameterizedContext>,
  options: InjectOptions = {},
): Middleware {
  const injector = new BearerInjector<ParameterizedContext>(source, options)
  const inject: Work = async (ctx) => {
    try {
      await injector.inject(editable(ctx), ctx.res, ctx)
      return true
    } catch (error) {
      if (error instanceof RequestError) return send(ctx, denial(error))
      throw error
    }
  }
  return middleware('injectBearer', inject)
}

/** A context's request with all the places where its URL is kept. */
function editable(ctx: ParameterizedContext): EditableRequest {
  const { req, request } = ctx
  return {
    headers: req.headers,
    rawHeaders: req.rawHeaders,
    headersDistinct: req.headersDistinct,
    get url() {
      return req.url
    },
    set url(url) {
      req.url = url
    },
    get originalUrl() {
      return ctx.originalUrl
    },
    set originalUrl(originalUrl) {
      // Koa parses the URL once and remembers it.
      Object.assign(request, { originalUrl, memoizedURL: undefined })
      Object.assign(ctx, { originalUrl })
    },
  }
}
