import type { Ledger } from '@mayfly/service'
import { describe } from 'vitest'
import { testGenerations } from './conformance/generations.ts'
import { testKeys } from './conformance/keys.ts'
import { testLifecycle } from './conformance/lifecycle.ts'
import { testList } from './conformance/list.ts'
import { testTokens } from './conformance/tokens.ts'

/** How a suite gets an empty ledger; the test that asked for it closes it. */
export type OpenEmpty = () => Promise<Ledger>

/** Holds a ledger to its interface, whatever keeps it. */
export function testLedger(name: string, open: OpenEmpty): void {
  describe(`${name} ledger`, () => {
    testTokens(open)
    testList(open)
    testGenerations(open)
    testKeys(open)
    testLifecycle(open)
  })
}
