import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

it('asks one node for tokens of every kind, and prints what it gave beside what HTTP alone gives', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=source', 'load.ts', '--requests', '20', '--connections', '4', '--rounds', '1'],
    { cwd: join(import.meta.dirname, '..'), encoding: 'utf8' },
  )
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toMatch(/\| HTTP alone.*\| +1\.00× \|/)
  expect(stdout.match(/^\| (?:Telesign|Voicegain|POST)/gm)).toHaveLength(5)
}, 60_000)
