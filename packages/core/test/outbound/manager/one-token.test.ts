import {
  bearerFetch,
  type ManagerEvent,
  TokenManager,
  type TokenSource,
  type TokenStore,
  wrapSource,
} from '@mayfly/core'
import { SealingError } from '@mayfly/core/grants'
import { zoomServerToServer } from '@mayfly/core/vendors'
import { FakeClock, MemoryTokenStore } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { ScriptedSource, settle } from '../../support/scripted-source.ts'

/** A store as one process sees it: it may be away from that one, or frozen, or have another key. */
class View implements TokenStore {
  state: 'good' | 'down' | 'frozen' | 'sealed' = 'good'
  readonly #store: MemoryTokenStore

  constructor(store: MemoryTokenStore) {
    this.#store = store
  }

  async #pass<Result>(run: () => Promise<Result>): Promise<Result> {
    if (this.state === 'down') throw new Error('ECONNREFUSED')
    if (this.state === 'frozen') return new Promise(() => {})
    return run()
  }

  get(id: string) {
    return this.#pass(async () => {
      const stored = await this.#store.get(id)
      if (this.state !== 'sealed' || stored === undefined) return stored
      throw new SealingError('ERR_SEALING_KEY_UNKNOWN', 'another key')
    })
  }

  set: TokenStore['set'] = (id, token) => this.#pass(() => this.#store.set(id, token))
  delete: TokenStore['delete'] = (id) => this.#pass(() => this.#store.delete(id))
  lock: NonNullable<TokenStore['lock']> = (id, options) =>
    this.#pass(() => this.#store.lock(id, options))
}

/** A vendor that has one token for a client: each new one ends the one before. */
function fleet(count: number, random = (): number => 0.5) {
  const clock = new FakeClock()
  const memory = new MemoryTokenStore(clock)
  let mints = 0
  const all = Array.from({ length: count }, () => {
    const scripted = new ScriptedSource({ clock })
    const source: TokenSource = wrapSource(scripted, {
      revokesPrevious: true,
      getToken: async () => {
        mints++
        return scripted.token(`token-${mints}`)
      },
    })
    const store = new View(memory)
    const events: ManagerEvent[] = []
    const observe = (event: ManagerEvent): void => void events.push(event)
    const manager = new TokenManager(source, { clock, store, random, observe })
    /** A request, by a server that takes the newest token alone. */
    const api: typeof fetch = async (_input, init) => {
      const sent = new Headers(init?.headers).get('authorization')
      return new Response('', { status: sent === `Bearer token-${mints}` ? 200 : 401 })
    }
    const call = async () =>
      bearerFetch(manager, { clock, fetch: api })('https://api.example.com/').then(
        ({ status }) => status,
        (error: { code?: string }) => error.code,
      )
    return { source, store, manager, events, call }
  })
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 50) {
      await settle()
      clock.advance(Math.min(50, ms - passed))
    }
    await settle()
  }
  const round = async (ms = 1000): Promise<unknown[]> => {
    const calls = all.map(({ call }) => call())
    await pass(ms)
    return Promise.all(calls)
  }
  return { clock, memory, all, pass, round, mints: () => mints }
}

type Process = ReturnType<typeof fleet>['all'][number]

const set = (all: readonly Process[], state: View['state']): void => {
  for (const { store } of all) store.state = state
}

describe('one token for all processes, whose store', () => {
  for (const state of ['down', 'frozen'] as const) {
    it(`is ${state}: the token in hand serves to its end, and none is minted beside it`, async () => {
      const { clock, all, round, mints } = fleet(4)
      expect(await round()).toEqual([200, 200, 200, 200])
      set(all, state)
      while (clock.now() < 1_700_001_190_000) {
        expect(await round()).toEqual([200, 200, 200, 200])
        clock.advanceSeconds(20)
      }
      expect(mints()).toBe(1)
    })

    it(`is ${state} when it starts: it is waited for, and there is one mint once it is back`, async () => {
      const { all, pass, mints } = fleet(4)
      set(all, state)
      const calls = all.map(({ call }) => call())
      await pass(10_000)
      expect(mints()).toBe(0)
      set(all, 'good')
      await pass(1000)
      expect(await Promise.all(calls)).toEqual([200, 200, 200, 200])
      expect(mints()).toBe(1)
    })

    it(`stays ${state}: the error says so, and calls do not wait again at once`, async () => {
      const { all, round, mints } = fleet(2)
      set(all, state)
      expect(await round(16_000)).toEqual(['ERR_TOKEN_STORE', 'ERR_TOKEN_STORE'])
      expect(await round(400)).toEqual(['ERR_TOKEN_STORE', 'ERR_TOKEN_STORE'])
      expect(mints()).toBe(0)
    })
  }

  it('has a token that was sealed with a key that one process does not have: that one mints none', async () => {
    const { all, round, mints, pass } = fleet(3)
    const [first, second, third] = all
    if (first === undefined || second === undefined || third === undefined) return
    third.store.state = 'sealed'
    expect(await first.call()).toBe(200)
    await settle()
    const refused = third.call()
    await pass(14_000)
    expect(await refused).toBe('ERR_TOKEN_STORE')
    expect(mints()).toBe(1)
    await expect(third.manager.getToken()).rejects.toThrow(/sealed with a key/)
    const code = 'ERR_SEALING_KEY_UNKNOWN'
    expect(third.events).toContainEqual({ type: 'store-failed', operation: 'get', code })
    third.store.state = 'good'
    await pass(60_000)
    expect(await round()).toEqual([200, 200, 200])
    expect(mints()).toBe(1)
  })

  it('went away between a mint and its end: the token is written once it is back, and nobody gets a 401', async () => {
    const { all, memory, pass, round, mints, clock } = fleet(3)
    expect(await round()).toEqual([200, 200, 200])
    const [first, ...others] = all
    if (first === undefined) return
    clock.advanceSeconds(1000)
    // It may still read and lock, and the write is lost.
    const write = first.store.set
    first.store.set = () => Promise.reject(new Error('gone'))
    expect(await first.call()).toBe(200)
    await pass(100)
    expect(mints()).toBe(2)
    set(all, 'frozen')
    first.store.set = write
    const calls = others.map(({ call }) => call())
    await pass(8000)
    set(all, 'good')
    await pass(20_000)
    expect(await Promise.all(calls)).toEqual([200, 200])
    // Who finds the store first, the new token's process or another, is a matter of chance.
    expect(mints()).toBeLessThanOrEqual(3)
    expect(await round()).toEqual([200, 200, 200])
    expect(memory.tokens.get('scripted')?.value).toBe(`token-${mints()}`)
  })

  it('is frozen after a refusal: the error says why, and not a 401', async () => {
    const { all, pass, round, mints } = fleet(2)
    await round()
    const [first, second] = all
    if (first === undefined || second === undefined) return
    await first.manager.getToken({ forceRefresh: true })
    second.store.state = 'frozen'
    const call = second.call()
    await pass(14_000)
    expect(await call).toBe('ERR_TOKEN_STORE')
    expect(mints()).toBe(2)
  })

  it('has been gone for longer than a token lives: processes mint, spaced out, and say so', async () => {
    const draws = [0.2, 0.8]
    let draw = 0
    const { all, round, mints, clock } = fleet(2, () => draws[draw++ % 2] ?? 0)
    await round()
    set(all, 'down')
    const began = clock.now()
    let firstAt = 0
    while (clock.now() < began + 2 * 1_200_000) {
      await round(14_000)
      if (mints() > 1 && firstAt === 0) firstAt = clock.now()
      clock.advanceSeconds(30)
    }
    expect(firstAt - began).toBeGreaterThan(1_200_000)
    expect(mints()).toBeGreaterThan(1)
    expect(mints()).toBeLessThanOrEqual(1 + 2)
    const told = all.flatMap(({ events }) => events.filter(({ type }) => type === 'store-bypassed'))
    expect(told).toHaveLength(mints() - 1)
  })

  it('has another token than the one in hand: it is taken before it costs a refusal', async () => {
    const { all, pass, round } = fleet(2)
    await round()
    const [first, second] = all
    if (first === undefined || second === undefined) return
    await first.manager.getToken({ forceRefresh: true })
    await pass(1100)
    await second.manager.getToken()
    await pass(100)
    expect((await second.manager.getToken()).value).toBe('token-2')
    expect(second.manager.stats().rejected).toBe(0)
  })

  it('has nothing to go by, since the source’s id is random: that is said when it is built', () => {
    const parts = { accountId: 'account', clientId: 'client', clientSecret: async () => 'x' }
    const store = new MemoryTokenStore()
    const source = zoomServerToServer(parts)
    expect(() => new TokenManager(source, { store })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID', option: 'store' }),
    )
    expect(
      () => new TokenManager(zoomServerToServer({ ...parts, clientSecret: 'short' }), { store }),
    ).toThrow(/wrapSource/)
    const named = wrapSource(source, { id: 'zoom-of-ours' })
    expect(new TokenManager(named, { store }).id).toBe('zoom-of-ours')
    const events: ManagerEvent[] = []
    const cheap = wrapSource(source, { revokesPrevious: false })
    const observe = (event: ManagerEvent): void => void events.push(event)
    expect(new TokenManager(cheap, { store, observe }).id).toMatch(
      /^zoom-server-to-server:unshared:/,
    )
    expect(events).toEqual([{ type: 'store-unused', reason: 'random-id' }])
  })
})

describe('a token that another process was refused with', () => {
  function two() {
    const clock = new FakeClock()
    const memory = new MemoryTokenStore(clock)
    let reads = 0
    const managers = ['first', 'second'].map((name) => {
      const source = new ScriptedSource({ clock })
      const mint = source.token.bind(source)
      source.token = (value, ...rest) => mint(`${name}-${value}`, ...rest)
      const store = new View(memory)
      const get = store.get.bind(store)
      store.get = (id) => {
        reads++
        return get(id)
      }
      return { source, manager: new TokenManager(source, { clock, store, random: () => 0.5 }) }
    })
    return { clock, memory, managers, reads: () => reads }
  }

  it('is used no longer than a second, whether or not there is another yet', async () => {
    const { clock, managers } = two()
    const [first, second] = managers
    if (first === undefined || second === undefined) return
    const token = await first.manager.getToken()
    await settle()
    expect((await second.manager.getToken()).value).toBe(token.value)
    first.manager.invalidate(token)
    await settle()
    clock.advance(1000)
    await second.manager.getToken()
    await settle()
    expect(second.manager.stats().state).toBe('empty')
    const next = await second.manager.getToken()
    expect(next.value).toBe('second-token-1')
    expect(second.source.mints).toBe(1)
    await settle()
    expect((await first.manager.getToken()).value).toBe(next.value)
    expect(first.source.mints).toBe(1)
  })

  it('costs the store one look a second, and none while nobody asks', async () => {
    const { clock, managers, reads } = two()
    const [first] = managers
    await first?.manager.getToken()
    await settle()
    const before = reads()
    for (let call = 0; call < 1000; call++) {
      await first?.manager.getToken()
      clock.advance(5)
    }
    await settle()
    expect(reads() - before).toBe(4)
    clock.advanceSeconds(600)
    expect(reads() - before).toBe(4)
  })

  it('is not given up for a mark that is of another token', async () => {
    const { clock, managers } = two()
    const [first, second] = managers
    if (first === undefined || second === undefined) return
    const old = await first.manager.getToken()
    await settle()
    await second.manager.getToken()
    await first.manager.getToken({ forceRefresh: true })
    await settle()
    second.manager.invalidate(old)
    await settle()
    clock.advance(2000)
    expect((await first.manager.getToken()).value).toBe('first-token-2')
    await settle()
    expect((await first.manager.getToken()).value).toBe('first-token-2')
    expect((await second.manager.getToken()).value).toBe('first-token-2')
  })
})
