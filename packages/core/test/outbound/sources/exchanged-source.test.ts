import { SourceError } from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import {
  exchangedSource,
  type ExchangedSourceOptions,
} from '../../../src/outbound/sources/exchanged-source.ts'
import { failure } from '../../support/inbound.ts'
import { type Respond, startUpstream, type Upstream } from '../../support/upstream.ts'

const API = 'https://api.example.com'

function source(server: Upstream, options: Partial<ExchangedSourceOptions> = {}) {
  const url = new URL('/token', server.origin)
  return exchangedSource({
    id: 'test:1',
    origins: [API],
    request: () => ({ url, body: new URLSearchParams({ grant_type: 'client_credentials' }) }),
    ...options,
  })
}

function json(status: number, body: unknown, headers: Record<string, string> = {}): Respond {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
}

const GOOD = { access_token: 'opaque-1', token_type: 'Bearer', expires_in: 3600 }

describe('exchangedSource', () => {
  it('gives the token of the answer, with its end counted from before the request was sent', async () => {
    const clock = new FakeClock()
    await using server = await startUpstream((request, response) => {
      clock.advance(5000)
      json(200, GOOD)(request, response)
    })
    const token = await source(server, { clock }).getToken()
    expect(token).toMatchObject({
      value: 'opaque-1',
      issuedAt: 1_700_000_000,
      expiresAt: 1_700_003_600,
      origins: [API],
    })
  })

  it('counts by the clock that the caller judges the token by', async () => {
    const clock = new FakeClock()
    const ahead = { now: () => clock.now() + 7_200_000 }
    await using server = await startUpstream(json(200, GOOD))
    const token = await source(server, { clock }).getToken({ clock: ahead })
    expect(token.issuedAt).toBe(1_700_007_200)
  })

  it('sends a form once, and no more', async () => {
    await using server = await startUpstream(json(200, GOOD))
    await source(server).getToken()
    expect(server.seen).toHaveLength(1)
    expect(server.seen[0]).toMatchObject({
      method: 'POST',
      url: '/token',
      body: 'grant_type=client_credentials',
    })
    expect(server.seen[0]?.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/)
    expect(server.seen[0]?.headers['accept']).toBe('application/json')
  })

  it('takes an end that is a date by the server’s own clock', async () => {
    const clock = new FakeClock()
    const date = new Date(clock.now() - 3_600_000).toUTCString()
    await using server = await startUpstream(json(200, {}, { date }))
    const read = () => ({ value: 'opaque', expiresAt: clock.now() / 1000 - 3600 + 600 })
    expect((await source(server, { clock, read }).getToken()).expiresAt).toBe(1_700_000_600)
  })
})

describe('exchangedSource rejects', () => {
  const verdicts: readonly [string, Respond, object][] = [
    ['invalid_client', json(401, { error: 'invalid_client' }), { permanent: true }],
    ['invalid_grant', json(400, { error: 'invalid_grant' }), { permanent: true }],
    ['unauthorized_client', json(400, { error: 'unauthorized_client' }), { permanent: true }],
    ['invalid_scope', json(400, { error: 'invalid_scope' }), { permanent: true }],
    ['unsupported_grant_type', json(400, { error: 'unsupported_grant_type' }), { permanent: true }],
    ['invalid_target', json(400, { error: 'invalid_target' }), { permanent: true }],
    ['a code that nobody knows', json(400, { error: 'out_of_coffee' }), { permanent: false }],
    ['a 4xx without a code', json(403, 'Forbidden'), { permanent: false }],
    ['slow_down', json(400, { error: 'slow_down' }), { permanent: false }],
    [
      '429 with seconds, whatever its code',
      json(429, { error: 'invalid_request' }, { 'retry-after': '7' }),
      { permanent: false, retryAfterMs: 7000 },
    ],
    [
      '503 with a date',
      json(
        503,
        {},
        {
          date: 'Tue, 14 Nov 2023 22:00:00 GMT',
          'retry-after': 'Tue, 14 Nov 2023 22:00:30 GMT',
        },
      ),
      { code: 'ERR_MINT_FAILED', permanent: false, retryAfterMs: 30_000 },
    ],
    ['500 with a code', json(500, { error: 'invalid_client' }), { permanent: false }],
    ['200 that is no JSON', json(200, '<html>'), { code: 'ERR_MINT_FAILED', permanent: false }],
    ['200 without a token', json(200, { expires_in: 1 }), { code: 'ERR_TOKEN_UNUSABLE' }],
    ['200 without an end', json(200, { access_token: 'a' }), { code: 'ERR_TOKEN_UNUSABLE' }],
    ['an end that is now', json(200, { ...GOOD, expires_in: 0 }), { code: 'ERR_TOKEN_UNUSABLE' }],
    ['milliseconds', json(200, { ...GOOD, expires_in: 1e12 }), { code: 'ERR_TOKEN_UNUSABLE' }],
    ['another type', json(200, { ...GOOD, token_type: 'mac' }), { code: 'ERR_TOKEN_UNUSABLE' }],
    ['a line end', json(200, { ...GOOD, access_token: 'a\nb' }), { code: 'ERR_TOKEN_UNUSABLE' }],
    [
      'more than a token can be',
      json(200, { ...GOOD, more: 'x'.repeat(262_144) }),
      { code: 'ERR_MINT_FAILED' },
    ],
  ]
  for (const [what, respond, expected] of verdicts) {
    it(`${what}, and says whether another try can help`, async () => {
      await using server = await startUpstream(respond)
      const error = await failure(() => source(server).getToken())
      expect(error).toBeInstanceOf(SourceError)
      expect(error).toMatchObject({ name: 'SourceError', ...expected })
      expect((error as Error).message).toContain(`${server.origin}/token`)
    })
  }

  it('a redirect, which it does not follow', async () => {
    await using elsewhere = await startUpstream(json(200, GOOD))
    await using server = await startUpstream(
      json(307, '', { location: `${elsewhere.origin}/steal?secret=1` }),
    )
    const error = await failure(() => source(server).getToken())
    expect(error).toMatchObject({ code: 'ERR_MINT_FAILED', permanent: false })
    expect((error as Error).message).toContain(elsewhere.origin)
    expect((error as Error).message).not.toContain('secret')
    expect(elsewhere.seen).toEqual([])
  })

  it('a server that is not there', async () => {
    const server = await startUpstream(json(200, GOOD))
    const gone = source(server)
    await server[Symbol.asyncDispose]()
    const error = await failure(() => gone.getToken())
    expect(error).toMatchObject({ code: 'ERR_MINT_FAILED', permanent: false })
    expect((error as Error).cause).toBeInstanceOf(TypeError)
  })

  it('an answer whose body never ends, when its time is over', async () => {
    const clock = new FakeClock()
    await using server = await startUpstream((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"access_token":')
    })
    const passing: typeof fetch = async (...call) => {
      const response = await fetch(...call)
      setImmediate(() => clock.advance(3000))
      return response
    }
    const waiting = failure(() =>
      source(server, { clock, timeoutMs: 3000, fetch: passing }).getToken(),
    )
    expect(await waiting).toMatchObject({ code: 'ERR_MINT_TIMEOUT', permanent: false })
  })

  it('a fetch that ignores its signal, when its time is over', async () => {
    const clock = new FakeClock()
    await using server = await startUpstream(json(200, GOOD))
    const signals: (AbortSignal | null | undefined)[] = []
    const deaf: typeof fetch = (_, init) => {
      signals.push(init?.signal)
      return new Promise(() => {})
    }
    const waiting = failure(() =>
      source(server, { clock, timeoutMs: 1000, fetch: deaf }).getToken(),
    )
    await new Promise(setImmediate)
    clock.advance(999)
    expect(signals.map((signal) => signal?.aborted)).toEqual([false])
    clock.advance(1)
    expect(await waiting).toMatchObject({ code: 'ERR_MINT_TIMEOUT' })
    expect(signals.map((signal) => signal?.aborted)).toEqual([true])
  })

  it('with the caller’s own reason when the caller gives up', async () => {
    await using server = await startUpstream(() => {})
    const controller = new AbortController()
    const waiting = failure(() => source(server).getToken({ signal: controller.signal }))
    const reason = new Error('gone')
    await new Promise(setImmediate)
    controller.abort(reason)
    expect(await waiting).toBe(reason)
  })

  it('options that cannot be, when the source is made', async () => {
    await using server = await startUpstream(json(200, GOOD))
    const bad: readonly [Partial<ExchangedSourceOptions>, string][] = [
      [{ timeoutMs: 0 }, 'timeoutMs'],
      [{ timeoutMs: Number.NaN }, 'timeoutMs'],
      [{ timeoutMs: 3_600_001 }, 'timeoutMs'],
      [{ fetch: 'fetch' as never }, 'fetch'],
      [{ origins: ['http://example.com'] }, 'origins'],
    ]
    for (const [options, option] of bad) {
      expect(() => source(server, options)).toThrow(expect.objectContaining({ option }))
    }
  })
})

describe('exchangedSource on a wrong clock', () => {
  const HOUR = 3_600_000

  it('makes a dated request once more by the server’s time, and by it from the start later', async () => {
    const clock = new FakeClock()
    const date = new Date(clock.now() + HOUR).toUTCString()
    await using server = await startUpstream((request, response) => {
      const dated = Number(request.body)
      const good = Math.abs(dated - (clock.now() + HOUR)) < 60_000
      json(good ? 200 : 400, good ? GOOD : { error: 'invalid_grant' }, { date })(request, response)
    })
    const url = new URL(server.origin)
    const dated = source(server, {
      clock,
      dated: true,
      request: (asking) => ({ url, body: String(asking.clock.now()) }),
    })
    await dated.getToken()
    expect(server.seen).toHaveLength(2)
    await dated.getToken()
    expect(server.seen).toHaveLength(3)
  })

  it('asks no third time, and names the difference', async () => {
    const clock = new FakeClock()
    const date = new Date(clock.now() + HOUR).toUTCString()
    await using server = await startUpstream(json(400, { error: 'invalid_grant' }, { date }))
    const dated = source(server, { clock, dated: true })
    const error = await failure(() => dated.getToken())
    expect(server.seen).toHaveLength(2)
    // The server's time was tried, and was not what it was about.
    expect((error as Error).message).not.toMatch(/local clock/)
  })

  it('asks no third time of a server whose clock jumps with every answer', async () => {
    const clock = new FakeClock()
    let hours = 0
    await using server = await startUpstream((request, response) => {
      const date = new Date(clock.now() + ++hours * HOUR).toUTCString()
      json(400, { error: 'invalid_grant' }, { date })(request, response)
    })
    await failure(() => source(server, { clock, dated: true }).getToken())
    expect(server.seen).toHaveLength(2)
  })

  it('takes no failure of the server’s own for a verdict on its clock', async () => {
    const clock = new FakeClock()
    const date = new Date(clock.now() + HOUR).toUTCString()
    await using server = await startUpstream(json(501, {}, { date }))
    await failure(() => source(server, { clock, dated: true }).getToken())
    expect(server.seen).toHaveLength(1)
  })

  it('does not repeat what was not dated here', async () => {
    const clock = new FakeClock()
    const date = new Date(clock.now() - HOUR).toUTCString()
    await using server = await startUpstream(json(400, { error: 'invalid_grant' }, { date }))
    const error = await failure(() => source(server, { clock }).getToken())
    expect(server.seen).toHaveLength(1)
    expect((error as Error).message).toMatch(/ahead of the server/)
  })
})
