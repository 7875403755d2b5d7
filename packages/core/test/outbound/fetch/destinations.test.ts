import { inspect } from 'node:util'
import { type BearerEvent, bearerFetch, createAccessToken, type TokenSource } from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { answer, redirect, startUpstream } from '../../support/upstream.ts'

const SECRET = 'sesame.sesame.sesame'

function sourceFor(...origins: string[]): TokenSource {
  const token = createAccessToken({
    value: SECRET,
    issuedAt: 1_700_000_000,
    expiresAt: 4_000_000_000,
    origins,
  })
  return { id: 'fixed', origins, getToken: async () => token }
}

describe('where a token goes', () => {
  it('is its source’s origin', async () => {
    await using upstream = await startUpstream((_request, response) => answer(response, 200))
    await bearerFetch(sourceFor(upstream.origin))(new URL(`${upstream.origin}/v1?x=1`))
    expect(upstream.seen[0]).toMatchObject({ url: '/v1?x=1', authorization: `Bearer ${SECRET}` })
  })

  const foreign: readonly [string, string][] = [
    ['another host', 'https://api.example.com.evil.example/'],
    ['a sub-domain', 'https://v2.api.example.com/'],
    ['the parent domain', 'https://example.com/'],
    ['another port', 'https://api.example.com:8443/'],
    ['plain http', 'http://api.example.com/'],
    ['a user name that looks like the host', 'https://api.example.com@evil.example/'],
    ['a trailing dot', 'https://api.example.com./'],
    ['another scheme', 'ftp://api.example.com/'],
    ['a data URL', 'data:text/plain,hello'],
  ]
  for (const [what, url] of foreign) {
    it(`is not ${what}: refused before anything is sent`, async () => {
      let calls = 0
      const send = async (): Promise<Response> => {
        calls++
        return new Response()
      }
      const fetch = bearerFetch(sourceFor('https://api.example.com'), { fetch: send })
      const error: unknown = await fetch(`${url}?q=${SECRET}`).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(TypeError)
      expect(inspect(error)).not.toContain('sesame')
      expect(calls).toBe(0)
    })
  }

  it('is nowhere at all for a source without origins', async () => {
    const fetch = bearerFetch(sourceFor(), { fetch: async () => new Response() })
    await expect(fetch('https://api.example.com')).rejects.toMatchObject({
      name: 'ForeignOriginError',
      code: 'ERR_FOREIGN_ORIGIN',
      origin: 'https://api.example.com',
    })
  })

  it('is not wider than the token’s own origins, where the token is narrower than its source', async () => {
    const narrow = sourceFor('https://a.example')
    const source = { ...narrow, origins: ['https://a.example', 'https://b.example'] }
    let calls = 0
    const send = async (): Promise<Response> => {
      calls++
      return new Response()
    }
    const fetch = bearerFetch(source, { fetch: send })
    await fetch('https://a.example')
    await expect(fetch('https://b.example')).rejects.toMatchObject({ code: 'ERR_FOREIGN_ORIGIN' })
    expect(calls).toBe(1)
  })

  it('can be said anew with the option origins', async () => {
    await using upstream = await startUpstream((_request, response) => answer(response, 200))
    const source = sourceFor('https://api.example.com')
    const fetch = bearerFetch(source, { origins: [upstream.origin] })
    await fetch(upstream.origin)
    expect(upstream.seen[0]?.authorization).toBe(`Bearer ${SECRET}`)
    await expect(fetch('https://api.example.com')).rejects.toThrow(TypeError)
  })

  it('is not a foreign origin under foreign: pass; that request goes out bare', async () => {
    await using upstream = await startUpstream((_request, response) => answer(response, 401))
    const source = sourceFor('https://api.example.com')
    const fetch = bearerFetch(source, { onForeignOrigin: 'pass' })
    expect((await fetch(upstream.origin)).status).toBe(401)
    expect(upstream.seen).toHaveLength(1)
    expect(upstream.seen[0]?.authorization).toBeUndefined()
  })

  const badOrigins: readonly [string, string][] = [
    ['plain http', 'http://api.example.com'],
    ['a path', 'https://api.example.com/v1'],
    ['a query', 'https://api.example.com?x'],
    ['credentials', 'https://user:pw@api.example.com'],
    ['no scheme', 'api.example.com'],
    ['another scheme', 'wss://api.example.com'],
    ['a look-alike of loopback', 'http://127.0.0.1.example.com'],
  ]
  for (const [what, origin] of badOrigins) {
    it(`cannot be an origin with ${what}`, () => {
      expect(() => bearerFetch(sourceFor(), { origins: [origin] })).toThrow(
        expect.objectContaining({ code: 'ERR_OPTION_INVALID', option: 'origins' }),
      )
    })
  }
})

describe('a redirect', () => {
  it('to another port loses the token, and gets an answer', async () => {
    await using other = await startUpstream((_request, response) => answer(response, 200, 'other'))
    await using upstream = await startUpstream((_request, response) =>
      redirect(response, 302, `${other.origin}/elsewhere`),
    )
    const response = await bearerFetch(sourceFor(upstream.origin))(upstream.origin)
    expect(await response.text()).toBe('other')
    expect(response.redirected).toBe(true)
    expect(response.url).toBe(`${other.origin}/elsewhere`)
    expect(other.seen[0]?.authorization).toBeUndefined()
  })

  it('to another host name of the same machine loses the token', async () => {
    await using upstream = await startUpstream((request, response) =>
      request.url === '/' ? redirect(response, 307, localhost) : answer(response, 200),
    )
    const localhost = `${upstream.origin.replace('127.0.0.1', 'localhost')}/next`
    await bearerFetch(sourceFor(upstream.origin))(upstream.origin)
    expect(upstream.seen.map(({ authorization }) => authorization)).toEqual([
      `Bearer ${SECRET}`,
      undefined,
    ])
  })

  it('from https to http loses the token', async () => {
    const sent: (string | null)[] = []
    const send = async (url: unknown, init?: RequestInit): Promise<Response> => {
      sent.push(new Headers(init?.headers).get('authorization'))
      const first = String(url).startsWith('https:')
      const location = String(url).replace('https:', 'http:')
      return new Response(null, first ? { status: 301, headers: { location } } : {})
    }
    await bearerFetch(sourceFor('https://api.example.com'), { fetch: send })(
      'https://api.example.com/v1',
    )
    expect(sent).toEqual([`Bearer ${SECRET}`, null])
  })

  it('within the origin keeps the token; it does not come back by way of a foreign origin', async () => {
    await using other = await startUpstream((_request, response) =>
      redirect(response, 307, `${upstream.origin}/back?chosen=there`),
    )
    await using upstream = await startUpstream((request, response) => {
      if (request.url === '/') redirect(response, 307, '/inside')
      else if (request.url === '/inside') redirect(response, 307, other.origin)
      else if (request.url.startsWith('/back')) redirect(response, 307, '/further')
      else answer(response, 200)
    })
    const fetch = bearerFetch(sourceFor(upstream.origin))
    const init = { method: 'POST', body: 'payload' }
    expect((await fetch(upstream.origin, init)).status).toBe(200)
    const seen = upstream.seen.map(({ url, authorization }) => [url, authorization])
    expect(seen).toEqual([
      ['/', `Bearer ${SECRET}`],
      ['/inside', `Bearer ${SECRET}`],
      ['/back?chosen=there', undefined],
      ['/further', undefined],
    ])
    expect(other.seen[0]?.authorization).toBeUndefined()
  })

  it('from a foreign origin that the request began at brings no token', async () => {
    await using other = await startUpstream((_request, response) =>
      redirect(response, 302, `${upstream.origin}/admin`),
    )
    await using upstream = await startUpstream((_request, response) => answer(response, 200))
    const fetch = bearerFetch(sourceFor(upstream.origin), { onForeignOrigin: 'pass' })
    expect((await fetch(other.origin)).status).toBe(200)
    expect(upstream.seen[0]?.authorization).toBeUndefined()
  })

  it('between two of the source’s own origins keeps the token', async () => {
    await using second = await startUpstream((_request, response) => answer(response, 200))
    await using first = await startUpstream((_request, response) =>
      redirect(response, 302, second.origin),
    )
    await bearerFetch(sourceFor(first.origin, second.origin))(first.origin)
    expect(second.seen[0]?.authorization).toBe(`Bearer ${SECRET}`)
  })

  it('that this runtime does not show is an error, as in browsers, unless it was asked for', async () => {
    const opaque = Object.defineProperties(Response.error(), {
      type: { value: 'opaqueredirect' },
      status: { value: 0 },
    })
    const fetch = bearerFetch(sourceFor('https://api.example.com'), { fetch: async () => opaque })
    for (const mode of ['follow', 'error'] as const) {
      await expect(fetch('https://api.example.com', { redirect: mode })).rejects.toMatchObject({
        code: 'ERR_REDIRECT',
      })
    }
    expect(await fetch('https://api.example.com', { redirect: 'manual' })).toBe(opaque)
  })

  it('takes the caller’s own credentials off at a foreign origin, and never puts the token in their place', async () => {
    await using other = await startUpstream((_request, response) =>
      redirect(response, 302, `${upstream.origin}/back`),
    )
    await using upstream = await startUpstream((request, response) =>
      request.url === '/' ? redirect(response, 302, other.origin) : answer(response, 200),
    )
    const credentials = {
      authorization: 'Basic b3du',
      cookie: 'session=1',
      dpop: 'proof',
      'proxy-authorization': 'Basic cHJveHk6cGFzcw==',
    }
    // As a map for a transport that lets every field through, as undici itself does.
    const sent: Headers[] = []
    const send: typeof fetch = async (url, init) => {
      sent.push(new Headers(init?.headers))
      return fetch(url, init)
    }
    await bearerFetch(sourceFor(upstream.origin), { fetch: send })(upstream.origin, {
      headers: { ...credentials, 'x-kept': 'yes' },
    })
    const [home, foreign, back] = sent
    for (const [name, value] of Object.entries(credentials)) {
      expect(home?.get(name)).toBe(value)
      expect(foreign?.has(name), name).toBe(false)
      expect(back?.has(name), name).toBe(false)
    }
    expect(other.seen[0]?.headers).not.toHaveProperty('proxy-authorization')
    expect(other.seen[0]?.headers['x-kept']).toBe('yes')
    expect(upstream.seen[1]?.authorization).toBeUndefined()
  })

  const methods: readonly [number, string, string][] = [
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [303, 'HEAD', 'HEAD'],
    [301, 'PUT', 'PUT'],
    [307, 'POST', 'POST'],
    [308, 'PATCH', 'PATCH'],
  ]
  for (const [status, before, after] of methods) {
    it(`of ${status} turns ${before} into ${after}, as fetch does`, async () => {
      await using upstream = await startUpstream((request, response) =>
        request.url === '/' ? redirect(response, status, '/next') : answer(response, 200),
      )
      const init: RequestInit = { method: before }
      if (before !== 'HEAD') Object.assign(init, { body: 'text', headers: { 'x-kept': '1' } })
      const plain = await fetch(upstream.origin, init)
      const wrapped = await bearerFetch(sourceFor(upstream.origin))(upstream.origin, init)
      expect(wrapped.status).toBe(plain.status)
      const [, byFetch, , ours] = upstream.seen
      expect(ours?.method).toBe(after)
      expect(ours).toMatchObject({ method: byFetch?.method, body: byFetch?.body })
      const names = (headers: object = {}): string[] =>
        Object.keys(headers).filter((name) => name !== 'authorization')
      expect(names(ours?.headers).sort()).toEqual(names(byFetch?.headers).sort())
    })
  }

  it('is returned as it is under manual, and refused under error', async () => {
    await using upstream = await startUpstream((_request, response) =>
      redirect(response, 302, '/next'),
    )
    const wrapped = bearerFetch(sourceFor(upstream.origin))
    const manual = await wrapped(upstream.origin, { redirect: 'manual' })
    expect(manual.status).toBe(302)
    expect(manual.headers.get('location')).toBe('/next')
    await expect(wrapped(upstream.origin, { redirect: 'error' })).rejects.toMatchObject({
      code: 'ERR_REDIRECT',
    })
  })

  it('is followed 20 times and not 21 times', async () => {
    let length = 20
    await using upstream = await startUpstream((request, response) => {
      const hop = Number(request.url.slice(1))
      if (hop < length) redirect(response, 302, `/${hop + 1}`)
      else answer(response, 200)
    })
    const wrapped = bearerFetch(sourceFor(upstream.origin))
    expect((await wrapped(`${upstream.origin}/0`)).status).toBe(200)
    length = 21
    await expect(wrapped(`${upstream.origin}/0`)).rejects.toMatchObject({ code: 'ERR_REDIRECT' })
  })

  const dead: readonly [string, string][] = [
    ['another scheme', 'file:///etc/passwd'],
    ['no URL', 'http://'],
    ['credentials', 'http://user:pw@127.0.0.1/'],
  ]
  for (const [what, location] of dead) {
    it(`to ${what} is an error that says so`, async () => {
      await using upstream = await startUpstream((_request, response) =>
        redirect(response, 302, location),
      )
      const wrapped = bearerFetch(sourceFor(upstream.origin))
      await expect(wrapped(upstream.origin)).rejects.toMatchObject({
        name: 'MayflyError',
        code: 'ERR_REDIRECT',
      })
    })
  }

  it('of a stream is an error, not a half-sent request', async () => {
    await using upstream = await startUpstream((_request, response) =>
      redirect(response, 307, '/next'),
    )
    const body = new Blob(['payload']).stream()
    const init = { method: 'POST', body, duplex: 'half' as const }
    await expect(
      bearerFetch(sourceFor(upstream.origin))(upstream.origin, init),
    ).rejects.toMatchObject({ code: 'ERR_REDIRECT' })
    expect(upstream.seen).toHaveLength(1)
  })

  it('of 303 after a stream is followed without it', async () => {
    await using upstream = await startUpstream((request, response) =>
      request.url === '/' ? redirect(response, 303, '/next') : answer(response, 200),
    )
    const body = new Blob(['payload']).stream()
    const init = { method: 'POST', body, duplex: 'half' as const }
    const response = await bearerFetch(sourceFor(upstream.origin))(upstream.origin, init)
    expect(response.status).toBe(200)
    expect(upstream.seen[1]).toMatchObject({ method: 'GET', body: '' })
  })
})

it('shows no token in its events', async () => {
  await using upstream = await startUpstream((_request, response) => answer(response, 401))
  const events: BearerEvent[] = []
  const observe = (event: BearerEvent): void => void events.push(event)
  await bearerFetch(sourceFor(upstream.origin), { observe })(`${upstream.origin}/?q=${SECRET}`)
  expect(events.length).toBeGreaterThan(1)
  expect(JSON.stringify(events)).not.toContain('sesame')
})
