import { MemoryGenerations, MemoryOneTimeGuard, MemoryRevocations } from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { assert, constantFrom, oneof, property, array, record, nat } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NOW } from '../../support/inbound.ts'

describe('A one-time guard in memory', () => {
  it('lets a token pass once, for an hour longer than it is good', () => {
    const clock = new FakeClock()
    const once = new MemoryOneTimeGuard({ clock })
    expect(once.consume('a', NOW + 10)).toBe(true)
    clock.advanceSeconds(3609)
    expect(once.consume('a', NOW + 10)).toBe(false)
    expect(once.consume('b', NOW + 10)).toBe(true)
  })

  it('throws rather than forget a token that could be used again', () => {
    const clock = new FakeClock()
    const once = new MemoryOneTimeGuard({ clock, max: 2 })
    once.consume('a', NOW + 10)
    once.consume('b', NOW + 20)
    expect(() => once.consume('c', NOW + 20)).toThrow('full')
    expect(once.consume('a', NOW + 10)).toBe(false)
    clock.advanceSeconds(3610)
    expect(once.consume('c', NOW + 20)).toBe(true)
    expect(() => once.consume('d', NOW + 20)).toThrow('full')
    expect(once.consume('b', NOW + 20)).toBe(false)
  })

  it('makes room for others when the clock was set back after it did so last', () => {
    const clock = new FakeClock()
    const once = new MemoryOneTimeGuard({ clock, max: 3 })
    for (const id of ['a', 'b']) once.consume(id, NOW - 1, 0)
    once.consume('c', NOW + 100)
    once.consume('d', NOW + 100) // full: drops a and b
    clock.set((NOW - 60) * 1000)
    once.consume('e', NOW - 50, 0)
    clock.advanceSeconds(10)
    expect(once.consume('f', NOW)).toBe(true)
  })
})

describe('Revocations in memory', () => {
  it('hold for an hour longer than the token, for the longest that was asked', () => {
    const clock = new FakeClock()
    const revocations = new MemoryRevocations({ clock })
    revocations.revoke('a', NOW + 20)
    revocations.revoke('a', NOW + 10)
    clock.advanceSeconds(3619)
    expect(revocations.isRevoked('a')).toBe(true)
    expect(revocations.isRevoked('b')).toBe(false)
    clock.advanceSeconds(1)
    expect(revocations.isRevoked('a')).toBe(false)
  })

  it('are never dropped for want of room', () => {
    const revocations = new MemoryRevocations({ clock: new FakeClock(), max: 1 })
    revocations.revoke('a', NOW + 10)
    expect(() => {
      revocations.revoke('b', NOW + 10)
    }).toThrow('full')
    expect(revocations.isRevoked('a')).toBe(true)
  })
})

describe('Generations in memory', () => {
  it('begin at 0, and each is larger than the one before, even within a millisecond', () => {
    const generations = new MemoryGenerations({ clock: new FakeClock() })
    expect(generations.current('alice')).toBe(0)
    const first = generations.bump('alice')
    const second = generations.bump('alice')
    expect(second).toBeGreaterThan(first)
    expect(generations.current('alice')).toBe(second)
    expect(generations.current('bob')).toBe(0)
  })

  it('forget a subject when its older tokens have expired, and no sooner', () => {
    const clock = new FakeClock()
    const generations = new MemoryGenerations({ clock, maxLifetime: 60, max: 1 })
    generations.bump('alice')
    clock.advanceSeconds(60 + 3599)
    expect(() => generations.bump('bob')).toThrow('full')
    expect(generations.bump('alice')).toBeGreaterThan(0)
    clock.advanceSeconds(60 + 3600)
    generations.bump('bob')
    expect(generations.current('alice')).toBe(0)
  })

  it('forget the subject first whose last new generation is oldest', () => {
    const clock = new FakeClock()
    const generations = new MemoryGenerations({ clock, maxLifetime: 60, max: 2 })
    generations.bump('alice')
    generations.bump('bob')
    clock.advanceSeconds(60)
    generations.bump('alice')
    clock.advanceSeconds(3600)
    generations.bump('carol')
    expect(generations.current('alice')).toBeGreaterThan(0)
    expect(generations.current('bob')).toBe(0)
  })

  it('never let a token pass that is older than the last new generation', () => {
    const lifetime = 60
    const step = record({
      what: constantFrom('issue', 'bump'),
      who: nat(2),
      wait: oneof(nat(5), nat(9000)),
    })
    assert(
      property(array(step, { maxLength: 60 }), (steps) => {
        const clock = new FakeClock()
        const generations = new MemoryGenerations({ clock, maxLifetime: lifetime })
        const tokens: { who: string; gen: number; expiresMs: number; superseded: boolean }[] = []
        for (const { what, who, wait } of steps) {
          clock.advanceSeconds(wait)
          const subject = String(who)
          if (what === 'bump') {
            generations.bump(subject)
            for (const token of tokens) if (token.who === subject) token.superseded = true
          } else {
            const gen = generations.current(subject)
            const expiresMs = clock.now() + lifetime * 1000
            tokens.push({ who: subject, gen, expiresMs, superseded: false })
          }
          for (const token of tokens.filter(({ expiresMs }) => expiresMs > clock.now())) {
            expect(token.gen < generations.current(token.who)).toBe(token.superseded)
          }
        }
      }),
    )
  })
})

describe('A store in memory cannot be made', () => {
  it.each([{ max: 0 }, { max: Infinity }, { maximum: 5 }, { maxLifetime: -1 }, null])(
    'with %o',
    (options) => {
      for (const Store of [MemoryOneTimeGuard, MemoryRevocations, MemoryGenerations]) {
        expect(() => new Store(options as object)).toThrow(
          expect.objectContaining({ name: 'OptionError' }) as object,
        )
      }
    },
  )
})
