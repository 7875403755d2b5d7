import { createServer } from 'node:http'
import { gatewayConformance } from '@mayfly/conformance'
import { createProxyMiddleware } from 'http-proxy-middleware'
import { describe, it } from 'vitest'
import { injectBearer } from '../src/index.ts'
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
      app.use(createProxyMiddleware({ target }))
      return createServer(app)
    },
  })

  for (const { name: title, run } of cases) it(title, run)
})
