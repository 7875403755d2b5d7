import { createServer, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { gatewayConformance } from '@mayfly/conformance'
import { createProxyMiddleware } from 'http-proxy-middleware'
import { describe, it } from 'vitest'
import { injectBearer, injectUpgrade } from '../src/index.ts'
import { frameworks } from './support/frameworks.ts'

describe.each(frameworks)('a gateway of %s and http-proxy-middleware', (name, framework) => {
  const cases = gatewayConformance({
    name,
    mount({ target, source, options, look }) {
      const app = framework()
      app.use(injectBearer(source, options), (req, _res, next) => {
        look(req)
        next()
      })
      const proxy = createProxyMiddleware({ target })
      app.use(proxy)
      const server = createServer(app)
      const inject = injectUpgrade<IncomingMessage>(source, options)
      server.on('upgrade', (req, socket, head) =>
        inject(req, socket as Socket, head, proxy.upgrade),
      )
      return server
    },
  })

  for (const { name: title, run } of cases) it(title, run)
})
