import { BearerInjector, type BearerEvent, bearerFetch, TokenManager } from '@mayfly/core'
import { type EditableRequest } from '@mayfly/core/adapter'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { runProgram } from '../../support/child.ts'
import { failure } from '../../support/inbound.ts'
import { ScriptedSource, settle } from '../../support/scripted-source.ts'
import { answer, type Respond, startUpstream } from '../../support/upstream.ts'

interface Options {
  /** How far the server's clock is ahead, in milliseconds. */
  readonly offsetMs?: number
  /** Lets no time pass in a pause. */
  readonly hold?: boolean
}

async function setUp(respond: Respond, { offsetMs = 0, hold = false }: Options = {}) {
  const clock = new FakeClock(Math.floor(Date.now() / 1000) * 1000)
  const upstream = await startUpstream((request, response) => {
    response.setHeader('date', new Date(clock.now() + offsetMs).toUTCString())
    respond(request, response)
  })
  const scripted = new ScriptedSource({ clock, origins: [upstream.origin] })
  const source = Object.assign(scripted, { propagationDelay: 5 })
  const manager = new TokenManager(source, { clock, random: () => 0 })
  const startedAt = clock.now()
  const sentAt: number[] = []
  const outcomes: string[] = []
  const observe = (event: BearerEvent): void => {
    if (event.type === 'response') sentAt.push((clock.now() - startedAt) / 1000)
    if (event.type !== 'refused') return
    outcomes.push(event.outcome)
    if (event.outcome === 'same-token' && !hold) setImmediate(() => clock.advance(nextPause()))
  }
  const nextPause = (): number =>
    outcomes.filter((outcome) => outcome === 'same-token').length * 1000
  const fetch = bearerFetch(manager, { clock, observe })
  const sent = (): (string | undefined)[] =>
    upstream.seen.map(({ authorization }) => authorization?.replace('Bearer ', ''))
  return { upstream, clock, source, manager, fetch, sent, sentAt, outcomes }
}

/** Refuses the first so many requests. */
function refuse(count: number): Respond {
  let left = count
  return (_, response) => answer(response, left-- > 0 ? 401 : 200)
}

describe('a new token that the server does not know yet', () => {
  it('is sent again after a second, with the same body', async () => {
    const { upstream, manager, fetch, sent, outcomes } = await setUp(refuse(1))
    await using _ = upstream
    const response = await fetch(upstream.origin, { method: 'POST', body: 'hello' })
    expect(response.status).toBe(200)
    expect(sent()).toEqual(['token-1', 'token-1'])
    expect(upstream.seen.map(({ body }) => body)).toEqual(['hello', 'hello'])
    expect(outcomes).toEqual(['same-token'])
    expect(manager.stats()).toMatchObject({ mints: 1, rejected: 0 })
  })

  it('is sent for the last time after six seconds, and is dropped then', async () => {
    const { upstream, manager, fetch, sent, sentAt, outcomes } = await setUp(refuse(4))
    await using _ = upstream
    expect((await fetch(upstream.origin)).status).toBe(401)
    expect(sentAt).toEqual([0, 1, 3, 6])
    expect(outcomes).toEqual(['same-token', 'same-token', 'same-token', 'not-resent'])
    expect(manager.stats()).toMatchObject({ mints: 1, rejected: 1 })
    expect((await fetch(upstream.origin)).status).toBe(200)
    expect(sent().at(-1)).toBe('token-2')
  })

  it('is known by its age on the clock that it was dated by', async () => {
    for (const offsetMs of [-7_200_000, 7_200_000]) {
      const { upstream, fetch, sent } = await setUp(refuse(2), { offsetMs })
      await using _ = upstream
      expect((await fetch(upstream.origin)).status).toBe(200)
      expect(sent()).toEqual(['token-1', 'token-1', 'token-1'])
    }
  })

  it('is no longer new after its time: another one is sent then, at once', async () => {
    const { upstream, clock, manager, fetch, sent, outcomes } = await setUp(refuse(1))
    await using _ = upstream
    await manager.getToken()
    clock.advance(5000)
    expect((await fetch(upstream.origin)).status).toBe(200)
    expect(sent()).toEqual(['token-1', 'token-2'])
    expect(outcomes).toEqual(['resent'])
  })

  it('is still new a moment before', async () => {
    const { upstream, clock, manager, fetch, sent } = await setUp(refuse(1))
    await using _ = upstream
    await manager.getToken()
    clock.advance(4999)
    expect((await fetch(upstream.origin)).status).toBe(200)
    expect(sent()).toEqual(['token-1', 'token-1'])
  })

  it('is kept when the request cannot be sent again', async () => {
    const { upstream, manager, fetch, sent, outcomes } = await setUp(refuse(1))
    await using _ = upstream
    const body = new Blob(['hello']).stream()
    const init = { method: 'POST', body, duplex: 'half' } as const
    expect((await fetch(upstream.origin, init)).status).toBe(401)
    expect(outcomes).toEqual(['not-resent'])
    expect(manager.stats()).toMatchObject({ mints: 1, rejected: 0 })
    expect((await fetch(upstream.origin)).status).toBe(200)
    expect(sent()).toEqual(['token-1', 'token-1'])
  })

  it('is kept when a proxy passes the refusal on', async () => {
    const { manager, clock, upstream, source } = await setUp(refuse(0))
    await using _ = upstream
    const injector = new BearerInjector(manager, { upstream: upstream.origin, clock })
    let finish = (): void => {}
    const request = { headers: {}, rawHeaders: [], url: '/' } as unknown as EditableRequest
    const response = {
      headersSent: false,
      statusCode: 401,
      setHeader: () => {},
      removeHeader: () => {},
      getHeader: () => undefined,
      once: (_event: string, listener: () => void) => {
        finish = listener
      },
    }
    await injector.inject(request, response, undefined)
    finish()
    expect(source.invalidated).toEqual([])
    expect(manager.stats()).toMatchObject({ rejected: 0 })
    clock.advance(5000)
    finish()
    expect(manager.stats()).toMatchObject({ rejected: 1 })
  })

  it('is waited for no longer than the caller wants', async () => {
    const { upstream, fetch, outcomes, sent } = await setUp(refuse(1), { hold: true })
    await using _ = upstream
    const controller = new AbortController()
    const waiting = failure(() => fetch(upstream.origin, { signal: controller.signal }))
    while (outcomes.length === 0) await settle()
    const reason = new Error('gone')
    controller.abort(reason)
    expect(await waiting).toBe(reason)
    expect(sent()).toHaveLength(1)
  })

  it('keeps the process alive while it is waited for', async () => {
    const { code, output } = await runProgram(`
      import { bearerFetch, createAccessToken, systemClock } from '@mayfly/core'
      const clock = { now: systemClock.now, timeout: (ms) => AbortSignal.timeout(ms / 20) }
      const origins = ['https://api.example.com']
      const issuedAt = Math.floor(clock.now() / 1000)
      const token = createAccessToken({ value: 'a', issuedAt, expiresAt: issuedAt + 60, origins })
      const source = { id: 'a', origins, propagationDelay: 5, getToken: async () => token }
      const statuses = [401, 200]
      const fetch = async () => new Response('', { status: statuses.shift() })
      const response = await bearerFetch(source, { fetch, clock })(origins[0])
      console.log(response.status)
    `)
    expect({ code, output }).toEqual({ code: 0, output: '200\n' })
  })
})
