import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import koaCors from '@koa/cors'
import { corsOriginCheck } from '@mayfly/core'
import cors from 'cors'
import Koa from 'koa'
import { describe, expect, it, onTestFinished } from 'vitest'

const PATTERNS = ['app.example.com', '*.example.org', 'localhost']

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const packages = {
  cors: () => {
    const middleware = cors({ origin: corsOriginCheck(PATTERNS), credentials: true })
    return listen((request, response) => {
      middleware(request, response, () => response.end('answer'))
    })
  },
  '@koa/cors': () => {
    const app = new Koa()
    app.use(koaCors({ origin: corsOriginCheck(PATTERNS), credentials: true }))
    app.use((ctx) => {
      ctx.body = 'answer'
    })
    const callback = app.callback()
    return listen((request, response) => {
      void callback(request, response)
    })
  },
}

describe.each(Object.entries(packages))('the origin option of %s', (_name, start) => {
  it.each(['https://app.example.com', 'https://a.b.example.org', 'http://localhost:5173'])(
    'answers %s with its own name, and caches with Vary',
    async (origin) => {
      const { headers } = await fetch(await start(), { headers: { origin } })
      expect(headers.get('access-control-allow-origin')).toBe(origin)
      expect(headers.get('access-control-allow-credentials')).toBe('true')
      expect(headers.get('vary')).toContain('Origin')
    },
  )

  it.each([
    'https://evil.example',
    'https://example.org',
    'http://app.example.com',
    'https://app.example.com.',
    'https://app.example.com, https://evil.example',
    'https://app.example.com/',
    'null',
    '*',
  ])('answers %s without any CORS header', async (origin) => {
    const answer = await fetch(await start(), { headers: { origin } })
    expect(answer.status).toBe(200)
    const names = [...answer.headers.keys()].filter((name) => name.startsWith('access-control'))
    expect(names).toEqual([])
  })

  it('answers a request without an origin without any CORS header', async () => {
    const { headers } = await fetch(await start())
    expect(headers.get('access-control-allow-origin')).toBeNull()
  })

  it('answers a preflight of an admitted origin, and of no other', async () => {
    const url = await start()
    const preflight = async (origin: string): Promise<string | null> => {
      const headers = { origin, 'access-control-request-method': 'PUT' }
      const answer = await fetch(url, { method: 'OPTIONS', headers })
      return answer.headers.get('access-control-allow-origin')
    }
    expect(await preflight('https://app.example.com')).toBe('https://app.example.com')
    expect(await preflight('https://evil.example')).toBeNull()
  })
})

describe('corsOriginCheck', () => {
  const asKoa = (check: ReturnType<typeof corsOriginCheck>, origin: string): string =>
    check({ get: (field) => (field.toLowerCase() === 'origin' ? origin : '') })

  it('refuses a pattern that is not sound at once, rather than never to match', () => {
    expect(() => corsOriginCheck(['app.example.com', '*.github.io'])).toThrow(
      expect.objectContaining({ code: 'ERR_ORIGIN_PATTERN', option: 'patterns[1]' }),
    )
    expect(() => corsOriginCheck(undefined as unknown as string)).toThrow('must be an array')
  })

  it('refuses the pattern *, which would let any site read what cookies open', () => {
    expect(() => corsOriginCheck(['app.example.com', '*'])).toThrow('takes no "*"')
  })

  it('admits the opaque origin only where pattern and option say so', () => {
    expect(asKoa(corsOriginCheck('null'), 'null')).toBe('')
    expect(asKoa(corsOriginCheck('null', { allowNullOrigin: true }), 'null')).toBe('null')
    expect(asKoa(corsOriginCheck('a.example', { allowNullOrigin: true }), 'null')).toBe('')
  })

  it('takes wildcards on the suffixes that it is told, and no unknown options', () => {
    const check = corsOriginCheck('*.internal', { allowSuffixes: ['internal'] })
    expect(asKoa(check, 'https://wiki.internal')).toBe('https://wiki.internal')
    const options = { missingOrigin: 'deny' } as object
    expect(() => corsOriginCheck('a.example', options)).toThrow('no option "missingOrigin"')
  })
})
