import { LearnedClock, LearnedClocks } from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

/** What an answer says whose server is `offsetMs` ahead, half a round trip after it was sent. */
function sampleOf(clock: FakeClock, offsetMs: number, roundTripMs = 0) {
  const sentAt = clock.now()
  const serverTime = sentAt + roundTripMs / 2 + offsetMs
  clock.advance(roundTripMs)
  return { date: new Date(serverTime).toUTCString(), sentAt, receivedAt: clock.now() }
}

describe('the learned clock', () => {
  it('follows a server that is two hours ahead after one answer, to within a second', () => {
    const local = new FakeClock()
    const clock = new LearnedClock(local)
    clock.learn(sampleOf(local, 7_200_300, 80))
    expect(Math.abs(clock.now() - (local.now() + 7_200_300))).toBeLessThanOrEqual(540)
  })

  it('stays at zero while zero is possible', () => {
    const local = new FakeClock()
    const clock = new LearnedClock(local)
    for (const offset of [0, 200, 400, 600]) clock.learn(sampleOf(local, offset, 50))
    expect(clock.offsetMs).toBe(0)
  })

  it('never lets go of the true offset, whatever the answers’ delays', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -7_200_000, max: 7_200_000 }),
        fc.array(
          fc.record({
            trip: fc.integer({ min: 0, max: 9999 }),
            where: fc.double({ min: 0, max: 1, noNaN: true }),
            pause: fc.integer({ min: 0, max: 5000 }),
          }),
          { minLength: 1, maxLength: 20 },
        ),
        (offset, answers) => {
          const local = new FakeClock(1_700_000_000_123)
          const clock = new LearnedClock(local)
          let widest = Infinity
          for (const { trip, where, pause } of answers) {
            local.advance(pause)
            const sentAt = local.now()
            const date = new Date(sentAt + Math.floor(trip * where) + offset).toUTCString()
            local.advance(trip)
            clock.learn({ date, sentAt, receivedAt: local.now() })
            widest = Math.min(widest, 1000 + trip)
            // Zero is preferred while it is possible; otherwise the error is half an interval at most.
            const error = Math.abs(clock.offsetMs - offset)
            expect(error).toBeLessThanOrEqual(clock.offsetMs === 0 ? widest : widest / 2)
          }
        },
      ),
    )
  })

  it('narrows the offset from answer to answer', () => {
    const local = new FakeClock()
    const clock = new LearnedClock(local)
    for (let answers = 0; answers < 25; answers++) {
      clock.learn(sampleOf(local, 60_900, 10))
      local.advance(37)
    }
    expect(Math.abs(clock.offsetMs - 60_900)).toBeLessThanOrEqual(35)
  })

  it('starts anew when a clock stepped', () => {
    const local = new FakeClock()
    const clock = new LearnedClock(local)
    clock.learn(sampleOf(local, 120_000))
    expect(clock.learn(sampleOf(local, 0))).toBeLessThan(-119_000)
    expect(clock.offsetMs).toBe(0)
  })

  it('learns nothing from a cached, undated, oddly dated or slow answer', () => {
    const local = new FakeClock()
    const clock = new LearnedClock(local)
    const good = sampleOf(local, 500_000)
    const useless = [
      { ...good, age: '0' },
      { ...good, age: '17' },
      { ...good, date: undefined },
      { ...good, date: null },
      { ...good, date: '' },
      { ...good, date: '2026-11-21T00:00:00Z' },
      { ...good, date: 'Sunday, 06-Nov-94 08:49:37 GMT' },
      { ...good, date: 'Tue, 99 Nov 2023 22:13:20 GMT' },
      { ...good, date: `${good.date}, ${good.date}` },
      { ...good, sentAt: good.receivedAt - 10_001 },
      { ...good, sentAt: good.receivedAt + 1 },
      { ...good, sentAt: Number.NaN },
    ]
    for (const sample of useless) expect(clock.learn(sample)).toBe(0)
    expect(clock.offsetMs).toBe(0)
    expect(clock.learn({ ...good, sentAt: good.receivedAt - 10_000 })).toBeGreaterThan(490_000)
  })

  it('is kept per origin', () => {
    const local = new FakeClock()
    const clocks = new LearnedClocks(local)
    clocks.of('https://a.example').learn(sampleOf(local, 60_000))
    expect(clocks.of('https://b.example').offsetMs).toBe(0)
    expect(Object.keys(clocks.offsets())).toEqual(['https://a.example', 'https://b.example'])
    expect(clocks.of('https://a.example')).toBe(clocks.of('https://a.example'))
  })
})
