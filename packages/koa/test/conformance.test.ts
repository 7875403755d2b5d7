import { createServer } from 'node:http'
import { Router } from '@koa/router'
import { type AdapterDriver, adapterConformance } from '@mayfly/conformance'
import Koa from 'koa'
import { describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import * as adapter from '../src/index.ts'

const driver: AdapterDriver<adapter.Middleware> = {
  name: 'Koa 3',
  adapter,
  WebSocketServer,
  mount(routes) {
    const app = new Koa()
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
}

describe('the adapter on Koa 3', () => {
  const cases = adapterConformance(driver)

  it('has cases to pass', () => expect(cases.length).toBeGreaterThan(0))

  for (const { name, run } of cases) it(name, run)
})
