import { RequestError, resourceMetadataUrl, TokenIssuer, TokenVerifier } from '@mayfly/core'
import type { ErrorRequestHandler, Request } from 'express'
import request from 'supertest'
import { describe, expect, it } from 'vitest'
import { bearerAuth, issueToken, jwks, resourceMetadata } from '../src/index.ts'
import { frameworks } from './support/frameworks.ts'

const ISSUER = 'https://auth.example.com'

describe.each(frameworks)('The endpoints in %s', (_, express) => {
  it('issue a token that the guard takes, as the request and its body say', async () => {
    const issuer = new TokenIssuer({ issuer: ISSUER })
    const decide = async (req: Request) => {
      const { user } = req.body as { readonly user?: string }
      return user === undefined
        ? undefined
        : { audience: String(req.params['audience']), subject: user, expiresIn: 60 }
    }
    const app = express().use(express.json())
    app.post('/token/:audience', issueToken(issuer, decide))
    const verifier = new TokenVerifier({ issuer: ISSUER, audience: 'orders', keys: issuer.keys })
    app.get('/me', bearerAuth(verifier), (req, res) => void res.json(req.auth?.claims.sub))

    const issued = await request(app).post('/token/orders').send({ user: 'alice' }).expect(200)
    expect(issued.headers['cache-control']).toBe('no-store')
    expect(issued.headers['content-type']).toBe('application/json')
    const { access_token: token } = issued.body as { readonly access_token: string }
    const me = await request(app).get('/me').auth(token, { type: 'bearer' }).expect(200)
    expect(me.body).toBe('alice')

    const refused = await request(app).post('/token/orders').send({}).expect(403)
    expect(refused.body).toHaveProperty('reason', 'issue_refused')
    const { headers } = await request(app).get('/token/orders').expect(404)
    expect(headers['allow']).toBeUndefined() // app.post leaves other methods to the application
  })

  it('answer the RequestError of a decision, and leave other errors to the application', async () => {
    const issuer = new TokenIssuer({ issuer: ISSUER })
    const errors: unknown[] = []
    const onError: ErrorRequestHandler = (error, _req, res, _next) => {
      errors.push(error)
      res.status(500).end()
    }
    const limit = { reason: 'issue_refused', status: 429, headers: { 'retry-after': '9' } } as const
    const failures: readonly unknown[] = [
      new RequestError('ERR_ISSUE_REFUSED', 'Enough.', limit),
      new Error('broken'),
      undefined,
    ]
    const app = express()
    for (const [index, failure] of failures.entries()) {
      app.use(
        `/${index}`,
        issueToken(issuer, () => Promise.reject(failure as Error)),
      )
    }
    app.use(
      '/3',
      issueToken(issuer, () => ({ expiresIn: -1 })),
    )
    app.use(onError)
    const { headers } = await request(app).post('/0').expect(429)
    expect(headers['retry-after']).toBe('9')
    for (const path of ['/1', '/2', '/3']) await request(app).post(path).expect(500)
    expect(errors.map(String)).toEqual([
      'Error: broken',
      'Error: Something was thrown that is no error.',
      expect.stringContaining('OptionError: "expiresIn"'),
    ])
  })

  it('answer 405 with the methods that they have, wherever they are mounted', async () => {
    const issuer = new TokenIssuer({ issuer: ISSUER })
    const router = express.Router().use(
      '/token',
      issueToken(issuer, () => null),
    )
    router.use('/jwks.json', jwks(issuer))
    const app = express().use('/auth', router)
    const token = await request(app).get('/auth/token').expect(405)
    expect(token.headers['allow']).toBe('POST')
    expect(token.headers['content-type']).toBe('application/problem+json')
    const keys = await request(app).post('/auth/jwks.json').expect(405)
    expect(keys.headers['allow']).toBe('GET, HEAD')
  })

  it('publish the keys, for HEAD and for those who have them already too', async () => {
    const issuer = new TokenIssuer({ issuer: ISSUER })
    const app = express().get('/jwks.json', jwks(issuer, { maxAge: 30 }))
    const { headers, body } = await request(app).get('/jwks.json').expect(200)
    expect(body).toEqual(await issuer.jwks())
    expect(headers['cache-control']).toBe('public, max-age=30')
    expect(headers['content-type']).toBe('application/json')
    const head = await request(app).head('/jwks.json').expect(200)
    expect(head.text).toBeUndefined()
    expect(head.headers['content-length']).toBe(headers['content-length'])
    expect(head.headers['etag']).toBe(headers['etag'])
    const known = await request(app)
      .get('/jwks.json')
      .set('if-none-match', headers['etag'] ?? '')
    expect([known.status, known.text]).toEqual([304, ''])
    expect(known.headers['etag']).toBe(headers['etag'])
    expect(known.headers['content-type']).toBeUndefined()
  })

  it('publish the metadata where the challenge says that it is', async () => {
    const resource = 'https://api.example.com/orders'
    const url = resourceMetadataUrl(resource)
    const verifier = new TokenVerifier({
      issuer: ISSUER,
      audience: resource,
      keys: new TokenIssuer({ issuer: ISSUER }).keys,
    })
    const app = express()
    app.use(new URL(url).pathname, resourceMetadata({ resource, authorizationServers: [ISSUER] }))
    app.use('/orders', bearerAuth(verifier, { resourceMetadata: url }))
    expect(resourceMetadata({ resource }).name).toBe('resourceMetadata')
    const { headers } = await request(app).get('/orders').expect(401)
    const [, found = ''] =
      /resource_metadata="([^"]*)"/.exec(headers['www-authenticate'] ?? '') ?? []
    const { body } = await request(app).get(new URL(found).pathname).expect(200)
    expect(body).toEqual({
      resource,
      authorization_servers: [ISSUER],
      bearer_methods_supported: ['header'],
    })
  })
})
