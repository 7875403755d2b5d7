import { connect } from 'node:net'
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { OptionError } from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { FakeClock } from '@mayfly/testing'
import type { SandboxEvent } from '../src/events.ts'
import { type SandboxOptions, HttpSandbox } from '../src/http-sandbox.ts'
import type { SandboxReply, SandboxRequest, Verdict } from '../src/vendor.ts'

type Reason = 'bad'

function judge(request: SandboxRequest): Verdict<Reason> {
  if (request.bearer !== 'good') return { reply: { status: 401, body: 'no' }, refused: 'bad' }
  const { method, path, query, body } = request
  const echo = { method, path, query: String(query), body: Buffer.from(body).toString() }
  return { reply: { status: 200, body: { ...echo, custom: request.header('x-custom') } } }
}

function failure(status: number): SandboxReply {
  return { status, body: { failed: true } }
}

async function start(options: SandboxOptions = {}): Promise<HttpSandbox<Reason>> {
  const sandbox = new HttpSandbox<Reason>(() => ({ name: 'plain', judge, failure }), options)
  await sandbox.listen()
  return sandbox
}

async function countBytes(response: Response, limit: number): Promise<number> {
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength
    if (length > limit) break
  }
  return length
}

const GOOD = { authorization: 'bearer  good' }

describe('HttpSandbox', () => {
  it('hands the judge a whole request and sends its answer', async () => {
    await using sandbox = await start()
    const response = await fetch(`${sandbox.origin}/a/b?c=%20d&c`, {
      method: 'PUT',
      headers: { ...GOOD, 'x-custom': 'yes' },
      body: 'hello',
    })
    expect(await response.json()).toEqual({
      method: 'PUT',
      path: '/a/b',
      query: 'c=+d&c=',
      body: 'hello',
      custom: 'yes',
    })
  })

  it('sends text as text', async () => {
    await using sandbox = await start()
    const response = await fetch(sandbox.origin)
    expect(response.headers.get('content-type')).toBe('text/plain')
    expect(await response.text()).toBe('no')
  })

  it('counts what it accepted and refused, and the tokens it has seen', async () => {
    await using sandbox = await start()
    await fetch(sandbox.origin, { headers: GOOD })
    await fetch(sandbox.origin, { headers: GOOD })
    await fetch(sandbox.origin, { headers: { authorization: 'Bearer other' } })
    await fetch(sandbox.origin)
    const { requests, accepted, refused, distinctTokens, refusals } = sandbox
    expect({ requests, accepted, refused, distinctTokens, refusals }).toEqual({
      requests: 4,
      accepted: 2,
      refused: 2,
      distinctTokens: 2,
      refusals: { bad: 2 },
    })
    expect(sandbox.counts).toMatchObject({ requests: 4, faults: 0 })
    sandbox.resetCounts()
    expect(sandbox.counts).toEqual({
      requests: 0,
      accepted: 0,
      refused: 0,
      faults: 0,
      distinctTokens: 0,
      refusals: {},
    })
  })

  it('fails as many requests as it was told to, then answers again', async () => {
    await using sandbox = await start()
    sandbox.failNext(1, 503, { retryAfter: 7 })
    sandbox.failNext(1, 500)
    const first = await fetch(sandbox.origin, { headers: GOOD })
    expect([first.status, first.headers.get('retry-after')]).toEqual([503, '7'])
    expect(await first.json()).toEqual({ failed: true })
    expect((await fetch(sandbox.origin, { headers: GOOD })).status).toBe(500)
    expect((await fetch(sandbox.origin, { headers: GOOD })).status).toBe(200)
    expect(sandbox.counts).toMatchObject({ requests: 3, accepted: 1, refused: 0, faults: 2 })
  })

  it('fails and spoils one path only, where a path is named', async () => {
    await using sandbox = await start()
    sandbox.failNext(1, 500, { path: '/a' })
    sandbox.spoilNext(1, 'malformed', { path: '/a' })
    const statusOf = async (path: string) =>
      (await fetch(`${sandbox.origin}${path}`, { headers: GOOD })).status
    expect([await statusOf('/b'), await statusOf('/a'), await statusOf('/a')]).toEqual([
      200, 500, 200,
    ])
  })

  it('spoils as many bodies as it was told to, each in its own way', async () => {
    await using sandbox = await start()
    const ask = () => fetch(sandbox.origin, { headers: GOOD })
    sandbox.spoilNext(1, 'malformed')
    expect(await (await ask()).text()).toMatch(/^\{"method":"GET"/)
    sandbox.spoilNext(1, 'malformed')
    await expect((await ask()).json()).rejects.toThrow(SyntaxError)
    sandbox.spoilNext(1, 'cut')
    await expect(ask().then((response) => response.text())).rejects.toThrow(TypeError)
    sandbox.spoilNext(1, 'endless')
    expect(await countBytes(await ask(), 1_000_000)).toBeGreaterThan(1_000_000)
    sandbox.spoilNext(1, 'stalled')
    const reader = (await ask()).body?.getReader()
    expect((await reader?.read())?.value?.length).toBeGreaterThan(10)
    const more = await Promise.race([reader?.read(), setImmediate('nothing')])
    expect(more).toBe('nothing')
    expect((await (await ask()).json()) as object).toMatchObject({ method: 'GET' })
    expect(sandbox.counts).toMatchObject({ requests: 6, accepted: 6, faults: 0 })
  })

  it('redirects one path until it is told to stop', async () => {
    await using sandbox = await start()
    const end = sandbox.redirect('/old', 'https://elsewhere.example/new', 307)
    const redirect = 'manual'
    const response = await fetch(`${sandbox.origin}/old?q=1`, { headers: GOOD, redirect })
    expect(response.status).toBe(307)
    expect(response.headers.get('location')).toBe('https://elsewhere.example/new')
    expect((await fetch(`${sandbox.origin}/other`, { headers: GOOD })).status).toBe(200)
    end()
    expect((await fetch(`${sandbox.origin}/old`, { headers: GOOD })).status).toBe(200)
  })

  it('tells listeners of each request, without its token or its query', async () => {
    await using sandbox = await start({ clock: new FakeClock(5000), clockOffsetMs: 1 })
    const events: SandboxEvent<Reason>[] = []
    const end = sandbox.onEvent((event) => events.push(event))
    await fetch(`${sandbox.origin}/path?secret=1`, { headers: GOOD })
    await fetch(sandbox.origin)
    end()
    await fetch(sandbox.origin)
    expect(events).toEqual([
      {
        type: 'request',
        sandbox: 'plain',
        number: 1,
        atMs: 5001,
        method: 'GET',
        path: '/path',
        status: 200,
        outcome: 'accepted',
        token: expect.stringMatching(/^[0-9a-f]{12}$/),
      },
      {
        type: 'request',
        sandbox: 'plain',
        number: 2,
        atMs: 5001,
        method: 'GET',
        path: '/',
        status: 401,
        outcome: 'refused',
        reason: 'bad',
      },
    ])
    expect(JSON.stringify(events)).not.toMatch(/good|secret/)
  })

  it('answers all the same when a listener throws or rejects', async () => {
    await using sandbox = await start()
    sandbox.onEvent(() => {
      throw new Error('listener')
    })
    sandbox.onEvent(() => Promise.reject(new Error('listener')))
    expect((await fetch(sandbox.origin, { headers: GOOD })).status).toBe(200)
  })

  it('takes its latency by the clock it was given', async () => {
    const clock = new FakeClock()
    await using sandbox = await start({ clock, latencyMs: 100 })
    const judged = new Promise<void>((resolve) => void sandbox.onEvent(() => resolve()))
    let answered = false
    const response = fetch(sandbox.origin).then(() => (answered = true))
    await judged
    clock.advance(99)
    expect(answered).toBe(false)
    clock.advance(1)
    expect(await response).toBe(true)
  })

  it('holds answers back as long as beforeAnswer wants', async () => {
    await using sandbox = await start()
    const allThere = new Promise<void>((resolve) => {
      sandbox.onEvent(({ number }) => number === 3 && resolve())
    })
    sandbox.beforeAnswer = () => allThere
    const calls = [1, 2, 3].map(() => fetch(sandbox.origin, { headers: GOOD }))
    const statuses = (await Promise.all(calls)).map(({ status }) => status)
    expect(statuses).toEqual([200, 200, 200])
  })

  it('ends idle and hanging connections when it is closed', async () => {
    const sandbox = await start()
    sandbox.beforeAnswer = () => new Promise(() => {})
    const judged = new Promise<void>((resolve) => void sandbox.onEvent(() => resolve()))
    const hanging = fetch(sandbox.origin).catch(() => 'ended')
    const idle = connect(Number(new URL(sandbox.origin).port), '127.0.0.1')
    await Promise.all([once(idle, 'connect'), judged])
    const idleEnd = once(idle, 'close')
    await sandbox.close()
    expect(await hanging).toBe('ended')
    await idleEnd
  })

  it('drops a connection whose body is too long', async () => {
    await using sandbox = await start()
    const body = 'x'.repeat(1_048_577)
    await expect(fetch(sandbox.origin, { method: 'POST', body })).rejects.toThrow()
    expect(sandbox.requests).toBe(0)
  })

  it('refuses faults that make no sense', async () => {
    await using sandbox = await start()
    expect(() => sandbox.failNext(0, 500)).toThrow(OptionError)
    expect(() => sandbox.failNext(1, 200)).toThrow(OptionError)
    expect(() => sandbox.spoilNext(0, 'cut')).toThrow(OptionError)
    expect(() => sandbox.spoilNext(1, 'rot' as 'cut')).toThrow(OptionError)
    expect(() => sandbox.redirect('old', '/new')).toThrow(OptionError)
    expect(() => sandbox.redirect('/old?x', '/new')).toThrow(OptionError)
    expect(() => sandbox.redirect('/old', '/new', 200)).toThrow(OptionError)
    expect(() => {
      sandbox.latencyMs = -1
    }).toThrow(OptionError)
    expect(() => {
      sandbox.clockOffsetMs = Number.NaN
    }).toThrow(OptionError)
  })

  it('is down for those who are connected and for those who come, until it is up', async () => {
    await using sandbox = await start()
    expect((await fetch(sandbox.origin, { headers: GOOD })).status).toBe(200)
    sandbox.down()
    await expect(fetch(sandbox.origin)).rejects.toThrow(TypeError)
    await expect(fetch(sandbox.origin)).rejects.toThrow(TypeError)
    expect(sandbox.requests).toBe(1)
    sandbox.up()
    expect((await fetch(sandbox.origin, { headers: GOOD })).status).toBe(200)
    expect(sandbox.requests).toBe(2)
  })
})
