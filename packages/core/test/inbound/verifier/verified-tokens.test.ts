import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  createVerifiedTokens,
  VerifiedTokens,
} from '../../../src/inbound/verifier/verified-tokens.ts'

const VALUE = Object.freeze({ name: 'value' })

function filled(options = {}): VerifiedTokens<object> {
  const cache = new VerifiedTokens<object>(options)
  cache.get('warm it up', 1, 0)
  return cache
}

describe('The cache of verified tokens', () => {
  it('gives back what was kept, under the same key set version', () => {
    const cache = filled()
    cache.set('token', VALUE, { version: 1, expiresAt: 100 })
    expect(cache.get('token', 1, 99.9)).toBe(VALUE)
    expect(cache.get('another token', 1, 99.9)).toBeUndefined()
  })

  it('takes no token for another that ends alike', () => {
    const cache = filled()
    const end = 'e'.repeat(200)
    cache.set(`a${end}`, VALUE, { version: 1, expiresAt: 100 })
    expect(cache.get(`b${end}`, 1, 0)).toBeUndefined()
    expect(cache.get(end, 1, 0)).toBeUndefined()
    expect(cache.get(`a${end}`, 1, 0)).toBe(VALUE)
  })

  it('lets a token that ends like another take its place, and never its value', () => {
    const cache = filled()
    const end = 'e'.repeat(200)
    const second = Object.freeze({ name: 'second' })
    cache.set(`a${end}`, VALUE, { version: 1, expiresAt: 100 })
    cache.set(`b${end}`, second, { version: 1, expiresAt: 100 })
    expect(cache.get(`a${end}`, 1, 0)).toBeUndefined()
    expect(cache.get(`b${end}`, 1, 0)).toBe(second)
  })

  it('shows no token to who inspects it', () => {
    const cache = filled()
    cache.set('the token', VALUE, { version: 1, expiresAt: 100 })
    expect(cache.get('the token', 1, 0)).toBe(VALUE)
    expect(inspect(cache, { depth: Infinity, showHidden: true })).not.toContain('the token')
  })

  it('drops a token when it expires', () => {
    const cache = filled()
    cache.set('token', VALUE, { version: 1, expiresAt: 100 })
    expect(cache.get('token', 1, 100)).toBeUndefined()
    expect(cache.size).toBe(0)
  })

  it('keeps a token that never expires', () => {
    const cache = filled()
    cache.set('token', VALUE, { version: 1, expiresAt: undefined })
    expect(cache.get('token', 1, 1e10)).toBe(VALUE)
  })

  it('is emptied by another key set version', () => {
    const cache = filled()
    cache.set('token', VALUE, { version: 1, expiresAt: 100 })
    expect(cache.get('token', 2, 0)).toBeUndefined()
    expect(cache.get('token', 1, 0)).toBeUndefined()
    expect(cache.size).toBe(0)
  })

  it('does not keep what was verified under a version that is gone', () => {
    const cache = filled()
    cache.get('token', 2, 0)
    cache.set('token', VALUE, { version: 1, expiresAt: 100 })
    expect(cache.size).toBe(0)
  })

  it('keeps no more than its number of tokens, and drops the one unused for longest', () => {
    const cache = filled({ max: 2 })
    for (const token of ['a', 'b']) cache.set(token, VALUE, { version: 1, expiresAt: 100 })
    cache.get('a', 1, 0)
    cache.set('c', VALUE, { version: 1, expiresAt: 100 })
    expect(cache.size).toBe(2)
    expect(cache.get('b', 1, 0)).toBeUndefined()
    expect(cache.get('a', 1, 0)).toBe(VALUE)
  })

  it('keeps no more than its number of bytes', () => {
    const cache = filled({ maxBytes: 20_000 })
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
      cache.set(name.repeat(1000), VALUE, { version: 1, expiresAt: 100 })
    }
    expect(cache.size).toBe(4)
    cache.set('x'.repeat(1000).repeat(6), VALUE, { version: 1, expiresAt: 100 })
    expect(cache.get('x'.repeat(1000).repeat(6), 1, 0)).toBeUndefined()
  })
})

describe('The option "cache"', () => {
  it('is on by default and off when false', () => {
    expect(createVerifiedTokens(undefined)).toBeInstanceOf(VerifiedTokens)
    expect(createVerifiedTokens(true)).toBeInstanceOf(VerifiedTokens)
    expect(createVerifiedTokens(false)).toBeUndefined()
  })

  it.each([{ max: 0 }, { max: 1.5 }, { max: Number.NaN }, { maxBytes: Infinity }])(
    'refuses %o',
    (option) => {
      expect(() => createVerifiedTokens(option)).toThrow(
        expect.objectContaining({ code: 'ERR_OPTION_INVALID' }) as object,
      )
    },
  )

  it('refuses a member that it does not know', () => {
    const option = { maxByte: 7 } as object
    expect(() => createVerifiedTokens(option)).toThrow('Did you mean "maxBytes"?')
  })
})
