import { inspect } from 'node:util'
import { bearerFetch, createAccessToken, TokenManager, type TokenSource } from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { recordingFetch } from '../../support/recording-fetch.ts'

const SECRET = 'sesame.sesame.sesame'
const API = 'https://api.example.com'

function sourceOf(value: unknown): TokenSource {
  return {
    id: 'fixed',
    origins: [API],
    // What a source of JavaScript, or a vendor's answer, may come to.
    getToken: async () =>
      ({ value, issuedAt: 1_700_000_000, expiresAt: 4_000_000_000, origins: [API] }) as never,
  }
}

function good(): TokenSource {
  const token = createAccessToken({
    value: SECRET,
    issuedAt: 1_700_000_000,
    expiresAt: 4_000_000_000,
    origins: [API],
  })
  return { ...sourceOf(SECRET), getToken: async () => token }
}

function redirecting(location: string) {
  return recordingFetch(({ url }) =>
    url === `${API}/start`
      ? new Response(null, { status: 302, headers: { location } })
      : new Response('end'),
  )
}

describe('a token that no header can hold', () => {
  it.each([
    ['a line end in it', `${SECRET}\n${SECRET}`],
    ['a header field behind it', `${SECRET}\r\nX-Other: 1`],
    ['a line end behind it', `${SECRET}\n`],
    ['a control character', `${SECRET}\u0001`],
    ['a letter beyond ASCII', `${SECRET}\u2013`],
    ['a space', `${SECRET} ${SECRET}`],
  ])('is refused for %s, and repeated nowhere', async (_, value) => {
    const { fetch, sent } = recordingFetch()
    const source = sourceOf(value)
    for (const from of [source, new TokenManager(source)]) {
      const error: unknown = await bearerFetch(from, { fetch })(API).catch((e: unknown) => e)
      const named = from === source ? error : (error as Error).cause
      expect(named).toMatchObject({ code: 'ERR_OPTION_INVALID', option: 'value' })
      expect(inspect(error, { depth: null, showHidden: true })).not.toContain('sesame')
    }
    expect(sent).toHaveLength(0)
  })
})

describe('a URL in an odd spelling', () => {
  it.each([
    ['upper case', 'HTTPS://API.EXAMPLE.COM/x', `${API}/x`],
    ['its default port', `${API}:443/x`, `${API}/x`],
    ['a full stop of another script', 'https://api.example。com/x', `${API}/x`],
    ['backslashes', 'https:\\\\api.example.com\\x', `${API}/x`],
    ['a tab in its host', 'https://api.exa\tmple.com/x', `${API}/x`],
  ])(
    'gets the token where it is the API’s own, and is sent as it was judged: %s',
    async (_, url, as) => {
      const { fetch, last } = recordingFetch()
      await bearerFetch(good(), { fetch })(url)
      expect(last()).toMatchObject({ url: as, authorization: `Bearer ${SECRET}` })
    },
  )

  it.each([
    ['a backslash that ends the host', 'https://evil.example\\@api.example.com/'],
    ['a blob, whose origin is that of its maker', `blob:${API}/6a1f`],
    ['a host that ends in the API’s', 'https://evilapi.example.com/'],
    ['a letter that looks the same', 'https://аpi.example.com/'],
    ['an IPv6 address for the loopback one', 'http://[::ffff:127.0.0.1]/'],
    ['the address of all interfaces', 'http://0.0.0.0/'],
  ])('is refused where it is another’s: %s', async (_, url) => {
    const { fetch, sent } = recordingFetch()
    const refused = bearerFetch(good(), { fetch })(url)
    await expect(refused).rejects.toMatchObject({ code: 'ERR_FOREIGN_ORIGIN' })
    expect(sent).toHaveLength(0)
  })
})

describe('a redirect in an odd spelling', () => {
  it.each([
    ['//evil.example/x', 'https://evil.example/x'],
    ['\\\\evil.example/x', 'https://evil.example/x'],
    ['/\\evil.example/x', 'https://evil.example/x'],
    ['https:evil', `${API}/evil`],
    ['https:////evil.example', 'https://evil.example/'],
    ['https://api.example.com.', 'https://api.example.com./'],
    ['https://api.example.com:8443/', 'https://api.example.com:8443/'],
    ['http://api.example.com/', 'http://api.example.com/'],
  ])('to %s takes the token along only where it ends at the API', async (location, end) => {
    const { fetch, sent, last } = redirecting(location)
    await bearerFetch(good(), { fetch })(`${API}/start`)
    expect(sent).toHaveLength(2)
    expect(last().url).toBe(end)
    expect(last().authorization).toBe(end.startsWith(`${API}/`) ? `Bearer ${SECRET}` : null)
  })

  it.each([
    'data:text/plain,x',
    `blob:${API}/6a1f`,
    'javascript:alert(1)',
    'ftp://api.example.com',
  ])('to %s is not followed', async (location) => {
    const { fetch, sent } = redirecting(location)
    const refused = bearerFetch(good(), { fetch })(`${API}/start`)
    await expect(refused).rejects.toMatchObject({ code: 'ERR_REDIRECT' })
    expect(sent).toHaveLength(1)
  })

  it('is not what a Refresh field asks for', async () => {
    const headers = { refresh: '0; url=https://evil.example/', location: 'https://evil.example/' }
    const { fetch, sent } = recordingFetch(() => new Response('end', { headers }))
    expect((await bearerFetch(good(), { fetch })(`${API}/start`)).status).toBe(200)
    expect(sent).toHaveLength(1)
  })
})

describe('a request object', () => {
  it('in the place of the options keeps its method, its fields and its body', async () => {
    const { fetch, last } = recordingFetch()
    const init = new Request(API, { method: 'POST', body: 'text', headers: { 'x-kept': '1' } })
    await bearerFetch(good(), { fetch })(`${API}/other`, init)
    expect(last()).toMatchObject({ url: `${API}/other`, method: 'POST', body: 'text' })
    expect(last().headers.get('x-kept')).toBe('1')
  })

  it('in the place of the options keeps the caller’s own credentials', async () => {
    const { fetch, last } = recordingFetch()
    const init = new Request(API, { headers: { authorization: 'Basic b3du' } })
    await bearerFetch(good(), { fetch })(API, init)
    expect(last().authorization).toBe('Basic b3du')
  })

  it.each([
    ['of another library, whose method and fields would be lost', { url: API, method: 'POST' }],
    ['that is none', {}],
    ['that is missing', undefined],
  ])('%s is refused in plain words', async (_, input) => {
    const { fetch, sent } = recordingFetch()
    const refused = bearerFetch(good(), { fetch })(input as never)
    await expect(refused).rejects.toThrow(/give an absolute URL/)
    expect(sent).toHaveLength(0)
  })

  it.each([
    ['a field more', { headers: { 'x-kept': '1' } }, 'text'],
    ['a signal', { signal: new AbortController().signal }, 'text'],
    ['a body that is null, which is none', { body: null }, 'text'],
    ['another body', { body: 'other' }, 'other'],
  ])('with options keeps what they do not override: %s', async (_, init, body) => {
    const { fetch, sent } = recordingFetch(() => new Response(null, { status: 401 }))
    const request = new Request(API, { method: 'PUT', body: 'text' })
    await bearerFetch(new TokenManager(changing()), { fetch })(request, init)
    expect(sent.map((one) => [one.method, one.body])).toEqual([
      ['PUT', body],
      ['PUT', body],
    ])
  })

  it('to a foreign origin is refused before its body is read', async () => {
    const { fetch } = recordingFetch()
    const request = endless('https://evil.example/')
    const refused = bearerFetch(good(), { fetch })(request)
    await expect(refused).rejects.toMatchObject({ code: 'ERR_FOREIGN_ORIGIN' })
    expect(request.bodyUsed).toBe(false)
  })

  it('whose body never ends is given up with its signal, early or late', async () => {
    const { fetch, sent } = recordingFetch()
    const reason = new Error('enough')
    const wrapped = bearerFetch(good(), { fetch })
    await expect(wrapped(endless(API, AbortSignal.abort(reason)))).rejects.toBe(reason)
    const controller = new AbortController()
    const late = wrapped(endless(API, controller.signal))
    await new Promise((resolve) => setImmediate(resolve))
    controller.abort(reason)
    await expect(late).rejects.toBe(reason)
    expect(sent).toHaveLength(0)
  })
})

/** A source whose every token is another one. */
function changing(): TokenSource {
  let count = 0
  const source = sourceOf('')
  const fields = { issuedAt: 1_700_000_000, expiresAt: 4_000_000_000, origins: [API] }
  const getToken = async () => createAccessToken({ value: `token-${++count}`, ...fields })
  return { ...source, getToken }
}

function endless(url: string, signal?: AbortSignal): Request {
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new Uint8Array([1])),
  })
  const init = { method: 'POST', body, duplex: 'half', ...(signal && { signal }) }
  return new Request(url, init as RequestInit)
}
