import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { groups } from '../groups.ts'
import { readResults, type Results } from '../lib/results.ts'

const folder = mkdtempSync(join(tmpdir(), 'mayfly-bench-'))
const out = join(folder, 'quick.json')

afterAll(() => rmSync(folder, { recursive: true, force: true }))

// Whether it works, and never how fast: the numbers of a quick run mean nothing.
describe('a quick run of the benchmark', () => {
  let results: Results

  beforeAll(() => {
    const script = join(import.meta.dirname, '..', 'run.ts')
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--conditions=source', script, '--quick', '--out', out],
      { encoding: 'utf8' },
    )
    expect(stderr).toBe('')
    expect(status).toBe(0)
    results = readResults(out)
  }, 120_000)

  it('measures every group, each with a floor, with Mayfly, and with others', () => {
    expect(results.groups.map(({ id }) => id)).toEqual(Object.keys(groups))
    for (const { rows } of results.groups) {
      const roles = rows.map(({ role }) => role)
      expect(roles.slice(0, 2)).toEqual(['floor', 'mayfly'])
      expect(roles.length).toBeGreaterThan(2)
      expect(new Set(roles.slice(2))).toEqual(new Set(['other']))
    }
  })

  it('gives each contender a time and its ratios, and bytes where they were asked for', () => {
    for (const { id, rows } of results.groups) {
      for (const row of rows) {
        expect(row.nanoseconds.median).toBeGreaterThan(0)
        expect(row.againstFloor.median).toBeGreaterThan(0)
        expect(row.againstMayfly.median).toBeGreaterThan(0)
        expect(typeof row.bytes).toBe(id.startsWith('warm-') ? 'number' : 'undefined')
      }
    }
  })

  it('says what it ran on', () => {
    expect(results.quick).toBe(true)
    expect(results.machine.cpu).not.toBe('')
    expect(results.machine.node).toBe(process.versions.node)
    expect(results.versions).toMatchObject({
      '@mayfly/core': expect.stringMatching(/^\d+\./),
      'fast-jwt': expect.stringMatching(/^\d+\./),
      'google-auth-library': expect.stringMatching(/^\d+\./),
    })
  })
})
