import { createServer, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { gatewayConformance } from '@mayfly/conformance'
import { createProxyMiddleware } from 'http-proxy-middleware'
import Koa from 'koa'
import connect from 'koa-connect'
import { describe, it } from 'vitest'
import { injectBearer, injectUpgrade } from '../src/index.ts'

describe('a gateway of Koa 3 and http-proxy-middleware', () => {
  const cases = gatewayConformance({
    name: 'Koa 3',
    mount({ target, source, options, look }) {
      const app = new Koa()
      const choose = typeof source === 'function' ? ({ req }: Koa.Context) => source(req) : source
      app.use(injectBearer(choose, options))
      app.use((ctx, next) => {
        look(ctx.req)
        return next()
      })
      const proxy = createProxyMiddleware({ target })
      app.use(connect((req, res, next) => void proxy(req, res, next)))
      const respond = app.callback()
      const server = createServer((req, res) => void respond(req, res))
      const inject = injectUpgrade<IncomingMessage>(source, options)
      server.on('upgrade', (req, socket, head) =>
        inject(req, socket as Socket, head, proxy.upgrade),
      )
      return server
    },
  })

  for (const { name, run } of cases) it(name, run)
})
