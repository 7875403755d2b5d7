import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ratios, spread, takeTurns } from '../cpu/measure.ts'
import { git } from '../tree/revision.ts'

const bench = join(import.meta.dirname, '..')

function run(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=source', join(bench, 'main.ts'), ...args],
    { encoding: 'utf8' },
  )
  expect([status, stderr]).toEqual([0, ''])
  return stdout
}

// Whether they work, and never how fast: quick runs measure nothing.
describe('pnpm bench', () => {
  it('measures processor time of scenarios that are named', () => {
    const text = run('cpu', '--quick', '--only', 'get-token,koa')
    expect(text).toContain('## get-token')
    expect(text).toMatch(/\| with auth +\|/)
  })

  it('makes the table of python-jwt', () => {
    const text = run('table', '--quick', '--only', 'ES256', '--python', 'no-python-here')
    for (const row of ['generate key', 'generate token', 'load key', 'verify token']) {
      expect(text).toContain(`## ${row}`)
    }
    expect(text).toMatch(/\| ES256 +\| +[\d.]+ [nµm]s +\|/)
  })

  it('says what many tenants, tokens and issuers take', () => {
    const text = run('scale', '--tenants', '50', '--tokens', '20', '--issuers', '3')
    expect(text).toMatch(/50 tenants .*\d+ bytes/)
    expect(text).toMatch(/3 issuers/)
  })

  it('describes the house', () => {
    const text = run('structure')
    expect(text).toMatch(/\| core without vendors, files +\| +\d+ \|/)
    expect(text).toMatch(/\| WebCrypto calls of importKey\(PEM\) +\| +\d+ \|/)
    expect(text).toMatch(/gzip of \{ TokenVerifier, authenticate \} +\| +[\d.]+ kB \|/)
  })

  it.skipIf(git(['rev-list', '--count', 'HEAD']).trim() === '1')(
    'compares a revision with this tree',
    () => {
      const text = run('compare', 'HEAD', '--quick', '--only', 'get-token')
      expect(text).toMatch(/get-token: getToken\(\) +\| +[\d.e+-]+ \|/)
    },
  )

  it('names what there is when asked for something else', () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--conditions=source', join(bench, 'main.ts'), 'speed'],
      { encoding: 'utf8' },
    )
    expect(status).toBe(2)
    expect(stderr).toContain('compare, cpu, imports, plots, scale, structure, table')
  })
})

describe('taking turns', () => {
  it('asks each contender in each round, and divides by what was done', async () => {
    const order: string[] = []
    const contender = (id: string, cpuMicros: number) => async (operations: number) => {
      order.push(id)
      return { operations, cpuMicros: cpuMicros * operations, wallMicros: 3 * operations }
    }
    const timed = await takeTurns(
      { a: contender('a', 1000), b: contender('b', 2000) },
      { rounds: 2, sliceMs: 1 },
    )
    expect(timed).toEqual({
      a: { cpu: [1000, 1000], wall: [3, 3] },
      b: { cpu: [2000, 2000], wall: [3, 3] },
    })
    expect(order.slice(-4)).toEqual(['a', 'b', 'b', 'a'])
    expect(ratios([1, 2], [2, 8])).toEqual([0.5, 0.25])
    expect(spread([3, 1, 2])).toEqual({ median: 2, low: 2, high: 3 })
  })
})
