import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type FloodResults, renderFlood } from '../flood/page.ts'

const bench = join(import.meta.dirname, '..')

it('floods each server with every kind of forgery, all of which are refused', () => {
  const args = ['--conditions=source', 'flood.ts', '--requests', '60', '--rounds', '1']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: bench,
    encoding: 'utf8',
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout.match(/^## /gm)).toHaveLength(6)
  expect(stdout.match(/^\| \*\*Mayfly `bearerAuth`\*\* +\|/gm)).toHaveLength(6)
}, 90_000)

it('shows the results that are kept', () => {
  const results = readFileSync(join(bench, 'results', 'flood.json'), 'utf8')
  const page = renderFlood(JSON.parse(results) as FloodResults)
  expect(readFileSync(join(bench, 'FLOOD.md'), 'utf8')).toBe(page)
})
