import { RequestError } from '@mayfly/core'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import request from 'supertest'
import { describe, expect, it } from 'vitest'
import { bearerAuth } from '../src/index.ts'
import { createApi } from './support/api.ts'
import { frameworks } from './support/frameworks.ts'

const whoIs: RequestHandler = (req, res) => {
  res.json({ subject: req.auth?.claims.sub ?? null, has: 'auth' in req })
}

describe.each(frameworks)('bearerAuth in %s', (_, express) => {
  it('serves a router below a sub-application, whatever the paths are', async () => {
    const { verifier, bearer } = createApi()
    const router = express.Router({ mergeParams: true })
    router.use(bearerAuth(verifier))
    router.get('/:id', (req, res) => void res.json([req.auth?.claims.sub, req.baseUrl]))
    const sub = express().use('/orders', router)
    const app = express().use('/api', sub)
    const { body } = await request(app).get('/api/orders/7').set(bearer()).expect(200)
    expect(body).toEqual(['alice', '/api/orders'])
    await request(app).get('/api/orders/7').expect(401)
  })

  it('finds a token in the query that the request came with, whatever became of the URL', async () => {
    const { verifier, issuer } = createApi()
    const app = express()
    app.use('/api', (req, _res, next) => {
      req.url = '/rewritten'
      next()
    })
    app.use('/api', bearerAuth(verifier, { tokenFrom: { query: 'access_token' } }), whoIs)
    const { headers } = await request(app).get(`/api/x?access_token=${issuer.mint()}`).expect(200)
    expect(headers['cache-control']).toBe('private')
  })

  it('takes a token out of a parsed body when told to', async () => {
    const { verifier, issuer } = createApi()
    const app = express().use(express.urlencoded({ extended: false }))
    app.post('/', bearerAuth(verifier, { tokenFrom: { body: 'access_token' } }), whoIs)
    const token = issuer.mint({ claims: { sub: 'bob' } })
    const { body } = await request(app).post('/').type('form').send({ access_token: token })
    expect(body).toHaveProperty('subject', 'bob')
    const twice = `access_token=${token}&access_token=${token}`
    await request(app).post('/').type('form').send(twice).expect(400)
    await request(app).post('/').expect(401)
  })

  it('leaves what is thrown behind it to its caller, and calls on once', async () => {
    const { verifier, bearer } = createApi()
    const guard = bearerAuth(verifier)
    const app = express().use('/known', guard, whoIs)
    let calls = 0
    app.use((req, res, next) => {
      try {
        guard(req, res, () => {
          calls += 1
          throw new Error('from behind the guard')
        })
      } catch (error) {
        res.json(String(error))
        return
      }
      next()
    })
    const headers = bearer()
    await request(app).get('/known').set(headers).expect(200)
    const { body } = await request(app).get('/').set(headers)
    expect([body, calls]).toEqual(['Error: from behind the guard', 1])
  })

  it('adds to Vary, and leaves a Cache-Control that is there', async () => {
    const { verifier, issuer } = createApi()
    const app = express()
    app.use((_req, res, next) => {
      res.set({ vary: 'Accept-Encoding', 'cache-control': 'no-store' })
      next()
    })
    const bound = { checksOrigin: true, verify: verifier.verify.bind(verifier) }
    app.use(bearerAuth(bound, { tokenFrom: { query: 'token' } }), whoIs)
    const { headers } = await request(app).get(`/?token=${issuer.mint()}`).expect(200)
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
    const app = express()
    app.use((_req, res, next) => {
      res.set({ vary: 'Accept-Encoding' })
      next()
    })
    app.use(bearerAuth({ checksOrigin: true, verify }))
    const { headers } = await request(app).get('/').set(createApi().bearer()).expect(403)
    expect(headers['vary']).toBe('Accept-Encoding, Origin')
  })

  it('counts what middleware before it made of the headers', async () => {
    const { verifier, bearer } = createApi()
    const app = express()
    app.use('/given', (req, _res, next) => {
      Object.assign(req.headers, bearer({ sub: 'carol' }))
      next()
    })
    app.use('/taken', (req, _res, next) => {
      delete req.headers.authorization
      next()
    })
    app.use(bearerAuth(verifier), whoIs)
    const { body } = await request(app).get('/given').expect(200)
    expect(body).toHaveProperty('subject', 'carol')
    await request(app).get('/taken').set(bearer()).expect(401)
  })

  it('has an auth of undefined where it is optional and there is no token', async () => {
    const { verifier } = createApi()
    const app = express().use(bearerAuth(verifier, { optional: true }), whoIs)
    const { body } = await request(app).get('/').expect(200)
    expect(body).toEqual({ subject: null, has: true })
  })

  it('does not keep the auth of a guard before it', async () => {
    const { verifier, bearer } = createApi()
    const second = bearerAuth(verifier, {
      optional: true,
      tokenFrom: { header: false, cookie: 'token' },
    })
    const app = express().use(bearerAuth(verifier), second, whoIs)
    const { body } = await request(app).get('/').set(bearer()).expect(200)
    expect(body).toHaveProperty('subject', null)
  })

  it('does not care for "trust proxy" and what a proxy may say', async () => {
    const { verifier, bearer } = createApi()
    const forwarded = {
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-for': '10.0.0.1',
    }
    const answers = []
    for (const trust of [true, false]) {
      const app = express().set('trust proxy', trust).use(bearerAuth(verifier), whoIs)
      for (const fields of [{}, bearer()]) {
        const answer = await request(app)
          .get('/')
          .set({ ...forwarded, ...fields })
        answers.push([answer.status, answer.headers['www-authenticate'], answer.body])
      }
    }
    expect(answers.slice(0, 2)).toEqual(answers.slice(2))
    expect(answers.map(([status]) => status)).toEqual([401, 200, 401, 200])
    expect(JSON.stringify(answers)).not.toContain('evil.example')
  })

  it.each<[thrown: unknown]>([[new Error('broken')], [undefined], [null], ['route'], ['router']])(
    'lets nobody pass when the verifier throws %s',
    async (thrown) => {
      const errors: unknown[] = []
      const onError: ErrorRequestHandler = (error, _req, res, _next) => {
        errors.push(error)
        res.status(500).end()
      }
      const verify = (): Promise<never> => Promise.reject(thrown)
      const app = express()
      app.get('/', bearerAuth({ checksOrigin: false, verify }), whoIs)
      app.get('/', (_req, res) => void res.send('passed by'))
      app.use(onError)
      await request(app).get('/').set(createApi().bearer()).expect(500)
      expect(errors).toEqual([expect.any(Error)])
      const [error] = errors as [Error]
      expect(error === thrown || error.cause === thrown).toBe(true)
    },
  )
})
