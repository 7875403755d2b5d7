import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { requireDuration } from '@mayfly/core/adapter'

describe('requireDuration', () => {
  it.each([
    ['90s', 90],
    ['20m', 1200],
    ['48h', 172_800],
    ['30d', 2_592_000],
    ['1h30m', 5400],
    ['1d2h3m4s', 93_784],
    ['1200', 1200],
    [' 5m ', 300],
    ['0s', 0],
  ])('reads %j as %d seconds', (text, seconds) => {
    expect(requireDuration(text, 'lifetime')).toBe(seconds)
  })

  it.each([
    '',
    ' ',
    '5 m',
    'm',
    '-5m',
    '1.5h',
    '5M',
    '5ms',
    '30m1h',
    '1m1m',
    '1e3',
    '٣m',
    '5m\n6m',
  ])('refuses %j and says how durations are written', (text) => {
    expect(() => requireDuration(text, 'lifetime')).toThrow(
      /^"lifetime" must be a duration such as 90s, 20m, 48h or 30d, not /,
    )
  })

  it.each([undefined, null, 20, ['20m']])('refuses %j, which is no text', (value) => {
    expect(() => requireDuration(value, 'lifetime')).toThrow(/must be a duration/)
  })

  it('keeps bounds, and names them in seconds', () => {
    expect(requireDuration('20m', 'lifetime', { max: 1200 })).toBe(1200)
    expect(() => requireDuration('21m', 'lifetime', { max: 1200 })).toThrow(
      '"lifetime" must be at most 1200 seconds, not 1260.',
    )
    expect(() => requireDuration('1700000000000', 'lifetime')).toThrow(/milliseconds/)
  })

  it('reads every sum of units that it writes', () => {
    const part = fc.nat(999)
    fc.assert(
      fc.property(part, part, part, part, (d, h, m, s) => {
        const seconds = ((d * 24 + h) * 60 + m) * 60 + s
        expect(requireDuration(`${d}d${h}h${m}m${s}s`, 'x')).toBe(seconds)
      }),
    )
  })
})
