import { type BearerEvent, bearerFetch, TokenManager } from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { ScriptedSource } from '../../support/scripted-source.ts'
import { answer, redirect, type Respond, startUpstream } from '../../support/upstream.ts'

async function setUp(respond: Respond, options: { readonly failureCooldown?: number } = {}) {
  const upstream = await startUpstream(respond)
  const clock = new FakeClock(Date.now())
  const source = new ScriptedSource({ clock, origins: [upstream.origin] })
  const dropped: string[] = []
  const manager = new TokenManager(source, {
    clock,
    random: () => 0,
    observe: (event) => void (event.type === 'invalidate' && dropped.push(event.fallback)),
    ...options,
  })
  const events: BearerEvent[] = []
  const fetch = bearerFetch(manager, { clock, observe: (event) => void events.push(event) })
  const sent = (): (string | undefined)[] =>
    upstream.seen.map(({ authorization }) => authorization?.replace('Bearer ', ''))
  return { upstream, clock, source, manager, dropped, events, fetch, sent }
}

/** Accepts every token but those. */
function refuse(...values: string[]): Respond {
  const refused = new Set(values.map((value) => `Bearer ${value}`))
  return ({ authorization = '', body }, response) =>
    answer(response, refused.has(authorization) ? 401 : 200, body)
}

describe('a 401', () => {
  it('leads to one new token and one more try', async () => {
    const { upstream, fetch, sent, events } = await setUp(refuse('token-1'))
    await using _ = upstream
    const response = await fetch(`${upstream.origin}/v1/apps`)
    expect(response.status).toBe(200)
    expect(sent()).toEqual(['token-1', 'token-2'])
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'refused', origin: upstream.origin, outcome: 'resent' }),
    )
  })

  it('for 50 requests at once with one token leads to exactly one mint and 50 answers of 200', async () => {
    const { upstream, source, fetch, sent } = await setUp(refuse('token-1'))
    await using _ = upstream
    const responses = await Promise.all(
      Array.from({ length: 50 }, () => fetch(`${upstream.origin}/v1/apps`)),
    )
    expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200))
    expect(source.mints).toBe(2)
    expect(sent().filter((value) => value === 'token-1')).toHaveLength(50)
  })

  it('is answered by one more try in the life of a request, its redirects included', async () => {
    let answers = 0
    const { upstream, fetch, sent } = await setUp((request, response) => {
      answers++
      if (answers === 1) answer(response, 401)
      else if (request.url === '/') redirect(response, 302, '/next')
      else answer(response, 401)
    })
    await using _ = upstream
    expect((await fetch(upstream.origin)).status).toBe(401)
    expect(sent()).toEqual(['token-1', 'token-2', 'token-2'])
  })

  it('that comes again is returned to the caller', async () => {
    const { upstream, fetch, sent } = await setUp((_request, response) =>
      answer(response, 401, 'no'),
    )
    await using _ = upstream
    const response = await fetch(upstream.origin)
    expect(response.status).toBe(401)
    expect(await response.text()).toBe('no')
    expect(sent()).toEqual(['token-1', 'token-2'])
  })

  it('is returned with its body when no other token can be had', async () => {
    const { upstream, source, fetch, sent, events } = await setUp((_request, response) =>
      answer(response, 401, 'no'),
    )
    await using _ = upstream
    source.next('mint', new Error('down'))
    const response = await fetch(upstream.origin)
    expect(response.status).toBe(401)
    expect(await response.text()).toBe('no')
    expect(sent()).toEqual(['token-1'])
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'refused', outcome: 'no-other-token' }),
    )
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'token-failed', code: 'ERR_MINT_FAILED' }),
    )
  })

  it('does not lead to the same token once more', async () => {
    const { upstream, source, fetch, sent } = await setUp((_request, response) =>
      answer(response, 401),
    )
    await using _ = upstream
    const stubborn = source.token('stubborn')
    const plain = bearerFetch({
      id: 'stubborn',
      origins: [upstream.origin],
      getToken: async () => stubborn,
    })
    expect((await plain(upstream.origin)).status).toBe(401)
    expect(sent()).toEqual(['stubborn'])
    await fetch(upstream.origin)
  })

  it('from a 403 does not follow: the token is kept', async () => {
    const { upstream, source, fetch } = await setUp((_request, response) => answer(response, 403))
    await using _ = upstream
    expect((await fetch(upstream.origin)).status).toBe(403)
    expect((await fetch(upstream.origin)).status).toBe(403)
    expect(source.mints).toBe(1)
  })

  it('is final where the caller brought an Authorization header of its own', async () => {
    const { upstream, source, fetch, sent } = await setUp((_request, response) =>
      answer(response, 401),
    )
    await using _ = upstream
    const headers = { authorization: 'Basic b3du' }
    expect((await fetch(upstream.origin, { headers })).status).toBe(401)
    expect(sent()).toEqual(['Basic b3du'])
    expect(source.mints).toBe(0)
  })

  it('passes on the caller’s abort while the new token is awaited', async () => {
    const { upstream, source, fetch } = await setUp(refuse('token-1'))
    await using _ = upstream
    const caller = new AbortController()
    source.next('mint', async () => {
      caller.abort(new Error('gone'))
      return source.token('late')
    })
    await expect(fetch(upstream.origin, { signal: caller.signal })).rejects.toThrow('gone')
  })
})

describe('sending again', () => {
  const bytes = new TextEncoder().encode('payload')
  const form = (): FormData => {
    const data = new FormData()
    data.set('field', 'payload')
    return data
  }
  const bodies: readonly [string, () => RequestInit['body']][] = [
    ['no body', () => undefined],
    ['a string', () => 'payload'],
    ['bytes', () => bytes],
    ['a view of bytes', () => new DataView(bytes.buffer)],
    ['an ArrayBuffer', () => bytes.buffer],
    ['URLSearchParams', () => new URLSearchParams({ field: 'payload' })],
    ['FormData', form],
    ['a Blob', () => new Blob(['payload'])],
  ]
  for (const [what, body] of bodies) {
    it(`works with ${what}`, async () => {
      const { upstream, fetch } = await setUp(refuse('token-1'))
      await using _ = upstream
      const content = body()
      const init = content === undefined ? {} : { method: 'POST', body: content }
      const response = await fetch(upstream.origin, init)
      expect(response.status).toBe(200)
      expect(upstream.seen[1]?.body).toContain(content === undefined ? '' : 'payload')
      expect(upstream.seen[1]?.headers['transfer-encoding']).toBeUndefined()
    })
  }

  it('works with a Request that has a body, and keeps its length', async () => {
    const { upstream, fetch } = await setUp(refuse('token-1'))
    await using _ = upstream
    const request = new Request(`${upstream.origin}/things`, {
      method: 'POST',
      body: JSON.stringify({ name: 'payload' }),
      headers: { 'content-type': 'application/json', 'x-own': 'kept' },
    })
    expect((await fetch(request)).status).toBe(200)
    expect(upstream.seen).toHaveLength(2)
    expect(upstream.seen[1]).toMatchObject({
      method: 'POST',
      url: '/things',
      body: '{"name":"payload"}',
      headers: { 'content-type': 'application/json', 'content-length': '18', 'x-own': 'kept' },
    })
  })

  it('lets init override a Request, as fetch does', async () => {
    const { upstream, fetch } = await setUp(refuse())
    await using _ = upstream
    const request = new Request(upstream.origin, { method: 'POST', body: 'from the request' })
    await fetch(request, { method: 'PUT', body: 'from init', headers: { 'x-own': 'init' } })
    expect(upstream.seen[0]).toMatchObject({ method: 'PUT', body: 'from init' })
    expect(upstream.seen[0]?.headers['x-own']).toBe('init')
  })

  it('does not happen with a stream: its 401 is returned as it is, and the token dropped', async () => {
    const { upstream, source, fetch, sent, events } = await setUp(refuse('token-1'))
    await using _ = upstream
    const stream = (): ReadableStream => new Blob(['payload']).stream()
    const init = { method: 'POST', body: stream(), duplex: 'half' as const }
    expect((await fetch(upstream.origin, init)).status).toBe(401)
    expect(sent()).toEqual(['token-1'])
    expect(events.at(-1)).toMatchObject({ type: 'refused', outcome: 'not-resent' })
    expect((await fetch(upstream.origin, { ...init, body: stream() })).status).toBe(200)
    expect(source.mints).toBe(2)
  })

  it('does not hold a long Request body in memory: it stays a stream', async () => {
    const { upstream, fetch, sent } = await setUp((request, response) =>
      answer(response, 401, String(request.body.length)),
    )
    await using _ = upstream
    const body = 'x'.repeat(1024 * 1024 + 70_000)
    const response = await fetch(new Request(upstream.origin, { method: 'POST', body }))
    expect(await response.text()).toBe(String(body.length))
    expect(sent()).toEqual(['token-1'])
  })
})

describe('make before break', () => {
  it('uses the previous token when a new one is refused at its first use, and mints again behind', async () => {
    const { upstream, clock, source, fetch, sent, dropped } = await setUp(refuse('token-2'))
    await using _ = upstream
    expect((await fetch(upstream.origin)).status).toBe(200)
    clock.advance(1_000_000)
    await fetch(upstream.origin)
    const response = await fetch(upstream.origin)
    expect(response.status).toBe(200)
    expect(sent()).toEqual(['token-1', 'token-1', 'token-2', 'token-1'])
    expect(dropped).toEqual(['previous'])
    expect(source.mints).toBe(3)
    expect((await fetch(upstream.origin)).status).toBe(200)
    expect(sent().at(-1)).toBe('token-3')
    expect(source.mints).toBe(3)
  })

  it('does not go back to a token that was refused since it had worked', async () => {
    let revoked = ''
    const { upstream, clock, fetch, sent } = await setUp(({ authorization = '' }, response) =>
      answer(response, authorization === revoked || authorization === 'Bearer token-2' ? 401 : 200),
    )
    await using _ = upstream
    await fetch(upstream.origin)
    revoked = 'Bearer token-1'
    expect((await fetch(upstream.origin)).status).toBe(401)
    clock.advance(5000)
    expect((await fetch(upstream.origin)).status).toBe(200)
    expect(sent()).toEqual(['token-1', 'token-1', 'token-2', 'token-2', 'token-3'])
  })

  it('knows of a refusal that another wrapper of the manager met with', async () => {
    const revoked = new Set<string>()
    const { upstream, manager, clock, fetch, sent } = await setUp(
      ({ authorization = '' }, response) =>
        answer(response, revoked.has(authorization) ? 401 : 200),
    )
    await using _ = upstream
    const other = bearerFetch(manager, { clock })
    expect((await fetch(upstream.origin)).status).toBe(200)
    revoked.add('Bearer token-1')
    expect((await other(upstream.origin)).status).toBe(200)
    revoked.add('Bearer token-2')
    expect((await fetch(upstream.origin)).status).toBe(200)
    expect(sent()).toEqual(['token-1', 'token-1', 'token-2', 'token-2', 'token-3'])
  })

  it('does not go back to a token that has ended by the server’s clock', async () => {
    const { upstream, clock, fetch, sent } = await setUp(refuse('token-2'))
    await using _ = upstream
    await fetch(upstream.origin)
    clock.advance(1_200_001)
    expect((await fetch(upstream.origin)).status).toBe(200)
    expect(sent()).toEqual(['token-1', 'token-2', 'token-3'])
  })
})
