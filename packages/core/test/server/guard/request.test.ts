import { authenticate, type IncomingRequest, type NodeRequest, nodeRequest } from '@mayfly/core'
import { describe, expect, it } from 'vitest'

function node(
  rawHeaders: readonly string[],
  headers: NodeRequest['headers'],
  rest: Partial<NodeRequest> = {},
): NodeRequest {
  return { method: 'GET', url: '/', rawHeaders, headers, ...rest }
}

describe('What a guard sees of a Node request', () => {
  it('is every value of a field that was sent more than once, which "headers" hides', () => {
    const request = node(['Authorization', 'a', 'x', 'b', 'AUTHORIZATION', 'c'], {
      authorization: 'a',
      x: 'b',
    })
    expect(nodeRequest(request).header('authorization')).toEqual(['a', 'c'])
  })

  it('is what middleware has put in the place of a field, or that it took the field off', () => {
    const raw = ['Authorization', 'sent']
    const replaced = nodeRequest(node(raw, { authorization: 'replaced' }))
    expect(replaced.header('authorization')).toEqual(['replaced'])
    expect(nodeRequest(node(raw, {})).header('authorization')).toEqual([])
  })

  it('is "headers" where there are no raw ones, as on servers without sockets', () => {
    const request = nodeRequest(node([], { origin: 'https://a.example', cookie: ['a=1', 'b=2'] }))
    expect(request.header('origin')).toEqual(['https://a.example'])
    expect(request.header('cookie')).toEqual(['a=1', 'b=2'])
    expect(request.header('dpop')).toEqual([])
  })

  it('is the URL and the body that the framework keeps elsewhere', () => {
    const request = node([], {}, { method: 'POST', url: '/orders' })
    expect(nodeRequest(request)).toMatchObject({ method: 'POST', url: '/orders', body: undefined })
    const more = { url: '/api/orders?x=1', body: { a: 1 } }
    expect(nodeRequest(request, more)).toMatchObject({ method: 'POST', ...more })
  })
})

describe('A guard that is handed a request itself', () => {
  const fields = { authorization: 'Bearer good' }
  const verifier = {
    checksOrigin: false,
    verify: async (token: string) => {
      if (token !== 'good') throw new Error(token)
      return { payload: token, claims: {}, protectedHeader: { alg: 'ES256' as const }, scopes: [] }
    },
  }
  const raw = node(['Authorization', 'Bearer good'], fields)

  it.each<[string, IncomingRequest]>([
    ['a Request of fetch', new Request('https://api.example.com/orders', { headers: fields })],
    ["one of Node's own", raw],
    ['one of Express, whose header() gives one text', { ...raw, header: () => 'x' } as NodeRequest],
    ['one without raw fields', node([], fields)],
    ['headers alone, as tests make them', { headers: fields }],
    ['what nodeRequest made', nodeRequest(raw)],
  ])('reads %s', async (_, request) => {
    const outcome = await authenticate(verifier, request)
    expect(outcome).toMatchObject({ ok: true, auth: { payload: 'good' } })
  })

  it('reads the query of a Request, and of Express where a router took its part of the URL', async () => {
    const tokenFrom = { query: 'token' }
    const url = 'https://api.example.com/orders?token=good'
    const express = { ...node([], {}), originalUrl: '/api/orders?token=good' }
    for (const request of [new Request(url), express]) {
      expect(await authenticate(verifier, request, { tokenFrom })).toMatchObject({ ok: true })
    }
  })

  it('takes a field that came twice in a Request for no token', async () => {
    const headers = new Headers(fields)
    headers.append('authorization', 'Bearer good')
    const outcome = await authenticate(verifier, new Request('https://a.example', { headers }))
    expect(outcome).toMatchObject({ ok: false, error: { status: 400, reason: 'request_invalid' } })
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a token', 'Bearer good'],
    ["Koa's context", { req: raw, header: fields, headers: fields }],
    ["Hono's request", { raw: new Request('https://a.example'), header: () => 'x' }],
    ["Fastify's request", { raw, headers: fields }],
  ])('says what to hand over in the place of %s', async (_, request) => {
    await expect(authenticate(verifier, request as IncomingRequest)).rejects.toMatchObject({
      code: 'ERR_OPTION_INVALID',
      option: 'request',
      message: expect.stringMatching(/ctx\.req, c\.req\.raw or request\.raw.*webRequest/) as string,
    })
  })
})
