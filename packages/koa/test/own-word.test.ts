import type Koa from 'koa'
import request from 'supertest'
import { describe, expect, it } from 'vitest'
import { bearerAuth, requireScope } from '../src/index.ts'
import { createApi } from './support/api.ts'
import { frameworks } from './support/frameworks.ts'
import { errorsOf, serve } from './support/serve.ts'

describe.each(frameworks)(
  'The application that refuses in its own words, in %s,',
  (_, Framework) => {
    it('writes the body, under the status and challenge of the guard', async () => {
      const { verifier, bearer } = createApi()
      const app = new Framework()
      app.use(
        bearerAuth(verifier, {
          onRefusal: (error, ctx) => {
            ctx.body = { error: error.reason }
          },
        }),
      )
      app.use(requireScope('admin'))
      const server = serve(app)
      const none = await request(server).get('/').expect(401, { error: 'token_missing' })
      expect(none.headers['www-authenticate']).toBe('Bearer realm="api"')
      const lacking = await request(server).get('/').set(bearer()).expect(403)
      expect(lacking.body).toEqual({ error: 'insufficient_scope' })
      expect(lacking.headers['www-authenticate']).toContain('scope="admin"')
    })

    it('throws refusals into its own error handling', async () => {
      const app = new Framework()
      app.use(async (ctx, next) => {
        try {
          await next()
        } catch (error) {
          ctx.body = { mine: (error as { readonly reason: string }).reason }
        }
      })
      const onRefusal = (error: Error): never => {
        throw error
      }
      app.use(bearerAuth(createApi().verifier, { onRefusal }))
      const { headers } = await request(serve(app)).get('/').expect(401, { mine: 'token_missing' })
      expect(headers['www-authenticate']).toBe('Bearer realm="api"')
    })

    it('leaves thrown refusals to Koa, which keeps the challenge and prints nothing', async () => {
      const app = new Framework()
      const onRefusal = (error: Error): never => {
        throw error
      }
      app.use(bearerAuth(createApi().verifier, { onRefusal }))
      const errors = errorsOf(app)
      const { headers, text } = await request(serve(app)).get('/').expect(401)
      expect([headers['www-authenticate'], text]).toEqual([
        'Bearer realm="api"',
        'This takes a bearer token.',
      ])
      expect(errors).toMatchObject([{ expose: true }])
    })

    it('says which key of the state has the token, and requireScope goes by it', async () => {
      const { verifier, bearer } = createApi()
      const guard = bearerAuth(verifier, { requestProperty: 'user' })
      const app = new Framework<{ user?: { readonly claims: { readonly sub?: string } } }>()
      app.use(guard).use(requireScope('orders'))
      app.use((ctx) => {
        ctx.body = [ctx.state.user?.claims.sub, guard.authOf(ctx)?.claims.sub]
      })
      const server = serve(app)
      await request(server)
        .get('/')
        .set(bearer({ scope: 'orders' }))
        .expect(200, ['alice', 'alice'])
      await request(server).get('/').set(bearer()).expect(403)
    })
  },
)

describe('bearerAuth', () => {
  it('refuses a key of the state that JavaScript has a use for', () => {
    const { verifier } = createApi()
    expect(() => bearerAuth(verifier, { requestProperty: '__proto__' })).toThrow(/requestProperty/)
  })

  it('judges a context that is made by hand', async () => {
    const { verifier, bearer } = createApi()
    const guard = bearerAuth(verifier)
    const ctx = { request: {}, req: { headers: bearer() }, originalUrl: '/', state: {} }
    await guard(ctx as unknown as Koa.ParameterizedContext, () => Promise.resolve())
    expect(guard.authOf(ctx as unknown as Koa.ParameterizedContext)?.claims.sub).toBe('alice')
  })
})
