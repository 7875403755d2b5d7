import { OptionError } from '@mayfly/core'
import { Router } from '@koa/router'
import Koa from 'koa'
import request from 'supertest'
import { describe, expect, it } from 'vitest'
import { bearerAuth, requireScope } from '../src/index.ts'
import { createApi } from './support/api.ts'
import { errorsOf, serve } from './support/serve.ts'

describe('requireScope in Koa', () => {
  it('stands in a route behind a guard elsewhere, and challenges with its realm', async () => {
    const { verifier, bearer } = createApi()
    const router = new Router()
    router.get('/all', requireScope('a', 'b'), (ctx) => void (ctx.body = 'done'))
    router.get('/any', requireScope('a', 'b', { match: 'any' }), (ctx) => void (ctx.body = 'done'))
    router.get('/own', requireScope('a', { realm: 'own' }))
    const app = new Koa().use(bearerAuth(verifier, { realm: 'orders' })).use(router.routes())
    const server = serve(app)
    await request(server)
      .get('/all')
      .set(bearer({ scope: 'a b' }))
      .expect(200)
    await request(server)
      .get('/any')
      .set(bearer({ scope: 'b' }))
      .expect(200)
    const { headers } = await request(server)
      .get('/all')
      .set(bearer({ scope: 'a' }))
      .expect(403)
    expect(headers['www-authenticate']).toMatch(/^Bearer realm="orders", .*, scope="a b"$/)
    expect(headers['content-type']).toBe('application/problem+json')
    const own = await request(server).get('/own').set(bearer()).expect(403)
    expect(own.headers['www-authenticate']).toMatch(/^Bearer realm="own", error="insufficient/)
  })

  it('is an error that says so where there is no bearerAuth before it', async () => {
    const app = new Koa()
    app.use((ctx, next) => {
      // What another library may have left there is not the word of bearerAuth.
      Object.assign(ctx.state, { auth: { scopes: ['a'] } })
      return next()
    })
    app.use(requireScope('a'))
    const errors = errorsOf(app)
    await request(serve(app))
      .get('/')
      .set(createApi().bearer({ scope: 'a' }))
      .expect(500)
    expect(errors).toEqual([expect.any(OptionError)])
    expect(errors[0]).toHaveProperty('message', expect.stringContaining('mount bearerAuth before'))
  })
})
