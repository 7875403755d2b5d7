import { parseOriginHeader } from '@mayfly/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyOrigin, mutated, originLike } from './arbitraries.ts'

/** What the platform's parser makes of a value, if it takes it at all. */
function platform(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}

/** Accepted values must be what the platform reads, to the letter. */
function expectAgreement(text: string): boolean {
  const read = parseOriginHeader(text)
  if (read.kind !== 'origin' || (read.scheme !== 'https' && read.scheme !== 'http')) return false
  const url = platform(text)
  expect(url?.origin).toBe(read.text)
  expect(url?.hostname).toBe(read.host)
  // A default port that is written out is all that the header's text may have more than its origin.
  expect(text.toLowerCase().replace(read.scheme === 'https' ? /:443$/ : /:80$/, '')).toBe(read.text)
  return true
}

describe('the header grammar and the platform', () => {
  it('agree on every origin that the platform itself writes', () => {
    fc.assert(
      fc.property(anyOrigin, (origin) => {
        expect(platform(origin)?.origin).toBe(origin)
        expect(parseOriginHeader(origin)).toMatchObject({ kind: 'origin', text: origin })
      }),
      { numRuns: 2000 },
    )
  })

  it('agree on everything that the grammar accepts, however odd the text is made', () => {
    let accepted = 0
    fc.assert(
      fc.property(originLike, (text) => {
        if (expectAgreement(text)) accepted += 1
      }),
      { numRuns: 5000 },
    )
    expect(accepted).toBeGreaterThan(100)
  })

  it('agree on what is left of an origin after a change', () => {
    let accepted = 0
    fc.assert(
      fc.property(mutated(anyOrigin), (text) => {
        if (expectAgreement(text)) accepted += 1
      }),
      { numRuns: 5000 },
    )
    expect(accepted).toBeGreaterThan(100)
  })

  it('agree on every address that the platform shortens', () => {
    const group = fc.constantFrom('0', '0', '0', '1', 'ab', 'ffff')
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const { origin } = new URL(`https://[${groups.join(':')}]`)
        expect(parseOriginHeader(origin)).toMatchObject({ kind: 'origin', text: origin })
        const long = `https://[${groups.join(':')}]`
        expect(parseOriginHeader(long).kind).toBe(long === origin ? 'origin' : 'malformed')
      }),
      { numRuns: 2000 },
    )
  })

  it('never merge a value with the missing header, or another value with null', () => {
    fc.assert(
      fc.property(fc.oneof(originLike, fc.string({ unit: 'binary' })), (text) => {
        const { kind } = parseOriginHeader(text)
        expect(kind).not.toBe('absent')
        expect(kind === 'null').toBe(text === 'null')
      }),
      { numRuns: 2000 },
    )
  })
})
