import { TokenManager, TokenPool } from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { ScriptedSource } from '../../support/scripted-source.ts'

function setUp(hints: object, options: object = {}) {
  const clock = new FakeClock()
  const scripted = new ScriptedSource({ clock, lifetime: 3600 })
  const source = Object.assign(scripted, { reuse: hints })
  const manager = new TokenManager(source, { clock, random: () => 0, ...options })
  const valueAfter = async (seconds: number, forceRefresh = false): Promise<string> => {
    clock.advanceSeconds(seconds)
    return (await manager.getToken({ forceRefresh })).value
  }
  return { clock, source, manager, valueAfter }
}

describe('what a source says of reuse', () => {
  it('bounds how long a token is used', async () => {
    const { valueAfter } = setUp({ maxReuse: 3000 })
    expect(await valueAfter(0)).toBe('token-1')
    expect(await valueAfter(2969)).toBe('token-1')
    const { valueAfter: later } = setUp({ maxReuse: 3000 })
    expect(await later(0)).toBe('token-1')
    expect(await later(2970)).toBe('token-2')
  })

  it('forbids new tokens before their time, even when they are forced', async () => {
    const { valueAfter } = setUp({ minAge: 1200 })
    expect(await valueAfter(0)).toBe('token-1')
    expect(await valueAfter(1199, true)).toBe('token-1')
    expect(await valueAfter(1, true)).toBe('token-2')
  })

  it('forbids new tokens before their time, even when the last one was refused', async () => {
    const { manager, valueAfter } = setUp({ minAge: 1200 })
    expect(await valueAfter(0)).toBe('token-1')
    manager.invalidate(await manager.getToken())
    expect(await valueAfter(1199)).toBe('token-1')
    expect(await valueAfter(1)).toBe('token-2')
  })

  it('gives way to the manager’s own options', async () => {
    const { manager, valueAfter } = setUp({ maxReuse: 3000, minAge: 1200 }, { minAge: 0 })
    expect(await valueAfter(0)).toBe('token-1')
    expect(await valueAfter(1, true)).toBe('token-2')
    expect(await valueAfter(2970)).toBe('token-3')
    expect(manager.reuse).toEqual({ maxReuse: 3000, minAge: 0 })
  })

  it('counts in a pool, and where a manager is the source of another', async () => {
    const { source, clock } = setUp({ minAge: 1200 })
    const manager = new TokenPool(() => source, { max: 1, clock }).get('tenant')
    expect(new TokenManager(manager, { clock }).reuse).toEqual({ minAge: 1200 })
    await manager.getToken()
    clock.advanceSeconds(60)
    await manager.getToken({ forceRefresh: true })
    expect(source.mints).toBe(1)
  })

  it.each([
    ['an age that no token reaches', { minAge: 3600 }, 'minAge'],
    ['milliseconds', { maxReuse: 3_000_000_000_000 }, 'maxReuse'],
    ['what is no number', { minAge: '1200' }, 'minAge'],
  ])('is refused when it is %s', (_what, hints, option) => {
    expect(() => setUp(hints)).toThrow(expect.objectContaining({ name: 'OptionError', option }))
  })

  it('that does not fit a manager’s own options is refused', () => {
    expect(() => setUp({ minAge: 1200 }, { maxReuse: 1000 })).toThrow(
      expect.objectContaining({ option: 'minAge' }),
    )
  })
})

describe('a source whose new tokens end the older ones', () => {
  it.each([
    [{ revokesPrevious: true }, 'token-3'],
    [{ revokesPrevious: false }, 'token-1'],
    [{}, 'token-1'],
  ])('is never asked to do with an older one, if it says so: %o', async (says, expected) => {
    const clock = new FakeClock()
    const source = Object.assign(new ScriptedSource({ clock }), says)
    const manager = new TokenManager(source, { clock })
    expect(manager).toMatchObject(says)
    manager.confirm(await manager.getToken())
    manager.invalidate(await manager.getToken({ forceRefresh: true }))
    expect((await manager.getToken()).value).toBe(expected)
  })
})
