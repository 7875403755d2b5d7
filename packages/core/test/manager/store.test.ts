import { type ManagerEvent, type StoredToken, TokenManager, type TokenStore } from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { ScriptedSource, settle } from '../support/scripted-source.ts'

class MemoryStore implements TokenStore {
  readonly tokens = new Map<string, StoredToken>()

  async get(id: string): Promise<StoredToken | undefined> {
    return this.tokens.get(id)
  }

  async set(id: string, token: StoredToken): Promise<void> {
    this.tokens.set(id, token)
  }

  async delete(id: string): Promise<void> {
    this.tokens.delete(id)
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
    const store = new MemoryStore()
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
    const store = new MemoryStore()
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
    const store = new MemoryStore()
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
      const store = new MemoryStore()
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

  it('that never answers is done without after storeTimeoutMs', async () => {
    const never = (): Promise<never> => new Promise(() => {})
    const { clock, source, manager } = setUp({ get: never, set: never, delete: never })
    const call = manager.getToken()
    await settle()
    clock.advance(199)
    await settle()
    expect(source.mints).toBe(0)
    clock.advance(1)
    expect((await call).value).toBe('token-1')
  })

  it('is not asked by a forced call', async () => {
    const store = new MemoryStore()
    const clock = new FakeClock()
    await setUp(store, clock).manager.getToken()
    const { source, manager } = setUp(store, clock)
    await manager.getToken({ forceRefresh: true })
    expect(source.mints).toBe(1)
  })

  it('that is none is refused by name', () => {
    expect(() => setUp({} as TokenStore)).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID', option: 'store' }),
    )
  })
})
