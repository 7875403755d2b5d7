import {
  type BearerEvent,
  BearerInjector,
  DpopProver,
  LearnedClocks,
  MayflyError,
  RequestError,
  SourceError,
  type TokenSource,
} from '@mayfly/core'
import {
  type EditableRequest,
  type InjectOptions,
  type WatchableResponse,
} from '@mayfly/core/adapter'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { failure } from '../../support/inbound.ts'
import { ScriptedSource } from '../../support/scripted-source.ts'

const API = 'https://api.example.com'

/** An answer that a test ends when it likes. */
class Answer implements WatchableResponse {
  statusCode = 200
  headersSent = false
  readonly headers: Record<string, string> = {}
  readonly #listeners: (() => void)[] = []

  getHeader(name: string): string | undefined {
    return this.headers[name]
  }

  setHeader(name: string, value: string): void {
    if (this.headersSent) throw new Error('too late')
    this.headers[name] = value
  }

  removeHeader(name: string): void {
    delete this.headers[name]
  }

  once(_: 'finish', listener: () => void): void {
    this.#listeners.push(listener)
  }

  finish(statusCode: number, headers: Readonly<Record<string, string>> = {}): void {
    this.statusCode = statusCode
    Object.assign(this.headers, headers)
    for (const listener of this.#listeners.splice(0)) listener()
  }
}

function callersRequest(): EditableRequest {
  const headers = {
    authorization: 'Bearer callers-own',
    'proxy-authorization': 'Basic callers-own',
    cookie: 'session=callers-own',
    dpop: 'callers-own',
    accept: '*/*',
  }
  return { url: '/a?access_token=callers-own', headers, rawHeaders: Object.entries(headers).flat() }
}

function bench(options: InjectOptions = {}): {
  clock: FakeClock
  source: ScriptedSource
  injector: BearerInjector
} {
  const clock = new FakeClock()
  const source = new ScriptedSource({ clock })
  return { clock, source, injector: new BearerInjector(source, { clock, ...options }) }
}

describe('A bearer injector', () => {
  it('puts the token in the place of all that was the caller’s', async () => {
    const { injector } = bench()
    const request = callersRequest()
    await injector.inject(request, new Answer())
    expect(request).toEqual({
      url: '/a',
      headers: { accept: '*/*', authorization: 'Bearer token-1' },
      rawHeaders: ['accept', '*/*', 'authorization', 'Bearer token-1'],
    })
  })

  it('keeps what it is told to keep', async () => {
    const { injector } = bench({ keepHeaders: ['Cookie'], stripQuery: [] })
    const request = callersRequest()
    await injector.inject(request, new Answer())
    expect(request.headers).toHaveProperty('cookie', 'session=callers-own')
    expect(request.url).toBe('/a?access_token=callers-own')
  })

  it('leaves nothing of its own on the answer', async () => {
    const { injector } = bench()
    const answer = new Answer()
    await injector.inject(callersRequest(), answer)
    expect(answer.headers).toEqual({})
  })

  it('does not touch an answer that somebody has begun meanwhile', async () => {
    const { injector, source } = bench()
    const answer = new Answer()
    answer.headersSent = true
    await injector.inject(callersRequest(), answer)
    answer.finish(401)
    expect(source.invalidated).toEqual([])
  })

  it('leaves no credentials at all where no token can be had', async () => {
    const events: unknown[] = []
    const { injector, source } = bench({ observe: (event) => events.push(event) })
    const cause = new SourceError('ERR_MINT_FAILED', 'down', { retryAfterMs: 1500 })
    source.next(cause)
    const request = callersRequest()
    const error = await failure(() => injector.inject(request, new Answer()))
    expect(error).toBeInstanceOf(RequestError)
    expect(error).toMatchObject({
      status: 503,
      reason: 'token_unavailable',
      headers: { 'retry-after': '2' },
      cause,
    })
    expect(JSON.stringify(request)).not.toContain('callers-own')
    expect(events).toEqual([{ type: 'token-failed', origin: API, code: 'ERR_MINT_FAILED' }])
  })

  it.each([Number.NaN, Infinity, -5, 1e30])(
    'names no time to come back where a source says %s',
    async (retryAfterMs) => {
      const { injector, source } = bench()
      source.next(new SourceError('ERR_MINT_FAILED', 'down', { retryAfterMs }))
      const error = await failure(() => injector.inject(callersRequest(), new Answer()))
      expect((error as RequestError).headers).toEqual({})
    },
  )

  it('leaves no credentials where the source throws what is none of ours, and hands that on', async () => {
    const { injector, source } = bench()
    const bug = new TypeError('a bug')
    source.next(bug)
    const request = callersRequest()
    expect(await failure(() => injector.inject(request, new Answer()))).toBe(bug)
    expect(JSON.stringify(request)).not.toContain('callers-own')
  })

  it('drops a token that is answered with 401, and no other', async () => {
    const { injector, source } = bench()
    for (const status of [200, 403, 500, 401]) {
      const answer = new Answer()
      await injector.inject(callersRequest(), answer)
      answer.finish(status)
    }
    expect(source.invalidated).toEqual(['token-4'])
  })

  it('tells why each answer that refuses was refused, and of no other', async () => {
    const told: unknown[] = []
    const observe = (event: BearerEvent): void => {
      if (event.type === 'refused') told.push([event.diagnosis.status, event.outcome])
    }
    const { injector } = bench({ observe })
    for (const status of [200, 404, 403, 429, 500, 401]) {
      const answer = new Answer()
      await injector.inject(callersRequest(), answer)
      answer.finish(status)
    }
    expect(told).toEqual([
      [403, 'token-kept'],
      [429, 'token-kept'],
      [401, 'not-resent'],
    ])
  })

  it('drops nothing where answers are not watched', async () => {
    const { injector, source } = bench({ watchResponses: false })
    const answer = new Answer()
    await injector.inject(callersRequest(), answer)
    answer.finish(401)
    expect(source.invalidated).toEqual([])
  })

  it('dates the next token by the Date of an answer that refused one', async () => {
    const clock = new FakeClock()
    const clocks = new LearnedClocks(clock)
    const { injector, source } = bench({ clock, clocks })
    const date = new Date(clock.now() + 90_000).toUTCString()
    const answer = new Answer()
    await injector.inject(callersRequest(), answer)
    answer.finish(401, { date })
    expect(clocks.offsets()).toEqual({ [API]: 90_500 })
    await injector.inject(callersRequest(), new Answer())
    expect(source.calls.at(-1)?.clock?.now()).toBe(clock.now() + 90_500)
  })

  it.each<[options: InjectOptions, message: RegExp]>([
    [{ upstream: 'https://other.example.com' }, /"upstream" must be at one of the origins/],
    [{ origins: [API, 'https://b.example'] }, /say with "upstream" which of them/],
    [{ origins: [] }, /they go to no origin at all/],
    [{ keepHeaders: ['Authorization'] }, /always replaced/],
    [{ keepHeader: [] } as InjectOptions, /Did you mean "keepHeaders"/],
    [{ dpop: new DpopProver() } as InjectOptions, /cannot send proofs.*bearerFetch/s],
  ])('refuses the options %o', (options, message) => {
    expect(() => bench(options)).toThrow(message)
  })
})

describe('A bearer injector that chooses the source for each request', () => {
  type Choose = (tenant: string) => TokenSource | Promise<TokenSource>

  function tenants(...names: readonly string[]): ReadonlyMap<string, ScriptedSource> {
    const clock = new FakeClock()
    return new Map(
      names.map((name) => {
        const source = new ScriptedSource({ clock })
        source.getToken = async () => source.token(`token-of-${name}`)
        return [name, source]
      }),
    )
  }

  function chooser(sources: ReadonlyMap<string, TokenSource>): Choose {
    return (tenant) => {
      const source = sources.get(tenant)
      if (source !== undefined) return source
      throw new RequestError('ERR_REQUEST_INVALID', 'No such tenant.', {
        reason: 'request_invalid',
        status: 404,
      })
    }
  }

  it('gives each the token of its own', async () => {
    const injector = new BearerInjector<string>(chooser(tenants('a', 'b')))
    const requests = { a: callersRequest(), b: callersRequest() }
    await Promise.all([
      injector.inject(requests.a, new Answer(), 'a'),
      injector.inject(requests.b, new Answer(), 'b'),
    ])
    expect(requests.a.headers['authorization']).toBe('Bearer token-of-a')
    expect(requests.b.headers['authorization']).toBe('Bearer token-of-b')
  })

  it('drops the token of the tenant that was refused', async () => {
    const sources = tenants('a', 'b')
    const injector = new BearerInjector<string>(chooser(sources))
    const answer = new Answer()
    await injector.inject(callersRequest(), answer, 'a')
    await injector.inject(callersRequest(), new Answer(), 'b')
    answer.finish(401)
    expect(sources.get('a')?.invalidated).toEqual(['token-of-a'])
    expect(sources.get('b')?.invalidated).toEqual([])
  })

  it('can look at the caller’s credentials, which are gone all the same when it fails', async () => {
    const seen: unknown[] = []
    const injector = new BearerInjector<EditableRequest>(async (request) => {
      seen.push(request.headers['authorization'])
      return chooser(new Map())('nobody')
    })
    const request = callersRequest()
    const error = await failure(() => injector.inject(request, new Answer(), request))
    expect(error).toHaveProperty('status', 404)
    expect(seen).toEqual(['Bearer callers-own'])
    expect(JSON.stringify(request)).not.toContain('callers-own')
  })

  it('answers 503 where the pool was closed, and hands on mistakes in code', async () => {
    const closed = new BearerInjector<void>(() => {
      throw new MayflyError('ERR_CLOSED', 'This token pool was closed.')
    })
    expect(await failure(() => closed.inject(callersRequest(), new Answer()))).toMatchObject({
      status: 503,
    })
    const wrong = new BearerInjector<void>(() => ({}) as TokenSource)
    expect(await failure(() => wrong.inject(callersRequest(), new Answer()))).toMatchObject({
      name: 'OptionError',
      option: 'source',
    })
  })

  it('has one learned clock for all tenants of a server', async () => {
    const clock = new FakeClock()
    const sources = tenants('a', 'b')
    const clocks: number[] = []
    const b = sources.get('b')
    if (b === undefined) throw new Error('no tenant')
    b.getToken = async (options) => {
      clocks.push(options?.clock?.now() ?? 0)
      return b.token('token-of-b')
    }
    const injector = new BearerInjector<string>(chooser(sources), { clock })
    const answer = new Answer()
    await injector.inject(callersRequest(), answer, 'a')
    answer.finish(401, { date: new Date(clock.now() + 90_000).toUTCString() })
    await injector.inject(callersRequest(), new Answer(), 'b')
    expect(clocks).toEqual([clock.now() + 90_500])
  })
})
