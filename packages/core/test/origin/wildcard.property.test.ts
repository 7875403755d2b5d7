import { checkOrigin, compileOriginPatterns, parseOriginPattern } from '@mayfly/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyOrigin, dnsHost, label, mutated, originLike } from './arbitraries.ts'

/** A host that a wildcard may stand on: below a domain that no suffix list will ever name. */
const base = fc
  .tuple(dnsHost, fc.constantFrom('example', 'test', 'invalid'))
  .map(([host, top]) => `${host}.${top}`)
const allowed = (pattern: string, origin: string): boolean =>
  checkOrigin(compileOriginPatterns(pattern), origin).allowed

describe('a wildcard', () => {
  it('admits every name below its host, at any depth', () => {
    fc.assert(
      fc.property(base, fc.array(label, { minLength: 1, maxLength: 5 }), (host, labels) => {
        expect(allowed(`*.${host}`, `https://${labels.join('.')}.${host}`)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('never admits its apex', () => {
    fc.assert(
      fc.property(base, (host) => {
        expect(parseOriginPattern(`*.${host}`).kind).toBe('web')
        expect(allowed(`*.${host}`, `https://${host}`)).toBe(false)
      }),
      { numRuns: 500 },
    )
  })

  it('never crosses a label boundary', () => {
    fc.assert(
      fc.property(base, label, fc.constantFrom('-', '_', '0', ''), (host, other, joint) => {
        expect(allowed(`*.${host}`, `https://${other}${joint}${host}`)).toBe(false)
        expect(allowed(`*.${host}`, `https://a.${other}${joint}${host}`)).toBe(false)
        expect(allowed(`*.${host}`, `https://a.${host}${joint}${other}`)).toBe(false)
        expect(allowed(`*.${host}`, `https://a.${host}.${other}`)).toBe(false)
      }),
      { numRuns: 500 },
    )
  })

  it('admits what has its host behind a dot, and nothing else', () => {
    fc.assert(
      fc.property(base, mutated(base), (host, other) => {
        const origin = `https://${other}`
        if (!URL.canParse(origin) || new URL(origin).host !== other) return
        expect(allowed(`*.${host}`, origin)).toBe(
          other.length > host.length + 1 && other.endsWith(`.${host}`),
        )
        expect(allowed(`*.${host}`, `https://x.${host}`)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('a pattern that names an origin', () => {
  it('admits that one and, of its changes, those that are the same to a browser', () => {
    const pairs = anyOrigin.chain((origin) =>
      fc.tuple(fc.constant(origin), fc.oneof(fc.constant(origin), mutated(fc.constant(origin)))),
    )
    let admitted = 0
    fc.assert(
      fc.property(pairs, ([origin, header]) => {
        if (!allowed(origin, header)) {
          expect(header).not.toBe(origin)
          return
        }
        admitted += 1
        expect(new URL(header).origin).toBe(origin)
      }),
      { numRuns: 2000 },
    )
    expect(admitted).toBeGreaterThan(500)
  })

  it('is judged alike with and without the short cut for headers in their usual spelling', () => {
    fc.assert(
      fc.property(fc.oneof(anyOrigin, originLike), anyOrigin, (pattern, origin) => {
        const compiled = compileOriginPatterns([pattern, origin])
        const long = { ...compiled, exact: [] }
        for (const header of [pattern, origin, ...compiled.exact]) {
          expect(checkOrigin(compiled, header)).toEqual(checkOrigin(long, header))
        }
      }),
      { numRuns: 2000 },
    )
  })
})
