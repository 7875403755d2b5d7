import { describe, expect, it } from 'vitest'
import { durationText, relativeText, utcText } from '../../src/text/times.ts'
import { quoted } from '../../src/text/visible.ts'
import { wrap } from '../../src/text/wrap.ts'

describe('durations', () => {
  it.each([
    [0, '0 s'],
    [59, '59 s'],
    [60, '1 min'],
    [61, '1 min 1 s'],
    [3600, '1 h'],
    [7500, '2 h 5 min'],
    [7201, '2 h'],
    [90_000, '1 d 1 h'],
    [31_557_600 * 2, '2 y'],
  ])('of %d seconds read %s', (seconds, text) => {
    expect(durationText(seconds)).toBe(text)
  })

  it('are said from now on', () => {
    expect([relativeText(100, 40), relativeText(40, 100), relativeText(1, 1)]).toEqual([
      'in 1 min',
      '1 min ago',
      'now',
    ])
  })
})

describe('moments', () => {
  it('are in UTC, and none where there is none', () => {
    expect(utcText(1_528_407_600)).toBe('2018-06-07 21:40:00 UTC')
    expect(utcText(1e14)).toBeUndefined()
  })
})

describe('text', () => {
  it('is wrapped between words, and long words stay whole', () => {
    expect(wrap('aaa bbb cccccccccccc d', 8, { first: '- ' })).toEqual([
      '- aaa',
      '  bbb',
      '  cccccccccccc',
      '  d',
    ])
  })

  it('is cut between characters, never in them', () => {
    expect(quoted('a😀😀', 2)).toBe('"a…"')
  })
})
