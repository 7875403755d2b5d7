import { bodyParser } from '@koa/bodyparser'
import { Router } from '@koa/router'
import { resourceMetadataUrl, TokenIssuer, TokenVerifier } from '@mayfly/core'
import Koa, { type ParameterizedContext } from 'koa'
import request from 'supertest'
import { describe, expect, it } from 'vitest'
import { bearerAuth, issueToken, jwks, resourceMetadata } from '../src/index.ts'
import { errorsOf, serve } from './support/serve.ts'

const ISSUER = 'https://auth.example.com'

describe('The endpoints in Koa', () => {
  it('issue a token that the guard takes, as the context and its body say', async () => {
    const issuer = new TokenIssuer({ issuer: ISSUER })
    const verifier = new TokenVerifier({ issuer: ISSUER, audience: 'orders', keys: issuer.keys })
    const decide = async (ctx: ParameterizedContext) => {
      const { user } = ctx.request.body as { readonly user?: string }
      return user === undefined
        ? null
        : { audience: String(ctx['params'].audience), subject: user, expiresIn: 60 }
    }
    const router = new Router().all('/token/:audience', issueToken(issuer, decide))
    router.get('/me', bearerAuth(verifier), (ctx) => void (ctx.body = [ctx.state.auth?.claims.sub]))
    const server = serve(new Koa().use(bodyParser()).use(router.routes()))

    const issued = await request(server).post('/token/orders').send({ user: 'alice' }).expect(200)
    expect(issued.headers['cache-control']).toBe('no-store')
    expect(issued.headers['content-type']).toBe('application/json')
    const { access_token: token } = issued.body as { readonly access_token: string }
    const me = await request(server).get('/me').auth(token, { type: 'bearer' }).expect(200)
    expect(me.body).toEqual(['alice'])

    const refused = await request(server).post('/token/orders').send({}).expect(403)
    expect(refused.body).toHaveProperty('reason', 'issue_refused')
    const { headers } = await request(server).put('/token/orders').expect(405)
    expect(headers['allow']).toBe('POST')
  })

  it.each<[thrown: unknown]>([[new Error('broken')], [undefined]])(
    'leave %s that a decision throws to the application',
    async (thrown) => {
      const issuer = new TokenIssuer({ issuer: ISSUER })
      const app = new Koa().use(issueToken(issuer, () => Promise.reject(thrown)))
      const errors = errorsOf(app)
      await request(serve(app)).post('/').expect(500)
      expect(errors).toHaveLength(1)
    },
  )

  it('publish the keys, for HEAD and for those who have them already too', async () => {
    const issuer = new TokenIssuer({ issuer: ISSUER })
    const server = serve(new Koa().use(jwks(issuer, { maxAge: 30 })))
    const { headers, body } = await request(server).get('/').expect(200)
    expect(body).toEqual(await issuer.jwks())
    expect(headers['cache-control']).toBe('public, max-age=30')
    expect(headers['content-type']).toBe('application/json')
    const head = await request(server).head('/').expect(200)
    expect(head.text).toBeUndefined()
    expect(head.headers['content-length']).toBe(headers['content-length'])
    const known = await request(server)
      .get('/')
      .set('if-none-match', headers['etag'] ?? '')
    expect([known.status, known.text]).toEqual([304, ''])
    expect(known.headers['etag']).toBe(headers['etag'])
    expect(known.headers['content-type']).toBeUndefined()
    await request(server).post('/').expect(405)
  })

  it('publish the metadata where the challenge says that it is', async () => {
    const resource = 'https://api.example.com/orders'
    const url = resourceMetadataUrl(resource)
    const { keys } = new TokenIssuer({ issuer: ISSUER })
    const verifier = new TokenVerifier({ issuer: ISSUER, audience: resource, keys })
    const metadata = resourceMetadata({ resource, authorizationServers: [ISSUER] })
    expect(metadata.name).toBe('resourceMetadata')
    const router = new Router().all(new URL(url).pathname, metadata)
    router.get('/orders', bearerAuth(verifier, { resourceMetadata: url }))
    const server = serve(new Koa().use(router.routes()))
    const { headers } = await request(server).get('/orders').expect(401)
    const [, found = ''] =
      /resource_metadata="([^"]*)"/.exec(headers['www-authenticate'] ?? '') ?? []
    const { body } = await request(server).get(new URL(found).pathname).expect(200)
    expect(body).toMatchObject({ resource, authorization_servers: [ISSUER] })
  })
})
