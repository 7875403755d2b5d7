import { inspect } from 'node:util'
import { type AccessToken, createAccessToken, type ManagerEvent, TokenManager } from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { ScriptedSource, settle } from '../../support/scripted-source.ts'

function setUp(options: ConstructorParameters<typeof TokenManager>[1] = {}) {
  const clock = new FakeClock()
  const source = new ScriptedSource({ clock, lifetime: 3600 })
  const events: ManagerEvent[] = []
  const observe = (event: ManagerEvent): void => void events.push(event)
  const manager = new TokenManager(source, { clock, random: () => 0, observe, ...options })
  return { clock, source, manager, events }
}

describe('a token that the server refused', () => {
  it('is replaced at the next call, and the source is told', async () => {
    const { source, manager, events } = setUp()
    manager.invalidate(await manager.getToken())
    expect((await manager.getToken()).value).toBe('token-2')
    expect(source.invalidated).toEqual(['token-1'])
    expect(events.map(({ type }) => type)).toEqual(['mint', 'invalidate', 'mint'])
    expect(events.at(-1)).toMatchObject({ reason: 'rejected' })
  })

  it('is dropped only while it is the one in hand: 50 refusals lead to one mint', async () => {
    const { source, manager } = setUp()
    const token = await manager.getToken()
    const replacements = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        for (let turn = 0; turn < index % 5; turn++) await settle()
        manager.invalidate(token)
        return manager.getToken()
      }),
    )
    expect(source.mints).toBe(2)
    expect(new Set(replacements.map(({ value }) => value))).toEqual(new Set(['token-2']))
    expect(manager.stats().rejected).toBe(1)
  })

  it('is known by its value, not by its object', async () => {
    const { source, manager } = setUp()
    const { value, issuedAt, expiresAt } = await manager.getToken()
    manager.invalidate(createAccessToken({ value, issuedAt, expiresAt }))
    await manager.getToken()
    expect(source.mints).toBe(2)
  })

  it('goes on serving where the source has no other, and the source is asked with growing pauses', async () => {
    const { clock, source, manager, events } = setUp()
    const token = await manager.getToken()
    manager.invalidate(token)
    const tries: number[] = []
    for (let passed = 0; passed < 4000; passed += 50) {
      source.next(async () => token)
      const before = source.mints
      expect(await manager.getToken()).toBe(token)
      if (source.mints > before) tries.push(passed)
      clock.advance(50)
    }
    expect(tries).toEqual([0, 250, 750, 1750, 3750])
    expect(events.at(-1)).toMatchObject({ type: 'refresh-failed', code: 'ERR_TOKEN_UNUSABLE' })
    expect(manager.stats().state).toBe('expired')
  })
})

describe('the minimum age', () => {
  it('holds against a forced refresh and against a refusal', async () => {
    const { clock, source, manager } = setUp({ minAge: 1200 })
    const token = await manager.getToken()
    manager.invalidate(token)
    clock.advance(1_199_999)
    expect(await manager.getToken()).toBe(token)
    expect(await manager.getToken({ forceRefresh: true })).toBe(token)
    expect(source.mints).toBe(1)
    clock.advance(1)
    expect((await manager.getToken()).value).toBe('token-2')
  })

  it('is measured on the local clock, so that a corrected offset does not stretch it', async () => {
    const { clock, manager } = setUp({ minAge: 1200 })
    let offsetMs = 7_200_000
    const server = { now: () => clock.now() + offsetMs }
    const token = await manager.getToken({ clock: server })
    offsetMs = 0
    manager.invalidate(token)
    clock.advance(1_200_000)
    expect((await manager.getToken({ clock: server })).value).toBe('token-2')
  })

  it('is no reason to serve a token that has ended', async () => {
    const { clock, source, manager } = setUp({ minAge: 1200 })
    source.next(async () =>
      createAccessToken({ value: 'short', issuedAt: 1_700_000_000, expiresAt: 1_700_000_600 }),
    )
    await manager.getToken()
    clock.advance(600_000)
    expect((await manager.getToken()).value).toBe('token-2')
  })
})

describe('what can be seen of a token', () => {
  it('is never its value: not in inspect, String, JSON, stats, events or errors', async () => {
    const { source, manager, events } = setUp()
    const token = createAccessToken({
      value: 'sesame-sesame',
      issuedAt: 1_700_000_000,
      expiresAt: 1_700_003_600,
    })
    source.next(async () => token)
    await manager.getToken()
    manager.invalidate(token)
    source.next(async () => token)
    const error = await manager.getToken().catch((reason: unknown) => reason)
    const seen = [token, manager, manager.stats(), events, error].flatMap((value) => [
      inspect(value, { depth: 10, showHidden: true }),
      // What an access token does in a string is tested beside what hides it.
      value === token ? '' : String(value),
      JSON.stringify(value) ?? '',
      JSON.stringify(value, Object.getOwnPropertyNames(value)) ?? '',
    ])
    expect(seen.join('\n')).not.toContain('sesame')
    expect(token.value).toBe('sesame-sesame')
  })

  it('is hidden even where the source gave a plain object', async () => {
    const { source, manager } = setUp()
    const plain = {
      value: 'sesame-sesame',
      issuedAt: 1_700_000_000,
      expiresAt: 1_700_003_600,
      origins: [],
    } as unknown as AccessToken
    source.next(async () => plain)
    const token = await manager.getToken()
    expect(token.value).toBe('sesame-sesame')
    expect(inspect(token, { showHidden: true })).not.toContain('sesame')
    manager.invalidate(plain)
    expect((await manager.getToken()).value).toBe('token-2')
  })

  const unusable: readonly [string, unknown, string][] = [
    ['nothing', undefined, 'an access token'],
    ['a bare string', 'sesame', 'an access token'],
    ['no origins', { value: 'sesame', issuedAt: 1, expiresAt: 2 }, '"origins"'],
    ['no value', { issuedAt: 1, expiresAt: 2, origins: [] }, '"value"'],
    ['milliseconds', { value: 'x', issuedAt: 1, expiresAt: 1.7e12, origins: [] }, '"expiresAt"'],
    [
      'an end before its begin',
      { value: 'x', issuedAt: 2, expiresAt: 2, origins: [] },
      '"expiresAt"',
    ],
  ]
  for (const [what, given, named] of unusable) {
    it(`is asked of a source that gives ${what}, in an error that names what is missing`, async () => {
      const { source, manager } = setUp()
      source.next(async () => given as AccessToken)
      const error: unknown = await manager.getToken().catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'ERR_TOKEN_UNUSABLE' })
      expect(inspect(error)).toContain(named)
      expect(inspect(error)).not.toContain('sesame')
    })
  }
})
