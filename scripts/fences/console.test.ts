import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repositoryRoot } from '../lib/files.ts'
import { missingPrograms } from './console/programs.ts'
import { runSteps } from './console/session.ts'
import { stepsOf } from './console/transcript.ts'
import { prepareSetting } from './console/world.ts'
import { documents } from './programs.ts'

const pages = documents(repositoryRoot)
  .map((file) => [file, stepsOf(file, readFileSync(join(repositoryRoot, file), 'utf8'))] as const)
  .filter(([, steps]) => steps.length > 0)
  .map(([file, steps]) => {
    const missing = missingPrograms(steps)
    return { file, steps, without: missing.length > 0 && ` (skipped: no ${missing.join(', ')})` }
  })

describe('the consoles in the documentation', () => {
  it('are there', () => {
    const files = pages.map(({ file }) => file)
    expect(files).toEqual(expect.arrayContaining(['docs/cli.md', 'docs/service.md']))
  })

  for (const { file, steps, without } of pages) {
    const isSkipped = without !== false && process.env['CI'] !== 'true'
    const title = `${file} prints what it says${isSkipped ? without : ''}`
    it.skipIf(isSkipped)(title, { timeout: 120_000 }, async () => {
      await using world = await prepareSetting()
      expect((await runSteps(steps, world)).join('\n\n')).toBe('')
    })
  }
})
