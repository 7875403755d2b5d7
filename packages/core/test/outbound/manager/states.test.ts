import { LearnedClock, type ManagerEvent, TokenManager } from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { ScriptedSource, settle } from '../../support/scripted-source.ts'

function setUp(options: ConstructorParameters<typeof TokenManager>[1] = {}, lifetime = 1200) {
  const clock = new FakeClock()
  const source = new ScriptedSource({ clock, lifetime })
  const events: ManagerEvent[] = []
  const observe = (event: ManagerEvent): void => void events.push(event)
  const manager = new TokenManager(source, { clock, random: () => 0, observe, ...options })
  return { clock, source, manager, events }
}

describe('the states of a token', () => {
  it('mints at the first call and reuses the token while it is fresh', async () => {
    const { clock, source, manager } = setUp()
    const first = await manager.getToken()
    clock.advance(899_999)
    const second = await manager.getToken()
    expect(second).toBe(first)
    expect(source.mints).toBe(1)
    expect(manager.stats()).toMatchObject({ state: 'fresh', served: 2, mints: 1 })
  })

  it('gives a stale token out at once and refreshes it in the background, once', async () => {
    const { clock, source, manager } = setUp()
    const first = await manager.getToken()
    clock.advance(900_000)
    const release = source.hold()
    expect(await manager.getToken()).toBe(first)
    expect(await manager.getToken()).toBe(first)
    expect(manager.stats()).toMatchObject({ state: 'stale', refreshing: true })
    expect(source.mints).toBe(2)
    release()
    await settle()
    const next = await manager.getToken()
    expect(next.value).toBe('token-2')
    expect(source.mints).toBe(2)
  })

  it('waits for the refresh from the expiry margin on', async () => {
    const { clock, source, manager } = setUp()
    await manager.getToken()
    clock.advance(1_169_999)
    const release = source.hold()
    expect((await manager.getToken()).value).toBe('token-1')
    release()
    await settle()

    const other = setUp()
    await other.manager.getToken()
    other.clock.advance(1_170_000)
    expect((await other.manager.getToken()).value).toBe('token-2')
    expect(other.events.at(-1)).toMatchObject({ type: 'mint', reason: 'expired' })
  })

  it('has a quarter and a tenth of the lifetime as margins where those are less', async () => {
    const { clock, source, manager } = setUp({}, 60)
    await manager.getToken()
    clock.advance(44_999)
    await manager.getToken()
    expect(source.mints).toBe(1)
    clock.advance(1)
    expect((await manager.getToken()).value).toBe('token-1')
    await settle()
    expect(source.mints).toBe(2)
  })

  it('pulls the refresh earlier by the jitter that it draws once per token', async () => {
    const draws = [0.5, 1]
    const { clock, source, manager } = setUp({ random: () => draws.shift() ?? 0 })
    await manager.getToken()
    // 300 s, earlier by half of 20 %.
    expect(manager.stats().refreshAt).toBe(1_700_000_000 + 1200 - 330)
    clock.advance(870_000)
    await manager.getToken()
    await settle()
    expect(source.mints).toBe(2)
    expect(manager.stats().refreshAt).toBe(1_700_000_870 + 1200 - 360)
  })

  it('stops reuse at maxReuse, whatever expiresAt says', async () => {
    const { clock, manager } = setUp({ maxReuse: 600 }, 3600)
    await manager.getToken()
    clock.advance(450_000)
    expect((await manager.getToken()).value).toBe('token-1')
    await settle()
    clock.advance(0)
    expect((await manager.getToken()).value).toBe('token-2')
    expect(manager.stats().refreshAt).toBe(1_700_000_450 + 450)
  })

  it('does not serve a token past maxReuse even when no new one can be had', async () => {
    const { clock, source, manager } = setUp({ maxReuse: 600 }, 3600)
    await manager.getToken()
    source.next(new Error('down'), new Error('down'), new Error('down'))
    clock.advance(599_999)
    expect((await manager.getToken()).value).toBe('token-1')
    clock.advance(1)
    await expect(manager.getToken()).rejects.toMatchObject({ code: 'ERR_MINT_FAILED' })
  })

  it('raises the expiry margin for one call with minLifetime', async () => {
    const { clock, source, manager } = setUp()
    await manager.getToken()
    clock.advance(600_000)
    expect((await manager.getToken({ minLifetime: 600 })).value).toBe('token-1')
    expect((await manager.getToken({ minLifetime: 601 })).value).toBe('token-2')
    expect(source.mints).toBe(2)
  })

  it('says so when no token of the source lives as long as minLifetime, and mints none for it', async () => {
    const { source, manager } = setUp()
    await manager.getToken()
    for (let call = 0; call < 3; call++) {
      await expect(manager.getToken({ minLifetime: 1201 })).rejects.toMatchObject({
        code: 'ERR_TOKEN_TOO_SHORT',
        permanent: true,
      })
    }
    expect(source.mints).toBe(1)
  })

  it('refuses a minLifetime that is no number of seconds', async () => {
    const { manager } = setUp()
    for (const minLifetime of [Number.NaN, -1, Infinity, 1.7e12]) {
      await expect(manager.getToken({ minLifetime })).rejects.toMatchObject({
        code: 'ERR_OPTION_INVALID',
        option: 'minLifetime',
      })
    }
  })

  it('judges by the clock of the call, so that a learned offset counts at once', async () => {
    const { clock, source, manager } = setUp()
    await manager.getToken()
    const ahead = { now: () => clock.now() + 1_170_000 }
    expect((await manager.getToken({ clock: ahead })).value).toBe('token-2')
    expect(source.calls[1]?.clock).toBe(ahead)
  })

  it('mints again when the clock was corrected while the token was being made', async () => {
    const { clock, source, manager } = setUp()
    const learned = new LearnedClock(clock)
    const date = new Date(clock.now() - 7_200_000).toUTCString()
    source.next(async (options) => {
      const dated = source.token('dated-wrongly', options.clock)
      learned.learn({ date, sentAt: clock.now(), receivedAt: clock.now() })
      return dated
    })
    const token = await manager.getToken({ clock: learned })
    expect(token.value).toBe('token-2')
    expect(token.issuedAt).toBe(1_700_000_000 - 7200)
    expect(manager.stats().clockOffsetMs).toBe(-7_199_500)
  })

  it('takes the default margins, and says so, for a token that lives shorter than announced', async () => {
    const clock = new FakeClock()
    const source = new ScriptedSource({ clock, lifetime: 100, announces: false })
    const events: ManagerEvent[] = []
    const manager = new TokenManager(source, {
      clock,
      random: () => 0,
      refreshMargin: 300,
      observe: (event) => void events.push(event),
    })
    await manager.getToken()
    expect(events.map(({ type }) => type)).toEqual(['mint', 'margins-adjusted'])
    clock.advance(74_999)
    await manager.getToken()
    expect(source.mints).toBe(1)
  })
})

describe('options of the manager', () => {
  const cases: readonly [string, object, string][] = [
    ['a refresh margin as long as the lifetime', { refreshMargin: 1200 }, 'refreshMargin'],
    [
      'a refresh margin that only the jitter makes too long',
      { refreshMargin: 1001 },
      'refreshMargin',
    ],
    ['an expiry margin as long as the lifetime', { expiryMargin: 1200 }, 'expiryMargin'],
    [
      'a refresh margin below the expiry margin',
      { refreshMargin: 30, expiryMargin: 30 },
      'refreshMargin',
    ],
    ['a negative margin', { refreshMargin: -60 }, 'refreshMargin'],
    ['a margin that is no number', { expiryMargin: Number.NaN }, 'expiryMargin'],
    ['an endless margin', { refreshMargin: Infinity }, 'refreshMargin'],
    ['milliseconds for seconds', { maxReuse: 1_700_000_000_000 }, 'maxReuse'],
    ['a minimum age as long as the lifetime', { minAge: 1200 }, 'minAge'],
    ['a jitter above one', { jitter: 1.1 }, 'jitter'],
    ['a time limit of zero', { timeoutMs: 0 }, 'timeoutMs'],
  ]
  for (const [what, options, option] of cases) {
    it(`refuses ${what}, by name`, () => {
      expect(() => setUp(options)).toThrow(
        expect.objectContaining({ name: 'OptionError', code: 'ERR_OPTION_INVALID', option }),
      )
    })
  }

  it('takes a margin just inside the lifetime', async () => {
    const { clock, source, manager } = setUp({ refreshMargin: 999 })
    await manager.getToken()
    clock.advance(200_000)
    await manager.getToken()
    expect(source.mints).toBe(1)
  })

  it('names the nearest option for an unknown one', () => {
    expect(() => setUp({ refreshMargins: 60 } as object)).toThrow(/Did you mean "refreshMargin"\?/)
  })

  it('refuses what is not a source', () => {
    for (const source of [undefined, null, {}, { getToken() {} }, 'text']) {
      expect(() => new TokenManager(source as never)).toThrow(
        expect.objectContaining({ code: 'ERR_OPTION_INVALID', option: 'source' }),
      )
    }
  })

  it('copies its options and changes none', async () => {
    const clock = new FakeClock()
    const options = Object.freeze({ clock, refreshMargin: 100, random: () => 0 })
    const manager = new TokenManager(new ScriptedSource({ clock }), options)
    await manager.getToken()
    expect(manager.stats().refreshAt).toBe(1_700_001_100)
  })
})
