import { getEventListeners } from 'node:events'
import { bearerFetch, type Clock, TokenManager } from '@mayfly/core'
import { clientCredentials } from '@mayfly/core/vendors'
import { MemoryTokenStore } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { ScriptedSource, settle } from '../../support/scripted-source.ts'
import { answer, startUpstream } from '../../support/upstream.ts'

const timers = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

/** Counts the listeners that stand on the signals of a clock. */
function watchedClock() {
  const now = Date.now()
  let made = 0
  let listening = 0
  const clock: Clock = {
    now: () => now,
    timeout() {
      made++
      const { signal } = new AbortController()
      const add = signal.addEventListener.bind(signal)
      const remove = signal.removeEventListener.bind(signal)
      const held = new Set<unknown>()
      Object.assign(signal, {
        addEventListener: (...args: Parameters<typeof add>) => {
          if (!held.has(args[1])) listening++
          held.add(args[1])
          add(...args)
        },
        removeEventListener: (...args: Parameters<typeof remove>) => {
          if (held.delete(args[1])) listening--
          remove(...args)
        },
      })
      return signal
    },
  }
  return { clock, counts: () => ({ made, listening }) }
}

describe('a mint that has ended', () => {
  it('leaves no timer of the machine behind, with a store or without, good or bad', async () => {
    const before = timers()
    for (const store of [undefined, new MemoryTokenStore()]) {
      const source = new ScriptedSource({ clock: { now: () => Date.now() } })
      const manager = new TokenManager(source, { ...(store && { store }) })
      for (let mint = 0; mint < 200; mint++) {
        if (mint % 4 === 3) source.next(new Error('down'))
        await manager.getToken({ forceRefresh: true }).catch(() => {})
      }
      await settle()
      expect(manager.stats()).toMatchObject({ mints: 150, failures: 50 })
    }
    expect(timers()).toBeLessThanOrEqual(before)
  })

  it('has let go of every signal of its clock, an abandoned one too', async () => {
    const { clock, counts } = watchedClock()
    const source = new ScriptedSource({ clock })
    const store = new MemoryTokenStore(clock)
    const manager = new TokenManager(source, { clock, store })
    for (let mint = 0; mint < 20; mint++) await manager.getToken({ forceRefresh: true })
    const open = source.hold()
    const caller = new AbortController()
    const abandoned = manager.getToken({ forceRefresh: true, signal: caller.signal })
    await settle()
    expect(counts().listening).toBeGreaterThan(0)
    caller.abort()
    await expect(abandoned).rejects.toThrow()
    open()
    await settle()
    expect(counts().made).toBeGreaterThan(20)
    expect(counts().listening).toBe(0)
  })

  it('over HTTP leaves nothing behind either, nor does a refusal whose body was read', async () => {
    const { clock, counts } = watchedClock()
    await using upstream = await startUpstream((request, response) => {
      if (request.url !== '/token') answer(response, 403, 'no')
      else answer(response, 200, '{"access_token":"x","token_type":"Bearer","expires_in":600}')
    })
    const source = clientCredentials({
      tokenEndpoint: `${upstream.origin}/token`,
      clientId: 'me',
      clientSecret: 'a-secret-that-is-long-enough',
      origins: [upstream.origin],
      clock,
    })
    const before = timers()
    const fetch = bearerFetch(new TokenManager(source, { clock }), { clock, observe: () => {} })
    const { signal } = new AbortController()
    for (let call = 0; call < 5; call++) {
      const response = await fetch(upstream.origin, { signal })
      expect([response.status, await response.text()]).toEqual([403, 'no'])
    }
    await settle()
    const manager = new TokenManager(source, { clock })
    for (let mint = 0; mint < 5; mint++) await manager.getToken({ forceRefresh: true, signal })
    for (let mint = 0; mint < 5; mint++) await source.getToken({ signal })
    // undici's own are called abort, and go with the request.
    const own = getEventListeners(signal, 'abort').filter(({ name }) => name !== 'abort')
    expect(own).toEqual([])
    expect(counts().made).toBeGreaterThan(5)
    expect(counts().listening).toBe(0)
    expect(timers()).toBeLessThanOrEqual(before)
  })
})

it('works on a runtime that has neither AbortSignal.any nor AbortSignal.timeout', async () => {
  const [any, timeout] = ['any', 'timeout'].map((name) => {
    const method: unknown = Reflect.get(AbortSignal, name)
    Reflect.deleteProperty(AbortSignal, name)
    return method
  })
  try {
    await using upstream = await startUpstream((_request, response) => answer(response, 200))
    const source = new ScriptedSource({
      clock: { now: () => Date.now() },
      origins: [upstream.origin],
    })
    const manager = new TokenManager(source, { store: new MemoryTokenStore() })
    const { signal } = new AbortController()
    const response = await bearerFetch(manager)(upstream.origin, { signal })
    expect(response.status).toBe(200)
  } finally {
    Object.assign(AbortSignal, { any, timeout })
  }
})
