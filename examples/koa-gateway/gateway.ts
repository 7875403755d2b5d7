/**
 * The gateway of ../express-gateway, on Koa: pages come with short-lived tokens that are bound to their
 * origin, and their calls go on to App Store Connect with a token that no browser ever sees.
 *
 *     node --conditions=source examples/koa-gateway/gateway.ts
 *
 * Settings come from the environment; see ../lib/gateway.ts and ../lib/account.ts.
 */
import cors from '@koa/cors'
import { Router } from '@koa/router'
import {
  bearerFetch,
  corsOriginCheck,
  LearnedClocks,
  TokenIssuer,
  TokenVerifier,
  originBinding,
} from '@mayfly/core'
import { bearerAuth, injectBearer, issueToken } from '@mayfly/koa'
import { createProxyMiddleware } from 'http-proxy-middleware'
import Koa, { type ParameterizedContext } from 'koa'
import { type GatewayOptions, runGateway } from '../lib/gateway.ts'
import { type Running, serve } from '../lib/serve.ts'

const NAME = 'koa-gateway'

/** Starts the gateway on 127.0.0.1. */
export function startKoaGateway(options: GatewayOptions): Promise<Running> {
  const { source, upstream, pages, clocks = new LearnedClocks(), observe = () => {} } = options
  const issuer = new TokenIssuer({ issuer: NAME, maxLifetime: 300 })
  const verifier = new TokenVerifier({
    issuer: NAME,
    audience: NAME,
    keys: issuer.keys,
    // A token names in `aud` this gateway, and the origin that it may be used from.
    origin: originBinding({ claim: 'aud' }),
    observe,
  })
  const authenticate = bearerAuth(verifier)
  const router = new Router()

  // Each page gets tokens for its own origin. A real gateway would ask for a session here as well.
  const decide = (ctx: ParameterizedContext) => {
    const origin = ctx.get('origin')
    if (!pages.includes(origin)) return undefined
    return { audience: NAME, origins: [origin], subject: 'visitor', expiresIn: 60 }
  }
  router.post('/token', issueToken(issuer, decide))

  // A handler that calls the API: after a 401 bearerFetch gets another token and sends again.
  const api = bearerFetch(source, { clocks, observe })
  router.get('/apps', authenticate, async (ctx) => {
    const answer = await api(`${upstream}/v1/apps`)
    ctx.status = answer.status
    ctx.body = await answer.json()
  })

  // All of /v1 is streamed through: a 401 goes to the caller, and the next call has a new token.
  const proxy = createProxyMiddleware({ target: upstream, changeOrigin: true })
  const inject = injectBearer(source, { upstream, clocks, observe })
  router.all('/v1/{*path}', authenticate, inject, async (ctx) => {
    ctx.respond = false // The proxy writes the answer itself.
    await proxy(ctx.req, ctx.res)
  })

  // Preflights carry no token: they are answered before one is asked for.
  const app = new Koa()
    .use(cors({ origin: corsOriginCheck(pages), exposeHeaders: ['www-authenticate'] }))
    .use(router.routes())
  return serve(app.callback(), options.port)
}

if (import.meta.main) await runGateway(startKoaGateway)
