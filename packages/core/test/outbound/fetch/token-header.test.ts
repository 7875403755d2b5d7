import {
  bearerFetch,
  type BearerFetchOptions,
  BearerInjector,
  createAccessToken,
  TokenManager,
  type TokenSource,
} from '@mayfly/core'
import { clientCredentials, jwtSource } from '@mayfly/core/vendors'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'

type Answer = (request: Request) => Response

/** A client whose requests are answered here, and what it sent. */
function client(answer: Answer, options: BearerFetchOptions = {}, more: Partial<TokenSource> = {}) {
  const clock = new FakeClock()
  const sent: Request[] = []
  let minted = 0
  const source: TokenSource = {
    id: 'test',
    origins: ['https://api.example.com'],
    async getToken() {
      minted++
      const issuedAt = clock.now() / 1000 + minted
      return createAccessToken({
        value: `token-${minted}`,
        issuedAt,
        expiresAt: issuedAt + 600,
        origins: source.origins,
      })
    },
    ...more,
  }
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    sent.push(request)
    return answer(request)
  }
  return {
    fetch: bearerFetch(new TokenManager(source, { clock }), { clock, fetch, ...options }),
    sent,
    source,
  }
}

const ok: Answer = () => new Response('{}')
const ORDERS = 'https://api.example.com/x'

describe('another header or scheme for tokens', () => {
  it.each([
    [{ name: 'X-Shopify-Access-Token' }, 'x-shopify-access-token', 'token-1'],
    [{ name: 'PRIVATE-TOKEN' }, 'private-token', 'token-1'],
    [{ name: 'X-Api', scheme: 'Key' }, 'x-api', 'Key token-1'],
    [{ scheme: 'Token' }, 'authorization', 'Token token-1'],
    [{ scheme: '' }, 'authorization', 'token-1'],
  ])('%j', async (header, field, value) => {
    for (const [options, more] of [
      [{ header }, {}],
      [{}, { header }],
    ] as const) {
      const { fetch, sent } = client(ok, options, more)
      await fetch(ORDERS)
      expect(sent[0]?.headers.get(field)).toBe(value)
      if (field !== 'authorization') expect(sent[0]?.headers.has('authorization')).toBe(false)
    }
  })

  it('is sent again with another token, dropped at foreign hops, and does not come back', async () => {
    const header = { name: 'PRIVATE-TOKEN' }
    const away = client(
      (request) => {
        if (request.url.endsWith('/away')) return Response.redirect('https://other.example/', 307)
        if (request.url.startsWith('https://other')) return Response.redirect(ORDERS, 307)
        return request.headers.get('private-token') === 'token-1'
          ? new Response('', { status: 401 })
          : new Response('{}')
      },
      { header, onForeignOrigin: 'pass' },
    )
    await away.fetch(ORDERS)
    expect(away.sent.map(({ headers }) => headers.get('private-token'))).toEqual([
      'token-1',
      'token-2',
    ])
    await away.fetch('https://api.example.com/away')
    expect(away.sent.slice(2).map(({ headers }) => headers.get('private-token'))).toEqual([
      'token-2',
      null,
      null,
    ])
    await away.fetch('https://api.example.com/away', { headers: { 'private-token': 'mine' } })
    expect(away.sent.slice(5).map(({ headers }) => headers.get('private-token'))).toEqual([
      'mine',
      null,
      null,
    ])
  })

  it('is judged by ownAuthorization, as Authorization is', async () => {
    const header = { name: 'PRIVATE-TOKEN' }
    const headers = { 'private-token': 'mine' }
    const values: (string | null | undefined)[] = []
    for (const ownAuthorization of ['keep', 'replace'] as const) {
      const { fetch, sent } = client(ok, { header, ownAuthorization })
      await fetch(ORDERS, { headers })
      values.push(sent[0]?.headers.get('private-token'))
    }
    expect(values).toEqual(['mine', 'token-1'])
    const { fetch } = client(ok, { header, ownAuthorization: 'refuse' })
    await expect(fetch(ORDERS, { headers })).rejects.toThrow('private-token')
  })

  it('is taken from callers by injectBearer, and put on', async () => {
    const { source } = client(ok)
    const injector = new BearerInjector(source, { header: { name: 'PRIVATE-TOKEN' } })
    const headers: Record<string, string> = {
      'private-token': 'callers-own',
      connection: 'private-token',
    }
    const rawHeaders = [
      'Private-Token',
      'callers-own',
      'Connection',
      'private-token',
      'PRIVATE-TOKEN',
      'callers-own',
    ]
    const request = { headers, rawHeaders }
    await injector.inject(request, undefined)
    expect(headers).toEqual({ 'private-token': 'token-1' })
    expect(rawHeaders).toEqual(['private-token', 'token-1'])
  })

  it('must be one for tokens', () => {
    const wrong = [
      { name: 'Host' },
      { name: 'a b' },
      { name: 'cookie' },
      { scheme: 'a b' },
      { nam: 'x' },
      { name: 7 },
      { scheme: 'x\r\n' },
    ]
    for (const header of wrong) {
      expect(() => client(ok, { header: header as never }), JSON.stringify(header)).toThrow(
        expect.objectContaining({ name: 'OptionError' }),
      )
    }
  })
})

describe('http to hosts that allowHttp names', () => {
  const url = 'http://keycloak:8080/x'
  const origins = ['http://keycloak:8080']

  it('is refused unless it is named, by source or by option', async () => {
    expect(() => client(ok, { origins })).toThrow('allowHttp')
    expect(() => client(ok, { origins, allowHttp: ['keycloack'] })).toThrow('allowHttp')
    const events: unknown[] = []
    const observe = (event: { type: string }): void =>
      void (event.type === 'plain-http' && events.push(event))
    const named = client(ok, { origins, allowHttp: ['keycloak'], observe })
    await named.fetch(url)
    await named.fetch(url)
    expect(named.sent[1]?.headers.get('authorization')).toBe('Bearer token-1')
    expect(events).toEqual([{ type: 'plain-http', origin: 'http://keycloak:8080' }])
    const bySource = client(ok, {}, { origins, allowHttp: ['keycloak'] })
    await bySource.fetch(url)
    expect(bySource.sent[0]?.headers.get('authorization')).toBe('Bearer token-1')
    await expect(bySource.fetch('http://other:8080/')).rejects.toMatchObject({
      code: 'ERR_FOREIGN_ORIGIN',
    })
  })

  it('counts for token endpoints, issuers and tokens that are signed here', async () => {
    const asked: string[] = []
    const fetch: typeof globalThis.fetch = async (input) => {
      asked.push(new Request(input).url)
      const issuer = 'http://keycloak:8080/realms/a'
      const metadata = { issuer, token_endpoint: `${issuer}/token` }
      return Response.json(
        asked.length === 1 ? metadata : { access_token: 'opaque', expires_in: 60 },
      )
    }
    const common = { clientId: 'a', clientSecret: 'a-secret', fetch, origins }
    const issuer = 'http://keycloak:8080/realms/a'
    expect(() => clientCredentials({ ...common, issuer })).toThrow('allowHttp')
    const source = clientCredentials({ ...common, issuer, allowHttp: ['keycloak'] })
    expect((await source.getToken()).value).toBe('opaque')
    expect(new TokenManager(source).allowHttp).toEqual(['keycloak'])
    expect(asked).toEqual([
      'http://keycloak:8080/.well-known/oauth-authorization-server/realms/a',
      `${issuer}/token`,
    ])
    const signed = {
      algorithm: 'HS256',
      key: { secret: new Uint8Array(32) },
      claims: {},
      lifetime: 60,
      origins,
    } as const
    expect(() => jwtSource(signed)).toThrow('allowHttp')
    expect(jwtSource({ ...signed, allowHttp: ['keycloak'] }).origins).toEqual(origins)
  })
})

describe('a refusal in an answer of 200', () => {
  const refusal = '{"errors":[{"extensions":{"code":"UNAUTHENTICATED"}}]}'
  const asks = {
    judgesSuccess: true,
    isRefusal: ({ body }: { body: string }) => body.includes('UNAUTHENTICATED'),
  }
  const json = { headers: { 'content-type': 'application/json' } }
  const refuseFirst: Answer = ({ headers }) =>
    new Response(headers.get('authorization') === 'Bearer token-1' ? refusal : '{"data":{}}', json)

  it('leads to another token where the source asks for it', async () => {
    const { fetch, sent } = client(refuseFirst, {}, asks)
    expect(await (await fetch(ORDERS, { method: 'POST', body: '{}' })).text()).toBe('{"data":{}}')
    expect(sent).toHaveLength(2)
  })

  it('is an answer as any other where the source does not', async () => {
    const { fetch, sent } = client(refuseFirst, {}, { isRefusal: asks.isRefusal })
    expect(await (await fetch(ORDERS)).text()).toBe(refusal)
    expect(sent).toHaveLength(1)
  })

  it('is looked for in a copy: the caller’s stream stays whole, however long', async () => {
    const long = JSON.stringify({ data: 'x'.repeat(300_000), UNAUTHENTICATED: 1 })
    const chunked = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const piece of long.match(/.{1,1000}/g) ?? [])
          controller.enqueue(new TextEncoder().encode(piece))
        controller.close()
      },
    })
    const { fetch, sent } = client(() => new Response(chunked, json), {}, asks)
    expect(await (await fetch(ORDERS)).text()).toBe(long)
    expect(sent).toHaveLength(1)
  })

  it('is not looked for in what is no JSON, which may be a stream that never ends', async () => {
    const endless = new ReadableStream<Uint8Array>({
      start: (controller) =>
        controller.enqueue(new TextEncoder().encode('data: UNAUTHENTICATED\n\n')),
    })
    const headers = { 'content-type': 'text/event-stream' }
    const { fetch } = client(() => new Response(endless, { headers }), {}, asks)
    const reader = (await fetch(ORDERS)).body?.getReader()
    expect(new TextDecoder().decode((await reader?.read())?.value)).toContain('data: ')
    await reader?.cancel()
  })
})
