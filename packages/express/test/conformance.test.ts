import { createServer } from 'node:http'
import { type AdapterDriver, adapterConformance } from '@mayfly/conformance'
import type express from 'express'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import { describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import * as adapter from '../src/index.ts'
import { frameworks } from './support/frameworks.ts'

describe.each(frameworks)('the adapter on %s', (name, framework) => {
  const cases = adapterConformance(createDriver(name, framework))

  it('has cases to pass', () => expect(cases.length).toBeGreaterThan(0))

  for (const { name: title, run } of cases) it(title, run)
})

function createDriver(name: string, framework: typeof express): AdapterDriver<adapter.Middleware> {
  return {
    name,
    adapter,
    WebSocketServer,
    mount(routes) {
      const app = framework()
      const errors: unknown[] = []
      for (const { path, middleware, handle } of routes) {
        const attempt = async (...[req, res, next]: Parameters<RequestHandler>): Promise<void> => {
          try {
            await handle(req, res, req.auth)
          } catch (error) {
            next(error)
          }
        }
        const handler: RequestHandler = (req, res, next) => void attempt(req, res, next)
        app.all(path, ...middleware, handler)
      }
      const onError: ErrorRequestHandler = (error, _req, res, next) => {
        errors.push(error)
        if (res.headersSent) next(error)
        else res.status(500).end()
      }
      app.use(onError)
      return { server: createServer(app), errors }
    },
  }
}
