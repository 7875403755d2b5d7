import { describe, expect, it } from 'vitest'
import { splitAudience } from '../../src/origin/check.ts'

describe('an aud that does both jobs', () => {
  it('has the values equal to the audience as audience, and the others as patterns', () => {
    const claim = ['https://api.example.com', '*.example.com', 'orders', 'https://api.example.com/']
    expect(splitAudience(claim, ['https://api.example.com', 'orders'])).toEqual({
      audience: ['https://api.example.com', 'orders'],
      patterns: ['*.example.com', 'https://api.example.com/'],
    })
  })

  it('may be one string, which has one job', () => {
    expect(splitAudience('orders', ['orders'])).toEqual({ audience: ['orders'], patterns: [] })
    expect(splitAudience('a.example', ['orders'])).toEqual({
      audience: [],
      patterns: ['a.example'],
    })
  })

  it('is all patterns where no audience is checked', () => {
    expect(splitAudience(['orders', 'a.example'], null).patterns).toEqual(['orders', 'a.example'])
    expect(splitAudience(['orders'], []).patterns).toEqual(['orders'])
  })

  it('is compared to the letter: no prefix, no infix, no other case', () => {
    const claim = ['order', 'orders2', 'ORDERS', ' orders', 'my-orders']
    expect(splitAudience(claim, ['orders'])).toEqual({ audience: [], patterns: claim })
  })

  it('has no values but strings', () => {
    for (const claim of [undefined, null, 7, { 0: 'orders' }, [['orders'], 7, null]]) {
      expect(splitAudience(claim, ['orders'])).toEqual({ audience: [], patterns: [] })
    }
  })
})
