import { describe, expect, it } from 'vitest'
import { parseTime } from '../../src/input/time.ts'

describe('a time on the command line', () => {
  it.each([
    ['0', 0],
    ['1795269600', 1_795_269_600],
    ['2026-11-21T14:00:00Z', 1_795_269_600],
    ['2026-11-21T14:00:00.9Z', 1_795_269_600],
    ['2026-11-21T15:00+01:00', 1_795_269_600],
    // Without a zone it is UTC wherever the machine stands.
    ['2026-11-21 14:00', 1_795_269_600],
    ['2026-11-21', 1_795_219_200],
  ])('%s is %d', (text, seconds) => {
    expect(parseTime(text, '--at')).toBe(seconds)
  })

  it.each(['', 'now', '1795269600000', '-1', '21.11.2026', '2026-13-01', '2026-11-21T25:00Z'])(
    'of %j is refused, by the name of the option',
    (text) => {
      expect(() => parseTime(text, '--at')).toThrow('--at takes a time')
    },
  )
})
