import { checkOrigin, compileOriginPatterns, OptionError, type OriginOptions } from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { originCompiler } from '../../src/origin/matcher.ts'

describe('compiled origins', () => {
  it('take a string, a list, or a claim with other things in it', () => {
    const texts = (patterns: unknown): string[] =>
      compileOriginPatterns(patterns).patterns.map(({ text }) => text)
    expect(texts('https://A.example/')).toEqual(['https://a.example'])
    expect(texts(['a.example', 7, null, ['b.example'], 'c.example'])).toEqual([
      'a.example',
      'c.example',
    ])
    expect(texts(undefined)).toEqual([])
    expect(texts({ aud: '*' })).toEqual([])
  })

  it('are not changed by what happens to the list afterwards', () => {
    const patterns = ['a.example']
    const compiled = compileOriginPatterns(patterns)
    patterns[0] = '*'
    expect(checkOrigin(compiled, 'https://b.example').allowed).toBe(false)
    expect([compiled, compiled.patterns, compiled.exact]).toSatisfy((parts: object[]) =>
      parts.every((part) => Object.isFrozen(part)),
    )
  })

  it('are strict about their options, and say which name was meant', () => {
    const compile = (options: unknown): unknown =>
      compileOriginPatterns('a.example', options as OriginOptions)
    expect(() => compile({ missingOrgin: 'deny' })).toThrow('Did you mean "missingOrigin"?')
    expect(() => compile({ missingOrigin: 'block' })).toThrow(OptionError)
    expect(() => compile({ missingOrigin: true })).toThrow('"missingOrigin" must be "allow"')
    expect(() => compile({ allowNullOrigin: 'yes' })).toThrow('"allowNullOrigin" must be true')
    expect(() => compile(null)).toThrow('pass an options object')
    expect(() => compile([])).toThrow('pass an options object')
    expect(compile({ missingOrigin: undefined })).toMatchObject({ missingOrigin: 'allow' })
  })
})

describe('a compiler of origins', () => {
  it('checks its options at once, and uses them for each token', () => {
    expect(() => originCompiler({ allowSuffixes: ['com'] })).toThrow('anybody can register')
    const compile = originCompiler({ allowSuffixes: ['internal'], missingOrigin: 'deny' })
    expect(checkOrigin(compile('*.internal'), 'https://a.internal').allowed).toBe(true)
    expect(checkOrigin(compile('*.lan'), 'https://a.lan').allowed).toBe(false)
    expect(checkOrigin(compile('*.internal'), undefined).allowed).toBe(false)
  })
})
