import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Recent } from '../../src/base/recent.ts'

describe('What was asked for recently', () => {
  it('stays, and what was not makes room', () => {
    const recent = new Recent<string, number>({ max: 2 })
    recent.set('a', 1)
    recent.set('b', 2)
    expect(recent.get('a')).toBe(1)
    recent.set('c', 3)
    expect([recent.peek('a'), recent.peek('b'), recent.peek('c')]).toEqual([1, undefined, 3])
    expect([...recent.values()]).toEqual([1, 3])
  })

  it('is no more than may be together, and nothing that is larger alone', () => {
    const recent = new Recent<string, number>({ max: 10, maxSize: 10 })
    recent.set('a', 1, 6)
    recent.set('b', 2, 6)
    expect([...recent.values()]).toEqual([2])
    recent.set('b', 3, 11)
    expect(recent.size).toBe(0)
    recent.set('c', 4, 10)
    expect(recent.get('c')).toBe(4)
  })

  it('agrees with a list in which the newest stands last, whatever happens', () => {
    const key = fc.integer({ min: 0, max: 8 })
    const steps = fc.array(
      fc.record({
        what: fc.constantFrom('get', 'set', 'delete', 'clear', 'peek'),
        key,
        size: fc.integer({ min: 0, max: 6 }),
      }),
      { maxLength: 200 },
    )
    fc.assert(
      fc.property(steps, (all) => {
        const recent = new Recent<number, number>({ max: 4, maxSize: 12 })
        let list: { key: number; value: number; size: number }[] = []
        const total = (): number => list.reduce((sum, { size }) => sum + size, 0)
        for (const [value, { what, key: at, size }] of all.entries()) {
          const found = list.find((one) => one.key === at)
          const others = list.filter((one) => one.key !== at)
          if (what === 'get') {
            expect(recent.get(at)).toBe(found?.value)
            if (found !== undefined) list = [...others, found]
          } else if (what === 'peek') expect(recent.peek(at)).toBe(found?.value)
          else if (what === 'delete') {
            recent.delete(at)
            list = others
          } else if (what === 'clear') {
            // Rarely: it would leave little to judge.
            if (size > 0) continue
            recent.clear()
            list = []
          } else {
            recent.set(at, value, size)
            list = [...others, { key: at, value, size }]
            while (list.length > 4 || total() > 12) list.shift()
          }
          expect([...recent.values()]).toEqual(list.map((one) => one.value))
          expect(recent.size).toBe(list.length)
        }
      }),
    )
  })
})
