import { describe, expect, it } from 'vitest'
import { EDGE } from '../runtimes/drivers.ts'
import { runSuite } from '../runtimes/suite.ts'

describe('What every runtime does alike', () => {
  it('holds in this Node.js', async () => {
    const outcomes = await runSuite()
    expect(outcomes.length).toBeGreaterThan(20)
    expect(outcomes.filter(({ fault }) => fault !== undefined)).toEqual([])
  })

  it('holds in an edge runtime, which has neither Node.js nor its modules', async () => {
    const outcomes = await EDGE.run()
    expect(outcomes.length).toBeGreaterThan(20)
    expect(outcomes.filter(({ fault }) => fault !== undefined)).toEqual([])
  })
})
