import {
  bearerFetch,
  type StoredToken,
  TokenManager,
  type TokenManagerOptions,
  type TokenStore,
} from '@mayfly/core'
import { type ApnsOptions, apns } from '@mayfly/core/vendors'
import { type ApnsSandbox, startApnsSandbox } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import { fetch as undiciFetch, H2CClient, type RequestInit as UndiciInit } from 'undici'
import { describe, expect, it } from 'vitest'

const MINUTE = 60_000

interface Bench extends AsyncDisposable {
  readonly clock: FakeClock
  readonly sandbox: ApnsSandbox
  readonly manager: TokenManager
  readonly push: () => Promise<Response>
}

async function start(
  options: Partial<ApnsOptions> = {},
  managerOptions: TokenManagerOptions = {},
): Promise<Bench> {
  const clock = new FakeClock()
  const sandbox = await startApnsSandbox({ clock })
  const { manager, push } = pusher(sandbox, clock, { options, managerOptions })
  return { clock, sandbox, manager, push, [Symbol.asyncDispose]: () => sandbox.close() }
}

function pusher(
  sandbox: ApnsSandbox,
  clock: FakeClock,
  more: { options?: Partial<ApnsOptions>; managerOptions?: object; fetch?: typeof fetch } = {},
) {
  const own = { ...sandbox.credentials, origins: [sandbox.origin], clock }
  const manager = new TokenManager(apns({ ...own, ...more.options }), {
    clock,
    random: () => 0,
    ...more.managerOptions,
  })
  const send = bearerFetch(manager, { clock, ...(more.fetch && { fetch: more.fetch }) })
  const push = (): Promise<Response> =>
    send(`${sandbox.origin}/3/device/${'a1'.repeat(32)}`, {
      method: 'POST',
      headers: { 'apns-topic': 'com.example.mayfly' },
      body: '{"aps":{}}',
    })
  return { manager, push }
}

describe('a provider token that APNs calls expired', () => {
  it('is replaced, and the notification sent again, once it is 20 minutes old', async () => {
    await using place = await start()
    expect((await place.push()).status).toBe(200)
    place.clock.advance(20 * MINUTE)
    place.sandbox.expireTokensSeen()
    expect((await place.push()).status).toBe(200)
    expect(place.manager.stats()).toMatchObject({ mints: 2, rejected: 1 })
    expect(place.sandbox.counts).toMatchObject({ requests: 3, refused: 1, distinctTokens: 2 })
  })

  it('is not replaced before that: the 403 is returned as it is, and nothing sent again', async () => {
    await using place = await start()
    await place.push()
    place.clock.advance(20 * MINUTE - 1)
    place.sandbox.expireTokensSeen()
    for (let count = 0; count < 3; count++) {
      const response = await place.push()
      expect(response.status).toBe(403)
      expect(await response.json()).toEqual({ reason: 'ExpiredProviderToken' })
    }
    expect(place.manager.stats().mints).toBe(1)
    expect(place.sandbox.requests).toBe(4)
    place.clock.advance(1)
    expect((await place.push()).status).toBe(200)
    expect(place.sandbox.refusals).toEqual({ 'expired-by-test': 3 })
  })

  it('for 50 notifications at once is replaced once', async () => {
    await using place = await start()
    await place.push()
    place.clock.advance(25 * MINUTE)
    place.sandbox.expireTokensSeen()
    const answers = await Promise.all(Array.from({ length: 50 }, () => place.push()))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(place.manager.stats().mints).toBe(2)
    expect(place.sandbox.delivered).toHaveLength(51)
  })

  it('because the local clock is fast comes good by itself, without another token', async () => {
    await using place = await start()
    place.sandbox.clockOffsetMs = -14 * MINUTE
    expect((await place.push()).status).toBe(403)
    place.clock.advance(4 * MINUTE)
    expect((await place.push()).status).toBe(200)
    expect(place.sandbox.distinctTokens).toBe(1)
  })
})

describe('any other refusal of APNs', () => {
  it.each<[string, (sandbox: ApnsSandbox) => void, number, string]>([
    ['a key that was ended', (sandbox) => sandbox.revokeKey(), 403, 'InvalidProviderToken'],
    ['too many requests', (sandbox) => sandbox.failNext(1, 429), 429, 'TooManyRequests'],
  ])('leaves the token alone: %s', async (_what, spoil, status, reason) => {
    await using place = await start()
    await place.push()
    place.clock.advance(25 * MINUTE)
    spoil(place.sandbox)
    const response = await place.push()
    expect(response.status).toBe(status)
    expect(await response.json()).toEqual({ reason })
    expect(place.manager.stats()).toMatchObject({ mints: 1, rejected: 0 })
    expect(place.sandbox.requests).toBe(2)
  })
})

describe('tokens of one team', () => {
  it('are never new more often than APNs allows, however hard they are pushed for', async () => {
    await using place = await start()
    for (let elapsed = 0; elapsed < 6 * 60; elapsed += 7) {
      await place.manager.getToken({ forceRefresh: elapsed % 2 === 0 })
      if (elapsed % 3 === 0) place.manager.invalidate(await place.manager.getToken())
      expect((await place.push()).status).toBe(200)
      place.clock.advance(7 * MINUTE)
    }
    expect(place.sandbox.refusals).toEqual({})
    expect(place.sandbox.distinctTokens).toBeGreaterThan(10)
  })

  it.each([
    ['ten minutes fast', -10],
    ['ten minutes slow', 10],
  ])('are all taken, six hours long, where the local clock is %s', async (_what, minutes) => {
    await using place = await start()
    place.sandbox.clockOffsetMs = minutes * MINUTE
    for (let elapsed = 0; elapsed < 6 * 60; elapsed++) {
      expect((await place.push()).status).toBe(200)
      place.clock.advance(MINUTE)
    }
    expect(place.sandbox.refusals).toEqual({})
    // Forty minutes each, and less what a refresh comes early: never two within twenty.
    expect(place.sandbox.distinctTokens).toBeGreaterThanOrEqual(9)
    expect(place.sandbox.distinctTokens).toBeLessThanOrEqual(12)
  })

  it('are never too old for APNs, not even where no other can be had and the local clock is slow', async () => {
    let key: unknown
    await using place = await start({ privateKey: () => key as string })
    key = place.sandbox.credentials.privateKey
    place.sandbox.clockOffsetMs = 10 * MINUTE
    expect((await place.push()).status).toBe(200)
    key = 'no key at all'
    place.clock.advance(40 * MINUTE - 1)
    expect((await place.push()).status).toBe(200)
    place.clock.advance(1)
    await expect(place.push()).rejects.toThrow('key')
    expect(place.sandbox.refusals).toEqual({})
  })

  it('are shared by processes with a store, also when their keys are being exchanged', async () => {
    const clock = new FakeClock()
    await using sandbox = await startApnsSandbox({ clock })
    const managerOptions = { store: new MapStore() }
    const first = pusher(sandbox, clock, { managerOptions })
    const second = pusher(sandbox, clock, { managerOptions, options: sandbox.createKey() })
    expect((await first.push()).status).toBe(200)
    clock.advance(MINUTE)
    expect((await second.push()).status).toBe(200)
    expect(sandbox.distinctTokens).toBe(1)
    const alone = pusher(sandbox, clock)
    expect((await alone.push()).status).toBe(429)
  })
})

describe('apns over HTTP/2', () => {
  it('works with a fetch that speaks it, many notifications on one connection', async () => {
    const clock = new FakeClock()
    await using sandbox = await startApnsSandbox({ clock, http1: false })
    const dispatcher = new H2CClient(sandbox.origin, { pipelining: 50 })
    const http2Fetch: unknown = (input: string, init: UndiciInit) =>
      undiciFetch(input, { ...init, dispatcher })
    const { manager, push } = pusher(sandbox, clock, { fetch: http2Fetch as typeof fetch })
    const answers = await Promise.all(Array.from({ length: 50 }, push))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200))
    clock.advance(25 * MINUTE)
    sandbox.expireTokensSeen()
    expect((await push()).status).toBe(200)
    expect(manager.stats().mints).toBe(2)
    await dispatcher.destroy()
  })
})

class MapStore implements TokenStore {
  readonly #tokens = new Map<string, StoredToken>()

  get(id: string): Promise<StoredToken | undefined> {
    return Promise.resolve(this.#tokens.get(id))
  }

  set(id: string, token: StoredToken): Promise<void> {
    this.#tokens.set(id, token)
    return Promise.resolve()
  }

  delete(id: string): Promise<void> {
    this.#tokens.delete(id)
    return Promise.resolve()
  }
}
