import { createServer } from 'node:http'
import { Router } from '@koa/router'
import { type AdapterDriver, adapterConformance } from '@mayfly/conformance'
import type Koa from 'koa'
import { describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import * as adapter from '../src/index.ts'
import { frameworks } from './support/frameworks.ts'

const driver = (name: string, Framework: typeof Koa): AdapterDriver<adapter.Middleware> => ({
  name,
  adapter,
  WebSocketServer,
  mount(routes) {
    const app = new Framework()
    const errors: unknown[] = []
    const router = new Router()
    for (const { path, middleware, handle } of routes) {
      router.all(path, ...middleware, async (ctx) => {
        ctx.respond = false
        await handle(ctx.req, ctx.res, ctx.state.auth)
      })
    }
    app.on('error', (error: unknown) => errors.push(error))
    app.use(router.routes())
    const respond = app.callback()
    return { server: createServer((req, res) => void respond(req, res)), errors }
  },
})

describe.each(frameworks)('the adapter on %s', (framework, Framework) => {
  const cases = adapterConformance(driver(framework, Framework))

  it('has cases to pass', () => expect(cases.length).toBeGreaterThan(0))

  for (const { name, run } of cases) it(name, run)
})
