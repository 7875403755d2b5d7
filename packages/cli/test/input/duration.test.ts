import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDuration, parseDuration } from '../../src/input/duration.ts'
import { UsageError } from '../../src/usage-error.ts'

describe('a duration', () => {
  it.each([
    ['90s', 90],
    ['20m', 1200],
    ['48h', 172_800],
    ['1h30m', 5400],
    ['7d', 604_800],
    ['2w', 1_209_600],
    ['300', 300],
    ['0', 0],
    [' 20M ', 1200],
  ])('reads %j as %d seconds', (text, seconds) => {
    expect(parseDuration(text, '--lifetime')).toBe(seconds)
  })

  it.each(['', ' ', 'm', '-5m', '1.5h', '30m1h', '500ms', '5 m', '1e3', '9'.repeat(20), 'hunter2'])(
    'refuses %j without repeating it',
    (text) => {
      expect(() => parseDuration(text, '--lifetime')).toThrow(UsageError)
      expect(() => parseDuration(text, '--lifetime')).toThrow(/^--lifetime takes a duration: 90s, /)
      expect(() => parseDuration(text, '--lifetime')).not.toThrow(/hunter2/)
    },
  )

  it('is written as it is read', () => {
    fc.assert(
      fc.property(fc.nat(), (seconds) => {
        expect(parseDuration(formatDuration(seconds), '--lifetime')).toBe(seconds)
      }),
    )
  })
})
