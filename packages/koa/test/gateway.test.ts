import { createServer } from 'node:http'
import { gatewayConformance } from '@mayfly/conformance'
import { createProxyMiddleware } from 'http-proxy-middleware'
import Koa from 'koa'
import connect from 'koa-connect'
import { describe, it } from 'vitest'
import { injectBearer } from '../src/index.ts'

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
      return createServer((req, res) => void respond(req, res))
    },
  })

  for (const { name, run } of cases) it(name, run)
})
