import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repositoryRoot } from '../lib/files.ts'
import { runSteps } from './console/session.ts'
import { stepsOf } from './console/transcript.ts'
import { prepareWorld } from './console/world.ts'
import { documents } from './programs.ts'

const pages = documents(repositoryRoot)
  .map((file) => [file, stepsOf(file, readFileSync(join(repositoryRoot, file), 'utf8'))] as const)
  .filter(([, steps]) => steps.length > 0)

describe('the consoles in the documentation', () => {
  it('are there', () => {
    expect(pages.map(([file]) => file)).toContain('docs/cli.md')
  })

  it.each(pages)('%s prints what it says', { timeout: 120_000 }, async (_, steps) => {
    await using world = await prepareWorld()
    expect((await runSteps(steps, world)).join('\n\n')).toBe('')
  })
})
