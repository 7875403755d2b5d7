import { type ManagerEvent, TokenManager, type TokenStore } from '@mayfly/core'
import { FakeClock, MemoryTokenStore } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { ScriptedSource, settle } from '../../support/scripted-source.ts'

const MINUTE = { lifetimeMs: 60_000, signal: new AbortController().signal }

function setUp(store: TokenStore, clock: FakeClock, more: { timeoutMs?: number } = {}) {
  const source = new ScriptedSource({ clock })
  const events: ManagerEvent[] = []
  const observe = (event: ManagerEvent): void => void events.push(event)
  const manager = new TokenManager(source, { clock, random: () => 0.5, store, observe, ...more })
  const waits = (): ManagerEvent[] => events.filter(({ type }) => type === 'lock-waited')
  return { source, manager, events, waits }
}

/** As many processes as are asked for, with one store. */
function processes(count: number) {
  const clock = new FakeClock()
  const store = new MemoryTokenStore(clock)
  return { clock, store, all: Array.from({ length: count }, () => setUp(store, clock)) }
}

/** Lets time pass in small steps, as polls need it. */
async function pass(clock: FakeClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 50) {
    await settle()
    clock.advance(Math.min(50, ms - passed))
  }
  await settle()
}

describe('the lock of a token store', () => {
  it('lets one of four processes mint, and the others wait for its token', async () => {
    const { clock, store, all } = processes(4)
    const opened = all.map(({ source }) => source.hold())
    const calls = all.flatMap(({ manager }) => Array.from({ length: 25 }, () => manager.getToken()))
    await pass(clock, 1000)
    for (const open of opened) open()
    await pass(clock, 200)
    const values = (await Promise.all(calls)).map(({ value }) => value)
    expect(new Set(values).size).toBe(1)
    expect(all.reduce((sum, { source }) => sum + source.mints, 0)).toBe(1)
    const waits = all.flatMap((each) => each.waits())
    expect(waits).toHaveLength(3)
    for (const wait of waits) expect(wait).toMatchObject({ outcome: 'token' })
    expect(store.isLocked('scripted')).toBe(false)
  })

  it('lets one of four processes renew a stale token in the background', async () => {
    const { clock, all } = processes(4)
    const first = all[0]?.manager.getToken()
    await pass(clock, 100)
    const { value } = (await first) ?? {}
    for (const { manager } of all) expect((await manager.getToken()).value).toBe(value)
    clock.advance(1_000_000)
    for (const { manager } of all) expect((await manager.getToken()).value).toBe(value)
    await pass(clock, 500)
    for (const { manager } of all) expect((await manager.getToken()).value).not.toBe(value)
    expect(all.reduce((sum, { source }) => sum + source.mints, 0)).toBe(2)
  })

  it('of a holder that died delays the others by its life, a quarter of timeoutMs', async () => {
    const { clock, store, all } = processes(3)
    await store.lock('scripted', { ...MINUTE, lifetimeMs: 2500 })
    const calls = all.map(({ manager }) => manager.getToken())
    await pass(clock, 2450)
    expect(all.map(({ source }) => source.mints)).toEqual([0, 0, 0])
    await pass(clock, 250)
    expect(new Set((await Promise.all(calls)).map(({ value }) => value)).size).toBe(1)
    expect(all.reduce((sum, { source }) => sum + source.mints, 0)).toBe(1)
    const outcomes = all.flatMap((each) =>
      each.waits().map((wait) => 'outcome' in wait && wait.outcome),
    )
    expect(outcomes).toHaveLength(3)
    expect(outcomes.filter((outcome) => outcome === 'lock')).toHaveLength(1)
  })

  it('is asked for with a quarter of timeoutMs to live, which is all that it has where none is extended', async () => {
    const clock = new FakeClock()
    const store = new MemoryTokenStore(clock)
    const plain: TokenStore = {
      get: (id) => store.get(id),
      set: (id, token) => store.set(id, token),
      delete: (id) => store.delete(id),
      lock: async (id, options) => {
        const lock = await store.lock(id, options)
        return lock && { release: () => lock.release() }
      },
    }
    const { source, manager } = setUp(plain, clock, { timeoutMs: 4000 })
    source.hold()
    const call = manager.getToken()
    await settle()
    clock.advance(999)
    expect(store.isLocked('scripted')).toBe(true)
    clock.advance(1)
    expect(store.isLocked('scripted')).toBe(false)
    manager.close()
    await expect(call).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  })

  it('is extended while its holder is at work, and no longer than that may take', async () => {
    const clock = new FakeClock()
    const store = new MemoryTokenStore(clock)
    const { source, manager } = setUp(store, clock, { timeoutMs: 4000 })
    source.hold()
    const call = manager.getToken()
    await pass(clock, 3950)
    expect(store.isLocked('scripted')).toBe(true)
    clock.advance(50)
    await expect(call).rejects.toMatchObject({ code: 'ERR_MINT_TIMEOUT' })
    await settle()
    expect(store.isLocked('scripted')).toBe(false)
  })

  it.each([6000, 9900])(
    'is waited for while its holder’s server takes %i ms: one mint for all, and nobody fails',
    async (answerMs) => {
      const { clock, all } = processes(8)
      const opened = all.map(({ source }) => source.hold())
      const calls = all.flatMap(({ manager }) =>
        Array.from({ length: 25 }, () => manager.getToken()),
      )
      await pass(clock, answerMs)
      for (const open of opened) open()
      await pass(clock, 500)
      const values = (await Promise.all(calls)).map(({ value }) => value)
      expect(new Set(values).size).toBe(1)
      expect(all.reduce((sum, { source }) => sum + source.mints, 0)).toBe(1)
    },
  )

  it('leaves a waiter all of its own time, once its holder has failed', async () => {
    const { clock, all } = processes(2)
    const [first, second] = all
    first?.source.next(new Error('down'))
    const fail = first?.source.hold()
    const failing = first?.manager.getToken()
    await settle()
    const answer = second?.source.hold()
    const call = second?.manager.getToken()
    await pass(clock, 9000)
    fail?.()
    await expect(failing).rejects.toMatchObject({ code: 'ERR_MINT_FAILED' })
    await pass(clock, 9000)
    answer?.()
    expect((await call)?.value).toBe('token-1')
  })

  it('that never ends is waited for half of timeoutMs where a store extends none, so that its holder may be dead', async () => {
    const clock = new FakeClock()
    const store: TokenStore = {
      get: async () => undefined,
      set: async () => {},
      delete: async () => {},
      lock: async () => undefined,
    }
    const { source, manager, waits } = setUp(store, clock)
    const call = manager.getToken()
    await pass(clock, 4950)
    expect(source.mints).toBe(0)
    await pass(clock, 150)
    expect((await call).value).toBe('token-1')
    expect(waits()).toMatchObject([{ outcome: 'none', durationMs: 5000 }])
  })

  it('that was asked for when the wait ended is no reason for an error', async () => {
    const clock = new FakeClock()
    const began = clock.now()
    const store: TokenStore = {
      get: async () => undefined,
      set: async () => {},
      delete: async () => {},
      lock: async () => {
        if (clock.now() - began < 4900) return undefined
        await new Promise<void>((resolve) => {
          clock.timeout(150).addEventListener('abort', () => resolve())
        })
        return undefined
      },
    }
    const call = setUp(store, clock).manager.getToken()
    await pass(clock, 5500)
    expect((await call).value).toBe('token-1')
  })

  it('that never ends is waited for as long as a mint and a lock may last, and then there is a token all the same', async () => {
    const clock = new FakeClock()
    const store = new MemoryTokenStore(clock)
    await store.lock('scripted', MINUTE)
    const { source, manager, waits } = setUp(store, clock)
    const call = manager.getToken()
    await pass(clock, 12_450)
    expect(source.mints).toBe(0)
    await pass(clock, 150)
    expect((await call).value).toBe('token-1')
    expect(waits()).toMatchObject([{ outcome: 'none', durationMs: 12_500 }])
    expect(store.isLocked('scripted')).toBe(true)
  })

  it('is given back after a failure: the next process tries at once, not after its life', async () => {
    const { clock, all } = processes(2)
    const [first, second] = all
    first?.source.next(new Error('down'))
    const open = first?.source.hold()
    const failing = first?.manager.getToken()
    await settle()
    const call = second?.manager.getToken()
    await pass(clock, 300)
    open?.()
    await expect(failing).rejects.toMatchObject({ code: 'ERR_MINT_FAILED' })
    await pass(clock, 150)
    expect((await call)?.value).toBe('token-1')
    expect(second?.waits()).toMatchObject([{ outcome: 'lock' }])
  })

  it('is held until the new token is in the store', async () => {
    const clock = new FakeClock()
    const store = new MemoryTokenStore(clock)
    const order: string[] = []
    const slow: TokenStore = {
      get: (id) => store.get(id),
      delete: (id) => store.delete(id),
      set: async (id, token) => {
        order.push('set begins')
        await settle()
        order.push('set ends')
        await store.set(id, token)
      },
      lock: async (id, options) => {
        const lock = await store.lock(id, options)
        return lock && { release: async () => void order.push('release') }
      },
    }
    await setUp(slow, clock).manager.getToken()
    order.push('answered')
    await settle()
    await settle()
    expect(order).toEqual(['set begins', 'answered', 'set ends', 'release'])
  })

  it('is not taken where the token came between the look and the lock', async () => {
    const clock = new FakeClock()
    const store = new MemoryTokenStore(clock)
    const other = setUp(new MemoryTokenStore(clock), clock)
    const token = other.source.token('theirs')
    const raced: TokenStore = {
      get: (id) => store.get(id),
      set: (id, stored) => store.set(id, stored),
      delete: (id) => store.delete(id),
      lock: async (id, options) => {
        const { value, issuedAt, expiresAt, origins } = token
        await store.set(id, { id, value, issuedAt, expiresAt, origins })
        return store.lock(id, options)
      },
    }
    const { source, manager } = setUp(raced, clock)
    expect((await manager.getToken()).value).toBe('theirs')
    await settle()
    expect(source.mints).toBe(0)
    expect(store.isLocked('scripted')).toBe(false)
  })

  it('is not asked for by a forced call, nor for a fresh token', async () => {
    const clock = new FakeClock()
    const store = new MemoryTokenStore(clock)
    await store.lock('scripted', MINUTE)
    const { source, manager } = setUp(store, clock)
    await manager.getToken({ forceRefresh: true })
    await manager.getToken()
    expect(source.mints).toBe(1)
  })

  it('is waited for no longer than a caller waits', async () => {
    const clock = new FakeClock()
    const store = new MemoryTokenStore(clock)
    await store.lock('scripted', MINUTE)
    const { source, manager } = setUp(store, clock)
    const controller = new AbortController()
    const call = manager.getToken({ signal: controller.signal })
    await pass(clock, 500)
    controller.abort(new Error('gone'))
    await expect(call).rejects.toThrow('gone')
    await pass(clock, 10_000)
    expect(source.mints).toBe(0)
  })

  it('that fails means a token minted here, and an event', async () => {
    const clock = new FakeClock()
    const store = new MemoryTokenStore(clock)
    const broken: unknown[] = [
      () => {
        throw new Error('no')
      },
      async () => {
        throw new Error('no')
      },
      7,
    ]
    for (const lock of broken) {
      const parts = {
        get: store.get.bind(new MemoryTokenStore(clock)),
        set: async () => {},
        delete: async () => {},
        lock,
      }
      const { manager, events } = setUp(parts as unknown as TokenStore, clock)
      expect((await manager.getToken()).value).toBe('token-1')
      expect(events).toContainEqual({ type: 'store-failed', operation: 'lock' })
    }
  })

  it('that is slow is done without after storeTimeoutMs, and given back when it comes', async () => {
    const clock = new FakeClock()
    const store = new MemoryTokenStore(clock)
    let answer = (): void => {}
    const asked = new Promise<void>((resolve) => {
      answer = resolve
    })
    const slow: TokenStore = {
      get: (id) => store.get(id),
      set: (id, token) => store.set(id, token),
      delete: (id) => store.delete(id),
      lock: async (id, options) => {
        await asked
        return store.lock(id, options)
      },
    }
    const { source, manager, events } = setUp(slow, clock)
    const call = manager.getToken()
    await settle()
    clock.advance(199)
    await settle()
    expect(source.mints).toBe(0)
    clock.advance(1)
    expect((await call).value).toBe('token-1')
    expect(events).toContainEqual({ type: 'store-failed', operation: 'lock' })
    answer()
    await settle()
    expect(store.isLocked('scripted')).toBe(false)
  })

  it('that cannot be given back harms nobody, and the observer hears of it', async () => {
    const clock = new FakeClock()
    const store = new MemoryTokenStore(clock)
    const stuck: TokenStore = {
      get: (id) => store.get(id),
      set: (id, token) => store.set(id, token),
      delete: (id) => store.delete(id),
      lock: async () => ({ release: async () => Promise.reject(new Error('no')) }),
    }
    const { manager, events } = setUp(stuck, clock)
    expect((await manager.getToken()).value).toBe('token-1')
    await settle()
    expect(events).toContainEqual({ type: 'store-failed', operation: 'unlock' })
  })

  it('is given back by a refresh that was given up', async () => {
    const clock = new FakeClock()
    const store = new MemoryTokenStore(clock)
    const { source, manager } = setUp(store, clock)
    source.next(
      ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason))
        }),
    )
    const call = manager.getToken()
    await settle()
    expect(store.isLocked('scripted')).toBe(true)
    manager.close()
    await expect(call).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    await settle()
    expect(store.isLocked('scripted')).toBe(false)
  })

  it('leaves alone a token that another process put in the place of a refused one', async () => {
    const { clock, store, all } = processes(2)
    const [first, second] = all
    const token = await first?.manager.getToken()
    await settle()
    expect((await second?.manager.getToken())?.value).toBe(token?.value)
    if (token === undefined) return
    const open = first?.source.hold()
    first?.manager.invalidate(token)
    second?.manager.invalidate(token)
    const calls = all.map(({ manager }) => manager.getToken())
    await pass(clock, 500)
    open?.()
    await pass(clock, 300)
    const values = (await Promise.all(calls)).map(({ value }) => value)
    expect(values).toEqual(['token-2', 'token-2'])
    expect(store.tokens.get('scripted')?.value).toBe('token-2')
  })
})
