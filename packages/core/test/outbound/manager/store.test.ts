import { type ManagerEvent, type StoredToken, TokenManager, type TokenStore } from '@mayfly/core'
import { FakeClock, MemoryTokenStore } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { ScriptedSource, settle } from '../../support/scripted-source.ts'

/** The clock of an event loop that is held up: timers that are set meanwhile wait for its next turn. */
class BusyClock extends FakeClock {
  #due: readonly (() => void)[] = []
  #isBlocked = false

  override timeout(ms: number): AbortSignal {
    if (!this.#isBlocked) return super.timeout(ms)
    const controller = new AbortController()
    const begin = (): void => {
      super.timeout(ms).addEventListener('abort', () => controller.abort())
    }
    this.#due = [...this.#due, begin]
    return controller.signal
  }

  block(ms: number): void {
    this.#isBlocked = true
    this.advance(ms)
    this.#isBlocked = false
    for (const begin of this.#due) begin()
    this.#due = []
  }
}

function setUp(store: TokenStore, clock = new FakeClock()) {
  const source = new ScriptedSource({ clock })
  const events: ManagerEvent[] = []
  const observe = (event: ManagerEvent): void => void events.push(event)
  const manager = new TokenManager(source, { clock, random: () => 0, store, observe })
  return { clock, source, manager, events }
}

describe('a token store', () => {
  it('lets a second process use the token that the first one minted', async () => {
    const store = new MemoryTokenStore(new FakeClock())
    const clock = new FakeClock()
    const first = setUp(store, clock)
    const second = setUp(store, clock)
    const token = await first.manager.getToken()
    await settle()
    expect((await second.manager.getToken()).value).toBe(token.value)
    expect(second.source.mints).toBe(0)
    expect(second.events).toMatchObject([{ type: 'mint', from: 'store' }])
  })

  it('is asked after memory: once, and not for a fresh token', async () => {
    const store = new MemoryTokenStore(new FakeClock())
    let reads = 0
    const { manager } = setUp({
      get: (id) => {
        reads++
        return store.get(id)
      },
      set: (id, token) => store.set(id, token),
      delete: (id) => store.delete(id),
    })
    await manager.getToken()
    await manager.getToken()
    expect(reads).toBe(1)
  })

  it('cannot hand back a token that the server refused', async () => {
    const store = new MemoryTokenStore(new FakeClock())
    const { source, manager } = setUp(store)
    const token = await manager.getToken()
    await settle()
    manager.invalidate(token)
    expect((await manager.getToken()).value).toBe('token-2')
    await settle()
    expect(store.tokens.get(source.id)?.value).toBe('token-2')
  })

  const wrong: readonly [string, Partial<StoredToken>][] = [
    ['of another source', { id: 'other' }],
    ['that has ended', { issuedAt: 1_699_990_000, expiresAt: 1_700_000_000 }],
    ['that is about to end', { issuedAt: 1_699_990_000, expiresAt: 1_700_000_001 }],
    ['for an origin that the source does not name', { origins: ['https://evil.example'] }],
    ['without a value', { value: '' }],
    ['without origins', { origins: undefined as never }],
    ['whose origins are no list', { origins: 'https://api.example.com' as never }],
    ['dated in milliseconds', { expiresAt: 1_700_001_200_000 }],
  ]
  for (const [what, fields] of wrong) {
    it(`is not believed when it holds a token ${what}`, async () => {
      const store = new MemoryTokenStore(new FakeClock())
      store.tokens.set('scripted', {
        id: 'scripted',
        value: 'stored',
        issuedAt: 1_700_000_000,
        expiresAt: 1_700_001_200,
        origins: [],
        ...fields,
      })
      const { manager } = setUp(store)
      expect((await manager.getToken()).value).toBe('token-1')
    })
  }

  it('that is down costs nothing but the sharing, and the observer hears of it', async () => {
    const down = async (): Promise<never> => {
      throw new Error('ECONNREFUSED')
    }
    const { manager, events } = setUp({ get: down, set: down, delete: down })
    expect((await manager.getToken()).value).toBe('token-1')
    await settle()
    expect(events.filter(({ type }) => type === 'store-failed')).toEqual([
      { type: 'store-failed', operation: 'get' },
      { type: 'store-failed', operation: 'set' },
    ])
  })

  it('that throws where it should reject is no different', async () => {
    const broken = (): never => {
      throw new Error('not even async')
    }
    const { manager } = setUp({ get: broken, set: broken, delete: broken })
    expect((await manager.getToken()).value).toBe('token-1')
  })

  it('that never answers is done without after storeTimeoutMs, and after a start five times that', async () => {
    const never = (): Promise<never> => new Promise(() => {})
    const { clock, source, manager } = setUp({ get: never, set: never, delete: never })
    for (const [mint, waitMs] of [1000, 200].entries()) {
      const call = manager.getToken()
      await settle()
      clock.advance(waitMs - 1)
      await settle()
      expect(source.mints).toBe(mint)
      clock.advance(1)
      expect((await call).value).toBe(`token-${mint + 1}`)
      clock.advanceSeconds(1200)
    }
  })

  it('that answers in time is waited for by a process that is late itself', async () => {
    const clock = new BusyClock()
    const memory = new MemoryTokenStore(clock)
    await setUp(memory, clock).manager.getToken()
    await settle()
    let answer = (): void => {}
    const { source, manager, events } = setUp(
      {
        get: async (id) => {
          await new Promise<void>((resolve) => (answer = resolve))
          return memory.get(id)
        },
        set: (id, token) => memory.set(id, token),
        delete: (id) => memory.delete(id),
      },
      clock,
    )
    const call = manager.getToken()
    await settle()
    // The answer is there, but nobody reads it for a minute: the timers come first.
    clock.block(60_000)
    answer()
    expect((await call).value).toBe('token-1')
    expect(source.mints).toBe(0)
    expect(events).toMatchObject([{ type: 'mint', from: 'store' }])
  })

  it('is not asked by a forced call', async () => {
    const store = new MemoryTokenStore(new FakeClock())
    const clock = new FakeClock()
    await setUp(store, clock).manager.getToken()
    const { source, manager } = setUp(store, clock)
    await manager.getToken({ forceRefresh: true })
    expect(source.mints).toBe(1)
  })

  describe('with a token that lives shorter than asked for', () => {
    const stored = (expiresAt: number): StoredToken => ({
      id: 'scripted',
      value: 'stored',
      issuedAt: expiresAt - 1200,
      expiresAt,
      origins: [],
    })
    const now = 1_700_000_000

    it('is passed over, for a new one: in a cold process and in a warm one', async () => {
      const clock = new FakeClock()
      const store = new MemoryTokenStore(clock)
      store.tokens.set('scripted', stored(now + 500))
      const cold = setUp(store, clock)
      expect((await cold.manager.getToken({ minLifetime: 900 })).value).toBe('token-1')
      store.tokens.set('scripted', stored(now + 500))
      const warm = setUp(store, clock)
      expect((await warm.manager.getToken()).value).toBe('stored')
      expect((await warm.manager.getToken({ minLifetime: 900 })).value).toBe('token-1')
    })

    it('serves the callers that it suffices for, and nobody else, of one crowd', async () => {
      const { manager, source } = setUp(store500())
      const calls = [0, 900, 100, 1100, 1300].map((minLifetime) =>
        manager.getToken({ minLifetime }),
      )
      const values = (await Promise.allSettled(calls)).map((each) =>
        each.status === 'fulfilled' ? each.value.value : (each.reason as { code: string }).code,
      )
      expect(values).toEqual(['stored', 'token-1', 'stored', 'token-1', 'ERR_TOKEN_TOO_SHORT'])
      expect(source.mints).toBe(1)
    })

    it('keeps it for the others when the mint fails', async () => {
      const { manager, source } = setUp(store500())
      source.next(new Error('down'))
      const call = manager.getToken({ minLifetime: 900 })
      await expect(call).rejects.toMatchObject({ code: 'ERR_MINT_FAILED' })
      expect((await manager.getToken()).value).toBe('stored')
      expect((await manager.getToken({ minLifetime: 500 })).value).toBe('stored')
    })

    function store500(): MemoryTokenStore {
      const store = new MemoryTokenStore(new FakeClock())
      store.tokens.set('scripted', stored(now + 500))
      return store
    }

    it('gives a stale one out, and renews it in the background', async () => {
      const clock = new FakeClock()
      const store = new MemoryTokenStore(clock)
      store.tokens.set('scripted', stored(now + 200))
      const { manager, events } = setUp(store, clock)
      expect((await manager.getToken()).value).toBe('stored')
      await settle()
      expect((await manager.getToken()).value).toBe('token-1')
      expect(events).toMatchObject([
        { type: 'mint', reason: 'cold', from: 'store' },
        { type: 'mint', reason: 'stale', from: 'source' },
      ])
    })

    it('goes on with a stale one while mints fail, until it ends', async () => {
      const clock = new FakeClock()
      const store = new MemoryTokenStore(clock)
      store.tokens.set('scripted', stored(now + 200))
      const { manager, source } = setUp(store, clock)
      source.next(...Array.from({ length: 20 }, () => new Error('down')))
      for (let passed = 0; passed < 200; passed += 20) {
        expect((await manager.getToken()).value).toBe('stored')
        await settle()
        clock.advanceSeconds(20)
      }
      expect(source.mints).toBeGreaterThan(2)
      await expect(manager.getToken()).rejects.toMatchObject({ code: 'ERR_MINT_FAILED' })
    })

    it('takes one that is about to end only when the mint fails', async () => {
      const clock = new FakeClock()
      const store = new MemoryTokenStore(clock)
      store.tokens.set('scripted', stored(now + 20))
      const good = setUp(store, clock)
      expect((await good.manager.getToken()).value).toBe('token-1')
      store.tokens.set('scripted', stored(now + 20))
      const bad = setUp(store, clock)
      bad.source.next(new Error('down'))
      expect((await bad.manager.getToken()).value).toBe('stored')
      expect(bad.events).toMatchObject([{ type: 'refresh-failed', code: 'ERR_MINT_FAILED' }])
    })

    it('does not let it take the place of a better one in memory', async () => {
      const clock = new FakeClock()
      const store = new MemoryTokenStore(clock)
      const { manager, source } = setUp(store, clock)
      await manager.getToken()
      await settle()
      clock.advanceSeconds(1000)
      store.tokens.set('scripted', stored(now + 1100))
      source.next(new Error('down'))
      expect((await manager.getToken()).value).toBe('token-1')
      await settle()
      expect((await manager.getToken()).value).toBe('token-1')
    })
  })

  it('that is none is refused by name', () => {
    expect(() => setUp({} as TokenStore)).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID', option: 'store' }),
    )
  })
})
