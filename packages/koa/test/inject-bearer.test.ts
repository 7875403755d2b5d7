import { once } from 'node:events'
import {
  type ClientHttp2Stream,
  connect as connectHttp2,
  createServer as createHttp2Server,
  type OutgoingHttpHeaders,
} from 'node:http2'
import { createServer } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import { text } from 'node:stream/consumers'
import { createAccessToken, type TokenSource } from '@mayfly/core'
import { createProxyMiddleware } from 'http-proxy-middleware'
import Koa, { type Context } from 'koa'
import connect from 'koa-connect'
import request from 'supertest'
import { describe, expect, it } from 'vitest'
import { bearerAuth, injectBearer } from '../src/index.ts'
import { createApi } from './support/api.ts'
import { serve } from './support/serve.ts'

function sourceFor(origin: string): TokenSource {
  const token = createAccessToken({ value: 'ours', issuedAt: 0, expiresAt: 2e9, origins: [origin] })
  return { id: 'ours', origins: [origin], getToken: async () => token }
}

async function listen(server: Server): Promise<{ origin: string } & AsyncDisposable> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close')
      server.close()
      await closed
    },
  }
}

/** Sends one request over HTTP/2, without TLS. */
async function sendHttp2(origin: string, fields: OutgoingHttpHeaders): Promise<string> {
  const session = connectHttp2(origin)
  try {
    const stream: ClientHttp2Stream = session.request(fields)
    return await text(stream)
  } finally {
    session.close()
  }
}

describe('injectBearer in Koa', () => {
  it('takes the token out of the URL wherever Koa keeps it', async () => {
    const app = new Koa()
    app.use((ctx, next) => {
      expect(ctx.URL.search).toContain('callers-own') // Koa has parsed it now.
      return next()
    })
    app.use(injectBearer(sourceFor('https://api.example.com')))
    app.use((ctx: Context) => {
      const { url, originalUrl, href, querystring, query, request: sent } = ctx
      const search = [ctx.URL.href, sent.originalUrl, sent.href, sent.URL.href, sent.search]
      ctx.body = { url, originalUrl, href, querystring, query, search, headers: ctx.headers }
    })
    const { text: seen } = await request(serve(app))
      .get('/a?x=1&access_token=callers-own')
      .set({ authorization: 'Bearer callers-own', cookie: 'a=callers-own' })
      .expect(200)
    expect(seen).not.toContain('callers-own')
    expect(JSON.parse(seen)).toMatchObject({
      url: '/a?x=1',
      originalUrl: '/a?x=1',
      query: { x: '1' },
      headers: { authorization: 'Bearer ours' },
    })
  })

  it('stands before a proxy over HTTP/2 too', async () => {
    await using upstream = await listen(
      createServer(({ url, headers, rawHeaders }, response) => {
        response.setHeader('connection', 'close')
        response.end(JSON.stringify({ url, authorization: headers.authorization, rawHeaders }))
      }),
    )
    const app = new Koa().use(injectBearer(sourceFor(upstream.origin)))
    const seen: unknown[] = []
    app.use((ctx, next) => {
      seen.push(ctx.req.headers, ctx.req.rawHeaders, ctx.req.url)
      return next()
    })
    const proxy = createProxyMiddleware({ target: upstream.origin })
    app.use(connect((req, res, next) => void proxy(req, res, next)))
    const respond = app.callback()
    await using gateway = await listen(createHttp2Server((req, res) => void respond(req, res)))

    const answer = await sendHttp2(gateway.origin, {
      ':path': '/a?access_token=callers-own&x=1',
      authorization: 'Bearer callers-own',
      cookie: ['a=callers-own', 'b=callers-own'],
      dpop: 'callers-own',
    })
    expect(JSON.parse(answer)).toMatchObject({ url: '/a?x=1', authorization: 'Bearer ours' })
    expect(answer + JSON.stringify(seen)).not.toContain('callers-own')
  })
})

describe('bearerAuth in Koa over HTTP/2', () => {
  it('finds a token in a cookie that was sent in pieces', async () => {
    const { verifier, issuer } = createApi()
    const app = new Koa().use(bearerAuth(verifier, { tokenFrom: { cookie: 'token' } }))
    app.use((ctx) => void (ctx.body = ctx.state.auth?.claims.sub))
    const respond = app.callback()
    await using server = await listen(createHttp2Server((req, res) => void respond(req, res)))
    const token = issuer.mint({ claims: { sub: 'alice' } })
    const cookie = ['a=1', `token=${token}`]
    expect(await sendHttp2(server.origin, { ':path': '/', cookie })).toBe('alice')
  })
})
