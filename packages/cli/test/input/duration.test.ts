import { describe, expect, it } from 'vitest'
import { parseDuration } from '../../src/input/duration.ts'
import { UsageError } from '../../src/usage-error.ts'

describe('a duration', () => {
  it.each([
    ['90s', 90],
    ['20m', 1200],
    ['48h', 172_800],
    ['1h30m', 5400],
    ['300', 300],
  ])('reads %j as %d seconds', (text, seconds) => {
    expect(parseDuration(text, '--lifetime')).toBe(seconds)
  })

  it.each(['', 'm', '-5m', '1.5h', '500ms', '1700000000000', 'hunter2'])(
    'refuses %j without repeating it',
    (text) => {
      expect(() => parseDuration(text, '--lifetime')).toThrow(UsageError)
      expect(() => parseDuration(text, '--lifetime')).toThrow(
        '--lifetime takes a duration: 90s, 20m, 48h, 7d, 1h30m, or a whole number of seconds.',
      )
    },
  )
})
