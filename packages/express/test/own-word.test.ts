import { inspect } from 'node:util'
import { RequestError } from '@mayfly/core'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import { createMocks } from 'node-mocks-http'
import request from 'supertest'
import { describe, expect, it } from 'vitest'
import { bearerAuth, type BearerAuthOptions, requireScope } from '../src/index.ts'
import { createApi } from './support/api.ts'
import { frameworks } from './support/frameworks.ts'

const OWN: BearerAuthOptions = {
  onRefusal: (error, _req, res) => res.json({ error: error.reason }),
}

async function rejects(error: RequestError): Promise<never> {
  throw error
}

const whoIs: RequestHandler = (req, res) => void res.json({ subject: req.auth?.claims.sub ?? null })

describe.each(frameworks)('The application that refuses in its own words, in %s,', (_, express) => {
  it('writes the body, under the status and challenge of the guard', async () => {
    const { verifier, bearer } = createApi()
    const app = express().use(bearerAuth(verifier, OWN), requireScope('admin'), whoIs)
    const none = await request(app).get('/').expect(401, { error: 'token_missing' })
    expect(none.headers['www-authenticate']).toBe('Bearer realm="api"')
    expect(none.headers['content-type']).toMatch('application/json')
    expect(none.headers['cache-control']).toBe('no-store')
    const lacking = await request(app).get('/').set(bearer()).expect(403)
    expect(lacking.body).toEqual({ error: 'insufficient_scope' })
    expect(lacking.headers['www-authenticate']).toContain('scope="admin"')
    await request(app)
      .get('/')
      .set(bearer({ scope: 'admin' }))
      .expect(200)
  })

  it('replaces what is set, and adds to the Vary that is there', async () => {
    const options: BearerAuthOptions = {
      onRefusal: (_error, _req, res) => {
        res.vary('Cookie').set('www-authenticate', 'Own').status(418).end('tea')
      },
    }
    const app = express().use(bearerAuth(createApi().verifier, options))
    const { headers, text } = await request(app).get('/').expect(418)
    expect([headers['www-authenticate'], headers['vary'], text]).toEqual(['Own', 'Cookie', 'tea'])
  })

  it.each<[string, NonNullable<BearerAuthOptions['onRefusal']>]>([
    ['next(error)', (error, _req, _res, next) => next(error)],
    ['next() alone', (_error, _req, _res, next) => next()],
    ['a late next(error)', (error, _req, _res, next) => void setImmediate(next, error)],
    ['throw', rejects],
  ])('hands refusals to its error handling by %s, and to nothing else', async (_way, onRefusal) => {
    const onError: ErrorRequestHandler = (error, _req, res, _next) => {
      const { status, reason } = error as RequestError
      res.status(status).json({ mine: reason, known: error instanceof RequestError })
    }
    const guard = bearerAuth(createApi().verifier, { onRefusal })
    const app = express().get('/', guard, whoIs).get('/', whoIs).use(onError)
    const { headers } = await request(app)
      .get('/')
      .expect(401, { mine: 'token_missing', known: true })
    expect(headers['www-authenticate']).toBe('Bearer realm="api"')
  })

  it('says which property has the token, and requireScope goes by it', async () => {
    const { verifier, bearer } = createApi()
    const guard = bearerAuth(verifier, { requestProperty: 'user' })
    const foreign: RequestHandler = (req, _res, next) => {
      Object.assign(req, { auth: { payload: { sub: 'somebody else' } } })
      next()
    }
    const app = express().use(guard, foreign, requireScope('orders'), (req, res) => {
      const { user } = req as unknown as { readonly user?: { readonly claims: object } }
      res.json(
        [user?.claims, guard.authOf(req)?.claims].map((claims) =>
          Reflect.get(Object(claims), 'sub'),
        ),
      )
    })
    await request(app)
      .get('/')
      .set(bearer({ scope: 'orders' }))
      .expect(200, ['alice', 'alice'])
    await request(app).get('/').set(bearer()).expect(403)
  })

  it('takes a token away again, and requireScope goes by that', async () => {
    const { verifier, bearer } = createApi()
    const revoke: RequestHandler = (req, _res, next) => {
      delete req.auth
      next()
    }
    const app = express().use(bearerAuth(verifier), revoke, requireScope('orders'), whoIs)
    await request(app)
      .get('/')
      .set(bearer({ scope: 'orders' }))
      .expect(401)
  })
})

describe('bearerAuth', () => {
  it.each(['headers', '__proto__', 'constructor', 'a b', '', 'next'])(
    'refuses %j as the property for its result',
    (requestProperty) => {
      const { verifier } = createApi()
      expect(() => bearerAuth(verifier, { requestProperty })).toThrow(/requestProperty/)
    },
  )

  it('refuses an answer that is no function', () => {
    const onRefusal = 'next' as never
    expect(() => bearerAuth(createApi().verifier, { onRefusal })).toThrow(/onRefusal/)
  })

  it('judges requests of node-mocks-http', async () => {
    const { verifier, bearer } = createApi()
    const guard = bearerAuth(verifier)
    const good = createMocks({ headers: { Authorization: bearer().authorization } })
    await new Promise((resolve) => guard(good.req, good.res, resolve))
    expect(guard.authOf(good.req)?.claims.sub).toBe('alice')
    const none = createMocks({}, { eventEmitter: (await import('node:events')).EventEmitter })
    const ended = new Promise((resolve) => none.res.on('end', resolve))
    guard(none.req, none.res, () => expect.unreachable())
    await ended
    expect([none.res.statusCode, none.res.getHeader('www-authenticate')]).toEqual([
      401,
      'Bearer realm="api"',
    ])
  })

  it('gives the token where it is asked for, and shows it nowhere', async () => {
    const { verifier, bearer } = createApi()
    const headers = bearer()
    const token = headers.authorization.slice('Bearer '.length)
    const guard = bearerAuth(verifier, { exposeToken: true })
    const plain = bearerAuth(verifier)
    const { req, res } = createMocks({ headers })
    await new Promise((resolve) => guard(req, res, resolve))
    const auth = guard.authOf(req)
    expect(auth?.token).toBe(token)
    const shown = [inspect(auth, { showHidden: true, depth: 9 }), JSON.stringify(auth), { ...auth }]
    expect(JSON.stringify(shown)).not.toContain(token)
    await new Promise((resolve) => plain(req, res, resolve))
    expect(plain.authOf(req)?.token).toBe(undefined)
  })
})
