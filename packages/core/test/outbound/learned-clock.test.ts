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

describe('the candidate of a learned clock', () => {
  it('follows a server that is two hours ahead after one answer, to within a second', () => {
    const local = new FakeClock()
    const clock = new LearnedClock(local)
    clock.learn(sampleOf(local, 7_200_300, 80))
    expect(Math.abs(clock.candidateMs - 7_200_300)).toBeLessThanOrEqual(540)
  })

  it('stays at zero while zero is possible', () => {
    const local = new FakeClock()
    const clock = new LearnedClock(local)
    for (const offset of [0, 200, 400, 600]) clock.learn(sampleOf(local, offset, 50))
    expect(clock.candidateMs).toBe(0)
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
            const error = Math.abs(clock.candidateMs - offset)
            expect(error).toBeLessThanOrEqual(clock.candidateMs === 0 ? widest : widest / 2)
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
    expect(Math.abs(clock.candidateMs - 60_900)).toBeLessThanOrEqual(35)
  })

  it('starts anew when a clock stepped', () => {
    const local = new FakeClock()
    const clock = new LearnedClock(local)
    clock.learn(sampleOf(local, 120_000))
    expect(clock.learn(sampleOf(local, 0))).toBeLessThan(-119_000)
    expect(clock.candidateMs).toBe(0)
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
    expect(clock.candidateMs).toBe(0)
    expect(clock.learn({ ...good, sentAt: good.receivedAt - 10_000 })).toBeGreaterThan(490_000)
  })

  it('is kept per origin', () => {
    const local = new FakeClock()
    const clocks = new LearnedClocks(local)
    clocks.of('https://a.example').learn(sampleOf(local, 60_000))
    expect(clocks.of('https://b.example').candidateMs).toBe(0)
    expect(Object.keys(clocks.offsets())).toEqual(['https://a.example', 'https://b.example'])
    expect(clocks.of('https://a.example')).toBe(clocks.of('https://a.example'))
  })
})

describe('the clock in force', () => {
  const dates = (local: FakeClock, offsetMs = 0) => {
    const issuedAt = (local.now() + offsetMs) / 1000 - 60
    return { issuedAt, expiresAt: issuedAt + 1200 }
  }

  function learnt(offsetMs: number) {
    const local = new FakeClock()
    const clock = new LearnedClock(local)
    clock.learn(sampleOf(local, offsetMs))
    return { local, clock }
  }

  it('is the local one, whatever Date says, until a token is refused', () => {
    const { clock, local } = learnt(1_800_000)
    for (let answers = 0; answers < 10; answers++) clock.accepted(undefined, dates(local))
    expect([clock.offsetMs, clock.origin]).toEqual([0, 'local'])
  })

  it('is the candidate once a token that was dated by it is accepted, and stays that', () => {
    const { clock, local } = learnt(7_200_000)
    expect(clock.refused(undefined, dates(local))).toBe(true)
    expect([clock.offsetMs, clock.origin]).toEqual([7_200_500, 'trial'])
    const { trial } = clock
    expect(clock.accepted(trial, dates(local, 7_200_500))).toBe(7_200_500)
    clock.learn(sampleOf(local, 0))
    expect([clock.offsetMs, clock.origin]).toEqual([7_200_500, 'learned'])
  })

  it('is the one that had worked where the candidate is refused, which then waits for minutes, doubling', () => {
    const { clock, local } = learnt(7_200_000)
    const waits: number[] = []
    for (let trials = 0; trials < 4; trials++) {
      expect(clock.refused(undefined, dates(local))).toBe(true)
      clock.refused(clock.trial)
      expect([clock.offsetMs, clock.origin]).toEqual([0, 'local'])
      let minutes = 0
      for (; !clock.refused(undefined, dates(local)); minutes++) local.advance(60_000)
      waits.push(minutes)
      clock.refused(clock.trial)
      local.advance(3_600_000)
    }
    expect(waits).toEqual([2, 8, 32, 60])
  })

  it('is not left for a candidate that would not explain the refusal, once it has proved right', () => {
    const { clock, local } = learnt(120_000)
    clock.accepted(undefined, dates(local))
    expect(clock.refused(undefined, dates(local))).toBe(false)
    const old = dates(local)
    local.advance(17.5 * 60_000)
    clock.accepted(undefined, dates(local))
    expect(clock.refused(undefined, old)).toBe(true)
  })

  it('is not left for a candidate by which a token that worked would have been no good', () => {
    for (const offsetMs of [1_800_000, -1_800_000]) {
      const { clock, local } = learnt(offsetMs)
      clock.accepted(undefined, dates(local))
      expect(clock.suspectedMs).toBe(0)
      expect(clock.refused(undefined, dates(local))).toBe(false)
    }
  })

  it('is left after two refusals in a row, whatever it had proved before', () => {
    const { clock, local } = learnt(120_000)
    clock.accepted(undefined, dates(local))
    expect(clock.refused(undefined, dates(local))).toBe(false)
    expect(clock.refused(undefined, dates(local))).toBe(true)
  })

  it('is the local one again where a learned one is refused twice and Date says nothing new', () => {
    const { clock, local } = learnt(7_200_000)
    clock.refused(undefined, dates(local))
    clock.accepted(clock.trial)
    const now = (): ReturnType<typeof dates> => dates(local, 7_200_500)
    expect([clock.refused(undefined, now()), clock.refused(undefined, now())]).toEqual([
      false,
      true,
    ])
    expect(clock.offsetMs).toBe(0)
    expect(clock.accepted(clock.trial)).toBe(-7_200_500)
    expect(clock.origin).toBe('local')
  })

  it('is judged by no token that was dated before a trial', () => {
    const { clock, local } = learnt(7_200_000)
    clock.refused(undefined, dates(local))
    const { trial } = clock
    expect(clock.refused(undefined, dates(local))).toBe(true)
    expect(clock.trial).toBe(trial)
    clock.refused(trial)
    expect(clock.accepted(trial)).toBe(0)
    expect(clock.refused(trial)).toBe(false)
    expect(clock.offsetMs).toBe(0)
  })
})
