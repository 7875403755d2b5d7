import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lifetimeOf } from '../../../src/inbound/remote-keys/held-set.ts'

const bounds = { minMs: 30_000, maxMs: 600_000 }
const DATE = 'Tue, 14 Nov 2023 22:00:00 GMT'

describe('The lifetime of a key set', () => {
  const cases: readonly (readonly [number, Record<string, string>])[] = [
    [600, {}],
    [600, { 'cache-control': 'public' }],
    [120, { 'cache-control': 'max-age=120' }],
    [120, { 'cache-control': 'public,MAX-AGE=120 , must-revalidate' }],
    [120, { 'cache-control': 'max-age="120"' }],
    [60, { 'cache-control': 'max-age=120, max-age=60' }],
    [120, { 'cache-control': 's-maxage=60, max-age=120' }],
    [100, { 'cache-control': 'max-age=120', age: '20' }],
    [30, { 'cache-control': 'max-age=120', age: '5000' }],
    [600, { 'cache-control': 'max-age=99999' }],
    [600, { 'cache-control': 'max-age=999999999999' }],
    [30, { 'cache-control': 'max-age=1' }],
    [30, { 'cache-control': 'max-age=0' }],
    [30, { 'cache-control': 'max-age=-1' }],
    [30, { 'cache-control': 'max-age=soon' }],
    [30, { 'cache-control': 'max-age=1e9' }],
    [30, { 'cache-control': 'no-store' }],
    [30, { 'cache-control': 'max-age=120, no-cache' }],
    [30, { 'cache-control': 'no-cache="set-cookie", max-age=120' }],
    [120, { date: DATE, expires: 'Tue, 14 Nov 2023 22:02:00 GMT' }],
    [30, { date: DATE, expires: 'Tue, 14 Nov 2023 21:00:00 GMT' }],
    [30, { date: DATE, expires: '0' }],
    [30, { expires: 'Tue, 14 Nov 2033 22:02:00 GMT' }],
    [90, { 'cache-control': 'max-age=90', date: DATE, expires: '0' }],
  ]
  it.each(cases)('is %i s by %o', (seconds, headers) => {
    expect(lifetimeOf(new Headers(headers), bounds)).toBe(seconds * 1000)
  })

  it('never leaves its bounds, whatever the headers say', () => {
    const value = fc.oneof(
      fc.stringMatching(/^[ -~]*$/),
      fc.stringMatching(/^(?:max-age|no-store|public|=|,|"| |\d)*$/),
    )
    fc.assert(
      fc.property(value, value, value, (control, age, expires) => {
        const headers = new Headers({ 'cache-control': control, age, expires })
        const lifetime = lifetimeOf(headers, bounds)
        expect(lifetime).toBeGreaterThanOrEqual(bounds.minMs)
        expect(lifetime).toBeLessThanOrEqual(bounds.maxMs)
      }),
    )
  })

  it('is the longest where that is below the shortest', () => {
    const headers = new Headers({ 'cache-control': 'no-store' })
    expect(lifetimeOf(headers, { minMs: 30_000, maxMs: 5000 })).toBe(5000)
  })
})
