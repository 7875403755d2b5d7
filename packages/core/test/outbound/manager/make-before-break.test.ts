import { type ManagerEvent, LearnedClock, TokenManager } from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { ScriptedSource, settle } from '../../support/scripted-source.ts'

/** A manager with an accepted token-1 that is stale, and a token-2 in its place that nobody used. */
async function setUp(options: ConstructorParameters<typeof TokenManager>[1] = {}) {
  const clock = new FakeClock()
  const source = new ScriptedSource({ clock })
  const events: ManagerEvent[] = []
  const observe = (event: ManagerEvent): void => void events.push(event)
  const manager = new TokenManager(source, { clock, random: () => 0, observe, ...options })
  const learned = new LearnedClock(clock)
  const first = await manager.getToken({ clock: learned })
  const refresh = async () => {
    clock.advance(900_000)
    await manager.getToken({ clock: learned })
    await settle()
    return manager.getToken({ clock: learned })
  }
  return { clock, source, manager, events, learned, first, refresh }
}

describe('a new token that is refused before it ever worked', () => {
  it('gives way to the one before it for everybody, while one other is minted behind', async () => {
    const { source, manager, events, first, refresh } = await setUp()
    manager.confirm(first)
    const second = await refresh()
    const release = source.hold()
    const replacements = await Promise.all(
      Array.from({ length: 50 }, () => {
        manager.invalidate(second)
        return manager.getToken()
      }),
    )
    expect(new Set(replacements)).toEqual(new Set([first]))
    expect(events).toContainEqual({ type: 'invalidate', fallback: 'previous' })
    expect(source.mints).toBe(3)
    release()
    await settle()
    expect((await manager.getToken()).value).toBe('token-3')
  })

  it('is replaced where the one before it had never worked either', async () => {
    const { manager, refresh, events } = await setUp()
    manager.invalidate(await refresh())
    expect((await manager.getToken()).value).toBe('token-3')
    expect(events).toContainEqual({ type: 'invalidate', fallback: 'none' })
  })

  it('is replaced where the one before it was refused meanwhile', async () => {
    const { manager, first, refresh } = await setUp()
    manager.confirm(first)
    const second = await refresh()
    manager.invalidate(first)
    manager.invalidate(second)
    expect((await manager.getToken()).value).toBe('token-3')
  })

  it('is replaced where the one before it has ended', async () => {
    const { clock, manager, first, refresh } = await setUp()
    manager.confirm(first)
    const second = await refresh()
    clock.advance(300_000)
    manager.invalidate(second)
    expect((await manager.getToken()).value).toBe('token-3')
  })

  it('is replaced where a clock was set since: that explains the refusal', async () => {
    const { clock, manager, learned, first, refresh } = await setUp()
    manager.confirm(first)
    const second = await refresh()
    const date = new Date(clock.now() - 600_000).toUTCString()
    learned.learn({ date, sentAt: clock.now(), receivedAt: clock.now() })
    manager.invalidate(second)
    expect((await manager.getToken({ clock: learned })).value).toBe('token-3')
  })

  it('gives way even in the last seconds of the one before it', async () => {
    const { clock, manager, first, refresh } = await setUp()
    manager.confirm(first)
    const second = await refresh()
    clock.advance(299_000)
    manager.invalidate(second)
    expect(await manager.getToken()).toBe(first)
  })

  it('is not followed by a mint that minAge forbids', async () => {
    const { clock, source, manager, first, refresh } = await setUp({ minAge: 600 })
    manager.confirm(first)
    manager.invalidate(await refresh())
    expect(await manager.getToken()).toBe(first)
    expect(await manager.getToken({ forceRefresh: true })).toBe(first)
    await settle()
    expect(source.mints).toBe(2)
    clock.advance(300_001)
    expect((await manager.getToken()).value).toBe('token-3')
  })
})

describe('a token that had worked', () => {
  it('is replaced when it is refused: the one before it is hardly better', async () => {
    const { manager, first, refresh } = await setUp()
    manager.confirm(first)
    const second = await refresh()
    manager.confirm(second)
    manager.invalidate(second)
    expect((await manager.getToken()).value).toBe('token-3')
  })
})

it('tells the source below which token worked, once', async () => {
  const { source, manager, first } = await setUp()
  const confirmed: string[] = []
  Object.assign(source, { confirm: ({ value }: { value: string }) => confirmed.push(value) })
  manager.confirm(first)
  manager.confirm(first)
  manager.confirm(source.token('stranger'))
  expect(confirmed).toEqual(['token-1'])
})
