import { checkOrigin, compileOriginPatterns, parseOriginHeader } from '@mayfly/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { originLike } from './arbitraries.ts'

const KIB_64 = 65_536
const compiled = compileOriginPatterns(['*.example.com', 'localhost', 'null', '*.example.org:*'])

/** One short text, again and again, up to a length, with something before and behind it. */
const long = fc
  .tuple(
    fc.constantFrom('', 'https://', 'http://[', 'https://a.', '*.', 'https://xn--', 'file://'),
    fc.oneof(originLike, fc.string({ unit: 'binary', minLength: 1, maxLength: 8 })),
    fc.integer({ min: 0, max: KIB_64 }),
    fc.constantFrom('', '.example.com', ']', ':443', '@', '/'),
  )
  .map(([head, unit, length, tail]) => {
    const room = length - head.length - tail.length
    return head + (unit || 'a').repeat(Math.max(0, Math.floor(room / (unit.length || 1)))) + tail
  })

describe('any text up to 64 kB', () => {
  it('is judged as a header without throwing', () => {
    fc.assert(
      fc.property(fc.oneof(long, fc.string({ unit: 'binary', maxLength: 400 })), (header) => {
        const verdict = checkOrigin(compiled, header)
        expect(verdict.allowed || verdict.status >= 400).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it('is compiled as a pattern without throwing, and without an error object for each', () => {
    fc.assert(
      fc.property(fc.oneof(long, fc.string({ unit: 'binary', maxLength: 400 })), (pattern) => {
        expect(compileOriginPatterns([pattern]).patterns.length).toBeLessThanOrEqual(1)
      }),
      { numRuns: 2000 },
    )
  })

  it('is compiled from any JSON value without throwing', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (claim) => {
        expect(compileOriginPatterns(claim).patterns.length).toBeLessThanOrEqual(100)
      }),
      { numRuns: 500 },
    )
  })
})

describe('the work', () => {
  it.each([
    ['a', 'https://'],
    ['a.', 'https://'],
    ['.', 'https://'],
    [':', 'https://['],
    ['0:', 'https://['],
    ['1', 'https://'],
    ['0x', 'https://a.'],
    ['a:', ''],
    ['/', 'https:'],
    ['://', ''],
    [' ', ''],
    ['ü', 'https://'],
    ['-', 'https://a'],
    ['*.', '*.'],
    ['@', 'https://'],
  ])(
    'for 64 kB of "%s" after "%s" is bounded by the first few hundred characters',
    (unit, head) => {
      const text = head + unit.repeat(KIB_64 / unit.length)
      // A hundred quadratic runs over 64 kB would take minutes, and run into the test's time limit.
      for (let round = 0; round < 100; round++) {
        expect(parseOriginHeader(text).kind).toBe('malformed')
        expect(compileOriginPatterns(text).patterns).toEqual([])
      }
    },
  )

  it('for a claim of many values ends at the hundredth', () => {
    const values = Array.from({ length: 200 }, (_, index) => `a${index}.example`)
    const many = compileOriginPatterns(values)
    expect(many.patterns).toHaveLength(100)
    expect(checkOrigin(many, 'https://a99.example').allowed).toBe(true)
    expect(checkOrigin(many, 'https://a100.example').allowed).toBe(false)
  })
})
