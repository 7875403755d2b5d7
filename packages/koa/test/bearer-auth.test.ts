import { bodyParser } from '@koa/bodyparser'
import { Router } from '@koa/router'
import { RequestError } from '@mayfly/core'
import Koa, { type Context } from 'koa'
import request from 'supertest'
import { describe, expect, it } from 'vitest'
import { bearerAuth } from '../src/index.ts'
import { createApi } from './support/api.ts'
import { errorsOf, serve } from './support/serve.ts'

function whoIs(ctx: Context): void {
  ctx.body = { subject: ctx.state.auth?.claims.sub ?? null, has: 'auth' in ctx.state }
}

describe('bearerAuth in Koa', () => {
  it('serves a router below a router, whatever the paths are', async () => {
    const { verifier, bearer } = createApi()
    const orders = new Router()
    orders.get('/:id', bearerAuth(verifier), (ctx) => {
      ctx.body = [ctx.state.auth?.claims.sub, ctx.params['id']]
    })
    const api = new Router({ prefix: '/api' }).use('/orders', orders.routes())
    const server = serve(new Koa().use(api.routes()))
    const { body } = await request(server).get('/api/orders/7').set(bearer()).expect(200)
    expect(body).toEqual(['alice', '7'])
    await request(server).get('/api/orders/7').expect(401)
  })

  it('finds a token in the query that the request came with, whatever became of the URL', async () => {
    const { verifier, issuer } = createApi()
    const app = new Koa()
    app.use((ctx, next) => {
      ctx.url = '/rewritten'
      return next()
    })
    app.use(bearerAuth(verifier, { tokenFrom: { query: 'access_token' } })).use(whoIs)
    const { headers } = await request(serve(app))
      .get(`/x?access_token=${issuer.mint()}`)
      .expect(200)
    expect(headers['cache-control']).toBe('private')
  })

  it('takes a token out of a parsed body when told to', async () => {
    const { verifier, issuer } = createApi()
    const app = new Koa().use(bodyParser())
    app.use(bearerAuth(verifier, { tokenFrom: { body: 'access_token' } })).use(whoIs)
    const server = serve(app)
    const token = issuer.mint({ claims: { sub: 'bob' } })
    const { body } = await request(server).post('/').type('form').send({ access_token: token })
    expect(body).toHaveProperty('subject', 'bob')
    const twice = `access_token=${token}&access_token=${token}`
    await request(server).post('/').type('form').send(twice).expect(400)
    await request(server).post('/').expect(401)
  })

  it('adds to Vary, and leaves a Cache-Control that is there', async () => {
    const { verifier, issuer } = createApi()
    const bound = { checksOrigin: true, verify: verifier.verify.bind(verifier) }
    const app = new Koa()
    app.use((ctx, next) => {
      ctx.set({ vary: 'Accept-Encoding', 'cache-control': 'no-store' })
      return next()
    })
    app.use(bearerAuth(bound, { tokenFrom: { query: 'token' } })).use(whoIs)
    const { headers } = await request(serve(app)).get(`/?token=${issuer.mint()}`).expect(200)
    expect(headers['vary']).toBe('Accept-Encoding, Origin')
    expect(headers['cache-control']).toBe('no-store')
  })

  it('adds to the Vary of a refusal too', async () => {
    const mismatch = new RequestError('ERR_ORIGIN', 'Not from here.', {
      reason: 'origin_mismatch',
      headers: { vary: 'Origin' },
      status: 403,
    })
    const verify = (): Promise<never> => Promise.reject(mismatch)
    const app = new Koa()
    app.use((ctx, next) => {
      ctx.set({ vary: 'Accept-Encoding' })
      return next()
    })
    app.use(bearerAuth({ checksOrigin: true, verify }))
    const { headers } = await request(serve(app)).get('/').set(createApi().bearer()).expect(403)
    expect(headers['vary']).toBe('Accept-Encoding, Origin')
  })

  it('sends no body with a refusal of HEAD, and its length all the same', async () => {
    const server = serve(new Koa().use(bearerAuth(createApi().verifier)))
    const get = await request(server).get('/').expect(401)
    const head = await request(server).head('/').expect(401)
    expect(head.text).toBeUndefined()
    expect(head.headers['content-length']).toBe(get.headers['content-length'])
  })

  it('does not keep the auth of a guard before it', async () => {
    const { verifier, bearer } = createApi()
    const tokenFrom = { header: false, cookie: 'token' }
    const app = new Koa().use(bearerAuth(verifier))
    app.use(bearerAuth(verifier, { optional: true, tokenFrom })).use(whoIs)
    const { body } = await request(serve(app)).get('/').set(bearer()).expect(200)
    expect(body).toEqual({ subject: null, has: true })
  })

  it('does not care for "proxy" and what a proxy may say', async () => {
    const { verifier } = createApi()
    const answers = []
    for (const proxy of [true, false]) {
      const server = serve(new Koa({ proxy }).use(bearerAuth(verifier)))
      const forwarded = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' }
      const { headers, text } = await request(server).get('/').set(forwarded).expect(401)
      answers.push([headers['www-authenticate'], text])
    }
    expect(answers[0]).toEqual(answers[1])
    expect(JSON.stringify(answers)).not.toContain('evil.example')
  })

  it.each<[thrown: unknown]>([[new Error('broken')], [undefined], ['text']])(
    'answers 500 when the verifier throws %s, and lets nobody pass',
    async (thrown) => {
      const verify = (): Promise<never> => Promise.reject(thrown)
      const app = new Koa().use(bearerAuth({ checksOrigin: false, verify })).use(whoIs)
      const errors = errorsOf(app)
      await request(serve(app)).get('/').set(createApi().bearer()).expect(500)
      const [error] = errors as [Error]
      expect(errors).toEqual([expect.any(Error)])
      expect(error === thrown || error.cause === thrown).toBe(true)
    },
  )
})
