import { OptionError } from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { FakeClock } from '../src/fake-clock.ts'

describe('FakeClock', () => {
  it('starts at a round second and stands still', () => {
    const clock = new FakeClock()
    expect(clock.now()).toBe(1_700_000_000_000)
    expect(clock.now()).toBe(1_700_000_000_000)
  })

  it('starts where it is told, the epoch included', () => {
    expect(new FakeClock(0).now()).toBe(0)
  })

  it('moves by milliseconds and by seconds', () => {
    const clock = new FakeClock(1000)
    clock.advance(1)
    clock.advanceSeconds(2.5)
    expect(clock.now()).toBe(3501)
  })

  it('is set forwards and backwards', () => {
    const clock = new FakeClock(1000)
    clock.set(5)
    expect(clock.now()).toBe(5)
    clock.set(9000)
    expect(clock.now()).toBe(9000)
  })

  it('ends a timeout when it falls due and not a millisecond before', () => {
    const clock = new FakeClock()
    const signal = clock.timeout(10)
    clock.advance(9)
    expect(signal.aborted).toBe(false)
    clock.advance(1)
    expect(signal.aborted).toBe(true)
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' })
  })

  it('does not end a timeout when the clock is set past it', () => {
    const clock = new FakeClock(0)
    const signal = clock.timeout(10)
    clock.set(1_000_000)
    clock.advance(4)
    clock.advance(5)
    expect(signal.aborted).toBe(false)
    clock.set(0)
    clock.advance(1)
    expect(signal.aborted).toBe(true)
  })

  it('ends timeouts in the order in which they fall due, each at its own time', () => {
    const clock = new FakeClock(0)
    const seen: [string, number][] = []
    clock.timeout(30).addEventListener('abort', () => seen.push(['late', clock.now()]))
    clock.timeout(10).addEventListener('abort', () => seen.push(['early', clock.now()]))
    clock.timeout(10).addEventListener('abort', () => seen.push(['second', clock.now()]))
    clock.advance(100)
    expect(seen).toEqual([
      ['early', 10],
      ['second', 10],
      ['late', 30],
    ])
    expect(clock.now()).toBe(100)
  })

  it('ends a timeout that a listener made, when it falls due within the same advance', () => {
    const clock = new FakeClock(0)
    const seen: number[] = []
    clock.timeout(10).addEventListener('abort', () => {
      clock.timeout(10).addEventListener('abort', () => seen.push(clock.now()))
      clock.timeout(91).addEventListener('abort', () => seen.push(clock.now()))
    })
    clock.advance(100)
    expect(seen).toEqual([20])
  })

  it('does not go backwards when a listener lets more time pass than was left', () => {
    const clock = new FakeClock(0)
    clock.timeout(10).addEventListener('abort', () => clock.advance(500))
    clock.advance(20)
    expect(clock.now()).toBe(510)
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('refuses %s as a time', (value) => {
    const clock = new FakeClock()
    expect(() => new FakeClock(value)).toThrow(OptionError)
    expect(() => clock.advance(value)).toThrow(OptionError)
    expect(() => clock.advanceSeconds(value)).toThrow(OptionError)
    expect(() => clock.set(value)).toThrow(OptionError)
    expect(() => clock.timeout(value)).toThrow(OptionError)
  })

  it('refuses to let time pass backwards, and says what to use', () => {
    expect(() => new FakeClock().advance(-1)).toThrow(/use set\(\)/)
  })
})
