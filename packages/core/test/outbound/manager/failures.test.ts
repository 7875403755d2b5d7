import { type ManagerEvent, SourceError, TokenManager } from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ScriptedSource, settle } from '../../support/scripted-source.ts'

function setUp(options: ConstructorParameters<typeof TokenManager>[1] = {}) {
  const clock = new FakeClock()
  const source = new ScriptedSource({ clock })
  const events: ManagerEvent[] = []
  const observe = (event: ManagerEvent): void => void events.push(event)
  const manager = new TokenManager(source, { clock, random: () => 0, observe, ...options })
  return { clock, source, manager, events }
}

const unhandled: unknown[] = []
const collect = (reason: unknown): void => void unhandled.push(reason)
beforeEach(() => {
  unhandled.length = 0
  process.on('unhandledRejection', collect)
})
afterEach(() => {
  process.off('unhandledRejection', collect)
  expect(unhandled).toEqual([])
})

const down = (): Error => new Error('connect ECONNREFUSED')

describe('a failure without a usable token', () => {
  it('reaches everyone who waited, typed and with its cause, and one try was made', async () => {
    const { source, manager } = setUp()
    const cause = down()
    source.next(cause)
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => manager.getToken()))
    expect(source.mints).toBe(1)
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { name: 'SourceError', code: 'ERR_MINT_FAILED', permanent: false, cause },
      })
    }
  })

  it('is not replayed to a later caller: after the pause the next call tries again', async () => {
    const { clock, source, manager } = setUp()
    source.next(down())
    await expect(manager.getToken()).rejects.toThrow()
    clock.advance(250)
    expect((await manager.getToken()).value).toBe('token-2')
  })

  it('keeps a typed error of the source as it is', async () => {
    const { source, manager } = setUp()
    const error = new SourceError('ERR_MINT_REFUSED', 'invalid_client', { permanent: true })
    source.next(error)
    await expect(manager.getToken()).rejects.toBe(error)
  })

  it('is said of a token that had already ended when it came', async () => {
    const { clock, source, manager } = setUp()
    source.next(async () => source.token('old', { now: () => clock.now() - 1_200_000 }))
    await expect(manager.getToken()).rejects.toMatchObject({ code: 'ERR_TOKEN_UNUSABLE' })
    expect(manager.stats()).toMatchObject({ state: 'empty', failures: 1 })
  })

  it('is typed even when the source throws without a promise', async () => {
    const { source, manager } = setUp()
    source.getToken = () => {
      throw new Error('not even async')
    }
    await expect(manager.getToken()).rejects.toMatchObject({ code: 'ERR_MINT_FAILED' })
  })
})

describe('a failure while the old token is still good', () => {
  it('reaches the observer and nobody else when it happens in the background', async () => {
    const { clock, source, manager, events } = setUp()
    await manager.getToken()
    clock.advance(900_000)
    source.next(down())
    expect((await manager.getToken()).value).toBe('token-1')
    await settle()
    expect(events.at(-1)).toMatchObject({
      type: 'refresh-failed',
      reason: 'stale',
      permanent: false,
      cooldownMs: 5000,
    })
    expect((await manager.getToken()).value).toBe('token-1')
  })

  it('waits 5 s before the next try, then doubles up to 60 s', async () => {
    const { clock, source, manager } = setUp()
    await manager.getToken()
    clock.advance(900_000)
    const tries: number[] = []
    for (let second = 0; second < 200; second++) {
      source.next(down())
      const before = source.mints
      await manager.getToken()
      await settle()
      if (source.mints > before) tries.push(second)
      else source.next()
      clock.advance(1000)
    }
    expect(tries).toEqual([0, 5, 15, 35, 75, 135, 195])
  })

  it('waits for as long as the server asked with Retry-After', async () => {
    const { clock, source, manager } = setUp()
    await manager.getToken()
    clock.advance(900_000)
    source.next(new SourceError('ERR_MINT_FAILED', 'busy', { retryAfterMs: 90_000 }))
    await manager.getToken()
    await settle()
    clock.advance(89_999)
    await manager.getToken()
    expect(source.mints).toBe(2)
    clock.advance(1)
    await manager.getToken()
    expect(source.mints).toBe(3)
  })

  it('leaves a source that refused the credentials alone for a minute at once', async () => {
    const { clock, source, manager, events } = setUp()
    await manager.getToken()
    clock.advance(900_000)
    source.next(new SourceError('ERR_MINT_REFUSED', 'invalid_client', { permanent: true }))
    await manager.getToken()
    await settle()
    expect(events.at(-1)).toMatchObject({ permanent: true, cooldownMs: 60_000 })
  })

  it('serves the old token until its very end, inside the expiry margin too', async () => {
    const { clock, source, manager } = setUp({ failureCooldown: 0 })
    await manager.getToken()
    source.next(down(), down())
    clock.advance(1_170_000)
    expect((await manager.getToken()).value).toBe('token-1')
    clock.advance(29_999)
    expect((await manager.getToken()).value).toBe('token-1')
    clock.advance(1)
    // The second failure was a moment ago.
    await expect(manager.getToken()).rejects.toMatchObject({ retryAfterMs: 499 })
    clock.advance(499)
    expect((await manager.getToken()).value).toBe('token-4')
  })

  it('throws to a forced caller, and keeps the old token for the others', async () => {
    const { source, manager } = setUp()
    await manager.getToken()
    source.next(down())
    await expect(manager.getToken({ forceRefresh: true })).rejects.toThrow()
    expect((await manager.getToken()).value).toBe('token-1')
  })

  it('throws to a caller whose minLifetime the old token does not reach', async () => {
    const { clock, source, manager } = setUp()
    await manager.getToken()
    clock.advance(700_000)
    source.next(down())
    await expect(manager.getToken({ minLifetime: 600 })).rejects.toMatchObject({
      code: 'ERR_MINT_FAILED',
    })
  })

  it('forgets the failures after a success', async () => {
    const { clock, source, manager, events } = setUp()
    await manager.getToken()
    clock.advance(900_000)
    source.next(down())
    await manager.getToken()
    await settle()
    clock.advance(5000)
    await manager.getToken()
    await settle()
    expect(manager.stats().state).toBe('fresh')
    clock.advance(900_000)
    source.next(down())
    await manager.getToken()
    await settle()
    expect(events.at(-1)).toMatchObject({ type: 'refresh-failed', cooldownMs: 5000 })
  })

  it('waits between the tries inside the expiry margin too', async () => {
    const { clock, source, manager } = setUp()
    await manager.getToken()
    clock.advance(1_170_000)
    source.next(down())
    await manager.getToken()
    await manager.getToken()
    expect(source.mints).toBe(2)
    clock.advance(5000)
    expect((await manager.getToken()).value).toBe('token-3')
  })

  it('waits no longer than it should on a clock that is set back meanwhile', async () => {
    const { clock, source, manager } = setUp()
    await manager.getToken()
    clock.advance(901_000)
    source.next(down())
    await manager.getToken()
    await settle()
    clock.set(clock.now() - 500)
    await manager.getToken()
    await settle()
    expect(manager.stats().mints).toBe(2)
  })

  it('does not ask again at once when the source has nothing newer', async () => {
    const { clock, source, manager } = setUp()
    const first = await manager.getToken()
    clock.advance(900_000)
    source.next(
      async () => first,
      async () => first,
    )
    for (let call = 0; call < 5; call++) {
      expect((await manager.getToken()).value).toBe('token-1')
      await settle()
    }
    expect(source.mints).toBe(2)
  })
})

it('is not harmed by an observer that throws or rejects', async () => {
  for (const observe of [
    () => {
      throw new Error('observer')
    },
    () => Promise.reject(new Error('observer')) as never,
  ]) {
    const { manager } = setUp({ observe })
    expect((await manager.getToken()).value).toBe('token-1')
    await settle()
  }
})
