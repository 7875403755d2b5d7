import { describe, expect, it } from 'vitest'
import { judgeClock } from '../clock/reads.ts'
import { temporaryTree } from './support/tree.ts'

const clock = 'packages/core/src/clock.ts'
const allowed = { [clock]: 'it is the clock' }

function faultsOf(text: string): readonly string[] {
  const root = temporaryTree({
    [clock]: 'export const now = () => Date.now()',
    'packages/core/src/manager.ts': `\n${text}`,
    'packages/core/test/manager.test.ts': 'Date.now()',
  })
  return judgeClock(root, allowed).faults
}

describe('the rule that only clocks read the time', () => {
  it.each([
    ['Date.now()', 'Date.now'],
    ['use(Date.now)', 'Date.now'],
    ['new Date()', 'new Date()'],
    ['Date()', 'Date()'],
    ['performance.now()', 'performance.now'],
    ['process.hrtime.bigint()', 'process.hrtime'],
    ['AbortSignal.timeout(5)', 'AbortSignal.timeout'],
    ['setTimeout(() => {}, 1)', 'setTimeout()'],
    ['setInterval(() => {}, 1)', 'setInterval()'],
  ])('refuses %s', (text, name) => {
    expect(faultsOf(text)).toEqual([
      `packages/core/src/manager.ts:2: ${name}: take a Clock instead`,
    ])
  })

  it.each([
    'new Date(0)',
    'Date.parse("now")',
    'clock.now()',
    'socket.setTimeout(5)',
    '// Date.now()',
  ])('allows %s', (text) => {
    expect(faultsOf(text)).toEqual([])
  })

  it('refuses a permission that nothing needs', () => {
    const root = temporaryTree({ [clock]: 'export interface Clock {}' })
    expect(judgeClock(root, allowed).faults).toEqual([
      `${clock} reads no clock; take it off the list in scripts/check-clock.ts`,
    ])
  })

  it('is at fault when there is nothing to judge', () => {
    expect(judgeClock(temporaryTree({}), allowed).faults).toHaveLength(1)
  })
})
