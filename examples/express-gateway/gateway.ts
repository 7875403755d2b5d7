/**
 * A gateway on Express: pages come with short-lived tokens that are bound to their origin, and their
 * calls go on to App Store Connect with a token that no browser ever sees.
 *
 *     node --conditions=source examples/express-gateway/gateway.ts
 *
 * Settings come from the environment; see ../lib/gateway.ts and ../lib/account.ts.
 */
import {
  bearerFetch,
  corsOriginCheck,
  LearnedClocks,
  TokenIssuer,
  TokenVerifier,
  originBinding,
} from '@mayfly/core'
import { bearerAuth, injectBearer, issueToken } from '@mayfly/express'
import cors from 'cors'
import express, { type Request } from 'express'
import { createProxyMiddleware } from 'http-proxy-middleware'
import { type GatewayOptions, runGateway } from '../lib/gateway.ts'
import { type Running, serve } from '../lib/serve.ts'

const NAME = 'express-gateway'

/** Starts the gateway on 127.0.0.1. */
export function startExpressGateway(options: GatewayOptions): Promise<Running> {
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
  const app = express().disable('x-powered-by')

  // Preflights carry no token: they are answered before one is asked for.
  app.use(cors({ origin: corsOriginCheck(pages), exposedHeaders: ['www-authenticate'] }))

  // Each page gets tokens for its own origin. A real gateway would ask for a session here as well.
  const decide = (request: Request) => {
    const origin = request.get('origin') ?? ''
    if (!pages.includes(origin)) return undefined
    return { audience: NAME, origins: [origin], subject: 'visitor', expiresIn: 60 }
  }
  app.post('/token', issueToken(issuer, decide))

  // A handler that calls the API: after a 401 bearerFetch gets another token and sends again.
  const api = bearerFetch(source, { clocks, observe })
  app.get('/apps', authenticate, async (_request, response) => {
    const answer = await api(`${upstream}/v1/apps`)
    response.status(answer.status).json(await answer.json())
  })

  // All of /v1 is streamed through: a 401 goes to the caller, and the next call has a new token.
  app.use('/v1', authenticate, injectBearer(source, { upstream, clocks, observe }))
  app.use('/v1', createProxyMiddleware({ target: `${upstream}/v1`, changeOrigin: true }))

  return serve(app, options.port)
}

if (import.meta.main) await runGateway(startExpressGateway)
