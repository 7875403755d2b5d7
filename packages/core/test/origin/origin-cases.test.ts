import {
  checkOrigin,
  compileOriginPatterns,
  type OriginContext,
  type OriginOptions,
} from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import cases from './origin-cases.json' with { type: 'json' }

/** A line of the table, as the JSON has it. */
interface OriginCase {
  readonly id: number
  readonly section: string
  readonly audience: string | readonly string[]
  readonly origin?: string
  readonly context?: OriginContext
  readonly options?: OriginOptions
  readonly expect: 'allow' | 'deny'
  readonly status?: number
  readonly reason?: string
  readonly why: string
}

const table = cases as readonly OriginCase[]

describe('the table of origin cases', () => {
  it('has its lines, each with a number of its own', () => {
    expect(table.length).toBeGreaterThanOrEqual(50)
    expect(new Set(table.map(({ id }) => id)).size).toBe(table.length)
  })

  it.each(table)('$id, $section: $why', (line) => {
    const compiled = compileOriginPatterns(line.audience, line.options)
    const verdict = checkOrigin(compiled, line.origin, line.context)
    expect(verdict).toEqual(
      line.expect === 'allow'
        ? { allowed: true }
        : { allowed: false, status: line.status, reason: line.reason },
    )
  })
})
