import type { Ledger } from '@mayfly/service'
import { expect, it } from 'vitest'
import { withLedger } from './with-ledger.ts'

export function testGenerations(open: () => Promise<Ledger>): void {
  it(
    'counts generations for each subject, from 0',
    withLedger(open, async (ledger) => {
      expect(await ledger.generation('alice')).toBe(0)
      expect(await ledger.bumpGeneration('alice')).toBe(1)
      expect(await ledger.bumpGeneration('alice')).toBe(2)
      expect(await ledger.generation('alice')).toBe(2)
      expect(await ledger.generation('bob')).toBe(0)
    }),
  )

  it(
    'gives each of many that begin a generation at once its own',
    withLedger(open, async (ledger) => {
      const given = await Promise.all(
        Array.from({ length: 50 }, () => ledger.bumpGeneration('alice')),
      )
      expect(given.toSorted((a, b) => a - b)).toStrictEqual(
        Array.from({ length: 50 }, (_, index) => index + 1),
      )
      expect(await ledger.generation('alice')).toBe(50)
    }),
  )
}
