import type { Ledger } from '@mayfly/service'
import { expect, it } from 'vitest'
import { withLedger } from './with-ledger.ts'

export function testGenerations(open: () => Promise<Ledger>): void {
  it(
    'counts generations for each subject, from 0',
    withLedger(open, async (ledger) => {
      expect(await ledger.generation('subject', 'alice')).toBe(0)
      expect(await ledger.bumpGeneration('subject', 'alice')).toBe(1)
      expect(await ledger.bumpGeneration('subject', 'alice')).toBe(2)
      expect(await ledger.generation('subject', 'alice')).toBe(2)
      expect(await ledger.generation('subject', 'bob')).toBe(0)
    }),
  )

  it(
    'counts clients and subjects of one name apart',
    withLedger(open, async (ledger) => {
      expect(await ledger.bumpGeneration('subject', 'alice')).toBe(1)
      expect(await ledger.generation('client', 'alice')).toBe(0)
      expect(await ledger.advanceGeneration('client', 'alice', 0)).toBe(true)
      expect(await ledger.bumpGeneration('client', 'alice')).toBe(2)
      expect(await ledger.generation('subject', 'alice')).toBe(1)
    }),
  )

  it(
    'gives each of many that begin a generation at once its own',
    withLedger(open, async (ledger) => {
      const given = await Promise.all(
        Array.from({ length: 50 }, () => ledger.bumpGeneration('subject', 'alice')),
      )
      expect(given.toSorted((a, b) => a - b)).toStrictEqual(
        Array.from({ length: 50 }, (_, index) => index + 1),
      )
      expect(await ledger.generation('subject', 'alice')).toBe(50)
    }),
  )

  it(
    'lets one of many that advance from the same generation do it',
    withLedger(open, async (ledger) => {
      for (const from of [0, 1]) {
        const given = await Promise.all(
          Array.from({ length: 50 }, () => ledger.advanceGeneration('subject', 'alice', from)),
        )
        expect(given.filter(Boolean)).toHaveLength(1)
        expect(await ledger.generation('subject', 'alice')).toBe(from + 1)
      }
    }),
  )

  it(
    'advances from no generation but the present one',
    withLedger(open, async (ledger) => {
      expect(await ledger.advanceGeneration('subject', 'alice', 1)).toBe(false)
      expect(await ledger.generation('subject', 'alice')).toBe(0)
      await ledger.bumpGeneration('subject', 'alice')
      expect(await ledger.advanceGeneration('subject', 'alice', 0)).toBe(false)
      expect(await ledger.advanceGeneration('subject', 'alice', 2)).toBe(false)
      expect(await ledger.generation('subject', 'alice')).toBe(1)
    }),
  )
}
