import type { ServerResponse } from 'node:http'
import { bearerFetch, type RefusalResponse, TokenManager } from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { ScriptedSource, settle } from '../../support/scripted-source.ts'
import { answer, type Respond, startUpstream } from '../../support/upstream.ts'

const EXPIRED = '{"reason":"ExpiredProviderToken"}'

async function setUp(respond: Respond) {
  const upstream = await startUpstream(respond)
  const clock = new FakeClock(Date.now())
  const asked: RefusalResponse[] = []
  const isRefusal = (suspect: RefusalResponse): boolean => {
    asked.push(suspect)
    return suspect.status === 403 && suspect.body === EXPIRED
  }
  const scripted = new ScriptedSource({ clock, origins: [upstream.origin] })
  const source = Object.assign(scripted, { isRefusal })
  const manager = new TokenManager(source, { clock, random: () => 0 })
  const fetch = bearerFetch(manager, { clock })
  const sent = (): (string | undefined)[] =>
    upstream.seen.map(({ authorization }) => authorization?.replace('Bearer ', ''))
  return { upstream, clock, source, fetch, sent, asked }
}

/** Answers the first token with a status and a body, and every other with 200. */
function refuseFirst(status: number, body: string): Respond {
  return ({ authorization }, response) =>
    authorization === 'Bearer token-1' ? answer(response, status, body) : answer(response, 200)
}

describe('an answer that the source says refuses the token', () => {
  it('leads to one new token and one more try, as a 401 does', async () => {
    const { upstream, fetch, sent, asked } = await setUp(refuseFirst(403, EXPIRED))
    await using _ = upstream
    expect((await fetch(upstream.origin)).status).toBe(200)
    expect(sent()).toEqual(['token-1', 'token-2'])
    expect(asked).toMatchObject([{ status: 403, body: EXPIRED }])
    expect(asked[0]?.headers.get('content-type')).toBe('text/plain')
  })

  it('that comes again is returned with its body unread', async () => {
    const { upstream, fetch, sent } = await setUp((_request, response) =>
      answer(response, 403, EXPIRED),
    )
    await using _ = upstream
    const response = await fetch(upstream.origin)
    expect(response.bodyUsed).toBe(false)
    expect(await response.text()).toBe(EXPIRED)
    expect(sent()).toEqual(['token-1', 'token-2'])
  })

  it('makes the token before it the one that is used again', async () => {
    const { upstream, clock, fetch, sent } = await setUp(({ authorization }, response) =>
      authorization === 'Bearer token-2' ? answer(response, 403, EXPIRED) : answer(response, 200),
    )
    await using _ = upstream
    await fetch(upstream.origin)
    clock.advanceSeconds(1000)
    await fetch(upstream.origin)
    await settle()
    expect((await fetch(upstream.origin)).status).toBe(200)
    expect(sent()).toEqual(['token-1', 'token-1', 'token-2', 'token-1'])
  })

  it('drops the token where the body cannot be sent again', async () => {
    const { upstream, source, fetch } = await setUp(refuseFirst(403, EXPIRED))
    await using _ = upstream
    const body = new Blob(['x']).stream()
    const init = { method: 'POST', body, duplex: 'half' as const }
    expect((await fetch(upstream.origin, init)).status).toBe(403)
    expect(source.invalidated).toEqual(['token-1'])
  })

  it('is used no more as one that had been accepted', async () => {
    let refused = false
    const { upstream, clock, source, fetch, sent } = await setUp(({ authorization }, response) =>
      refused && authorization !== 'Bearer token-3'
        ? answer(response, 403, EXPIRED)
        : answer(response, 200),
    )
    await using _ = upstream
    await fetch(upstream.origin)
    refused = true
    expect((await fetch(upstream.origin)).status).toBe(403)
    clock.advance(5000)
    expect((await fetch(upstream.origin)).status).toBe(200)
    expect(sent()).toEqual(['token-1', 'token-1', 'token-2', 'token-2', 'token-3'])
    expect(source.mints).toBe(3)
  })
})

describe('an answer to the second try that the source says refuses the token', () => {
  it('ends the use of the token before, too', async () => {
    let refused = false
    const { upstream, clock, fetch, sent } = await setUp((_request, response) =>
      answer(response, refused ? 403 : 200, EXPIRED),
    )
    await using _ = upstream
    await fetch(upstream.origin)
    clock.advanceSeconds(1000)
    await fetch(upstream.origin)
    await settle()
    refused = true
    expect((await fetch(upstream.origin)).status).toBe(403)
    await settle()
    clock.advance(5000)
    expect((await fetch(upstream.origin)).status).toBe(403)
    expect(sent().slice(2)).toEqual(['token-2', 'token-1', 'token-3', 'token-4'])
  })
})

describe('an answer that the source does not say that of', () => {
  it.each([
    [403, '{"reason":"Forbidden"}'],
    [400, EXPIRED],
    [429, ''],
  ])('is returned as it came: %i %s', async (status, body) => {
    const { upstream, source, fetch } = await setUp(refuseFirst(status, body))
    await using _ = upstream
    const response = await fetch(upstream.origin)
    expect(response.status).toBe(status)
    expect(await response.text()).toBe(body)
    expect(source.mints).toBe(1)
  })

  it.each([200, 204, 401, 500, 503])('is not even shown to it: %i', async (status) => {
    const { upstream, fetch, asked } = await setUp(refuseFirst(status, ''))
    await using _ = upstream
    await fetch(upstream.origin)
    expect(asked).toEqual([])
  })

  it('comes from the caller’s own credentials, and is not asked about', async () => {
    const { upstream, fetch, asked } = await setUp((_request, response) => answer(response, 403))
    await using _ = upstream
    await fetch(upstream.origin, { headers: { authorization: 'Basic b3du' } })
    expect(asked).toEqual([])
  })

  it('is longer than it is shown, and still whole for the caller', async () => {
    const long = EXPIRED + ' '.repeat(100_000)
    const { upstream, fetch, asked } = await setUp(refuseFirst(403, long))
    await using _ = upstream
    expect(await (await fetch(upstream.origin)).text()).toBe(long)
    expect(asked).toMatchObject([{ status: 403, body: '' }])
  })

  it('has a body that does not end, and is handed out without it after two seconds', async () => {
    const begun: ServerResponse[] = []
    const { upstream, clock, source, asked } = await setUp((_request, response) => {
      response.writeHead(403).write(EXPIRED)
      begun.push(response)
    })
    await using _ = upstream
    let waitsMs: readonly number[] = []
    const watched = {
      now: () => clock.now(),
      timeout: (ms: number) => {
        waitsMs = [...waitsMs, ms]
        return clock.timeout(ms)
      },
    }
    const pending = bearerFetch(source, { clock: watched })(upstream.origin)
    while (waitsMs.length === 0) await settle()
    expect(waitsMs).toEqual([2000])
    clock.advance(2000)
    const response = await pending
    expect(response.status).toBe(403)
    expect(asked).toMatchObject([{ body: '' }])
    begun[0]?.end('!')
    expect(await response.text()).toBe(`${EXPIRED}!`)
  })
})
