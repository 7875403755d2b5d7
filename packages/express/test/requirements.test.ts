import { OptionError } from '@mayfly/core'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import request from 'supertest'
import { describe, expect, it } from 'vitest'
import { bearerAuth, requireScope } from '../src/index.ts'
import { createApi } from './support/api.ts'
import { frameworks } from './support/frameworks.ts'

const done: RequestHandler = (_req, res) => void res.send('done')

describe.each(frameworks)('requireScope in %s', (_, express) => {
  it('wants all scopes, or any of them when told so', async () => {
    const { verifier, bearer } = createApi()
    const app = express().use(bearerAuth(verifier))
    app.get('/all', requireScope('a', 'b'), done)
    app.get('/any', requireScope('a', 'b', { match: 'any' }), done)
    await request(app)
      .get('/all')
      .set(bearer({ scope: 'a b c' }))
      .expect(200)
    await request(app)
      .get('/all')
      .set(bearer({ scope: 'a' }))
      .expect(403)
    await request(app)
      .get('/any')
      .set(bearer({ scope: 'b' }))
      .expect(200)
    await request(app)
      .get('/any')
      .set(bearer({ scope: 'c' }))
      .expect(403)
  })

  it('challenges with the realm of the guard before it, or with its own', async () => {
    const { verifier, bearer } = createApi()
    const app = express()
    const resourceMetadata = 'https://api.example.com/metadata'
    app.use('/orders', bearerAuth(verifier, { realm: 'orders', resourceMetadata }))
    app.use('/orders', express.Router().get('/', requireScope('a'), done))
    app.use('/own', bearerAuth(verifier, { realm: 'orders' }), requireScope('a', { realm: 'own' }))
    const orders = await request(app).get('/orders').set(bearer()).expect(403)
    expect(orders.headers['www-authenticate']).toMatch(
      /^Bearer realm="orders", error="insufficient_scope", .*, scope="a", resource_metadata="https:\/\/api\.example\.com\/metadata"$/,
    )
    expect(orders.headers['content-type']).toBe('application/problem+json')
    expect(orders.body).toMatchObject({ status: 403, reason: 'insufficient_scope' })
    const own = await request(app).get('/own').set(bearer()).expect(403)
    expect(own.headers['www-authenticate']).toMatch(/^Bearer realm="own", error="insufficient/)
  })

  it('answers 401 where the guard is optional and there is no token', async () => {
    const { verifier } = createApi()
    const app = express().use(bearerAuth(verifier, { optional: true }), requireScope('a'), done)
    const { headers } = await request(app).get('/').expect(401)
    expect(headers['www-authenticate']).toBe('Bearer realm="api"')
  })

  it('is an error that says so where there is no bearerAuth before it', async () => {
    const errors: unknown[] = []
    const onError: ErrorRequestHandler = (error, _req, res, _next) => {
      errors.push(error)
      res.status(500).end()
    }
    const app = express()
    app.use((req, _res, next) => {
      // What another library may have left there is not the word of bearerAuth.
      Object.assign(req, { auth: { scopes: ['a'] } })
      next()
    })
    app.use(requireScope('a'), done)
    app.use(onError)
    await request(app)
      .get('/')
      .set(createApi().bearer({ scope: 'a' }))
      .expect(500)
    expect(errors).toEqual([expect.any(OptionError)])
    expect(errors[0]).toHaveProperty('message', expect.stringContaining('mount bearerAuth before'))
  })

  it('refuses a check of nothing, when it is made', () => {
    expect(() => requireScope()).toThrow(/at least one scope/)
    expect(() => requireScope({ match: 'any' })).toThrow(/at least one scope/)
    expect(() => requireScope('a b')).toThrow(/printable ASCII without spaces/)
  })
})
