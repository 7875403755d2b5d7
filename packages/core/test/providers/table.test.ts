import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { rows } from './rows.ts'

it('The table of the documentation has every verdict that is tested, and no other', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../../docs/providers.md'), 'utf8')
  const lines = [...page.matchAll(/^\| `([^`]+)` +\| (.+?) +\| (accepted|`\w+`) +\|$/gm)]
  const tested = Object.entries(rows).flatMap(([name, { good, bad }]) => [
    Object.keys(good).map((kind) => [name, kind, 'accepted']),
    Object.entries(bad).map(([kind, [, reason]]) => [name, kind, `\`${reason}\``]),
  ])
  expect(lines.map((line) => line.slice(1))).toEqual(tested.flat())
})
