import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runTarget, timeTarget } from '../fuzz/runs.ts'
import { target } from '../fuzz/target.ts'
import { TARGETS } from '../fuzz/targets.ts'
import { LARGE, SMALL, type Work } from '../fuzz/work.ts'

describe.each(TARGETS)('What comes from outside, $name:', (one) => {
  it('no mutation crashes the library, or gets in', async () => {
    const { runs, fault } = await runTarget(one, {
      seed: fc.sample(fc.nat(), 1)[0] ?? 0,
      runs: 100,
    })
    expect(fault).toBeUndefined()
    expect(runs).toBe(100)
  })
})

describe('The fuzzer', () => {
  const faulty = target({
    name: 'faulty',
    inputs: fc.string(),
    check: (text: string) => {
      if (text.length > 3) throw new Error('longer than three')
    },
    large: [{ name: 'text', make: (size: number) => 'x'.repeat(size).slice(0, 3) }],
  })

  it('finds a planted fault, and shows the smallest input that has it', async () => {
    const { fault } = await runTarget(faulty, { seed: 7, runs: 1000 })
    expect(fault).toMatch(/longer than three/)
    expect(fault).toMatch(/input: ".{4}"\n {2}seed 7, path/)
  })

  it('measures each of the large inputs', async () => {
    expect(await timeTarget(faulty, [1, 2])).toMatchObject([{ name: 'text' }, { name: 'text' }])
  })
})

describe('The work that hard inputs are', () => {
  it('grows no faster than the inputs, and one that did would be noticed', async () => {
    const program = fileURLToPath(new URL('../fuzz/work.ts', import.meta.url))
    const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=source', program])
    const counts = JSON.parse(stdout) as readonly Work[]
    const growing = counts.filter(({ small, large }) => large > (LARGE / SMALL) * small)
    expect(growing.map(({ name }) => name)).toEqual(['square'])
    expect(counts.map(({ name }) => name)).toEqual([...TARGETS.map(({ name }) => name), 'square'])
    for (const { small } of counts) expect(small).toBeGreaterThan(1000)
  })
})
