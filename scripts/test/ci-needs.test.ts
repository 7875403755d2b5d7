import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PAGE_PROGRAMS } from '../fences/console/programs.ts'
import { listFiles, repositoryRoot } from '../lib/files.ts'

const read = (file: string): string => readFileSync(join(repositoryRoot, file), 'utf8')

/** What the tests start: the first name of each program in `scripts/servers`. */
function serverPrograms(): string[] {
  return listFiles(repositoryRoot, 'scripts/servers/*.ts').flatMap((file) =>
    [...read(file).matchAll(/names: \['([\w-]+)'/g)].map(([, name = '']) => name),
  )
}

// Without it a test is skipped on a user's machine, and fails where CI=true says that all must run.
describe('what CI installs', () => {
  it.each([...serverPrograms(), ...PAGE_PROGRAMS])('has %s among it', (name) => {
    expect(read('.ci/run')).toMatch(new RegExp(`^${name} \\S+$`, 'm'))
  })

  it('is looked for in places that there are', () => {
    expect(serverPrograms()).toEqual(
      expect.arrayContaining(['redis-server', 'postgres', 'chromium']),
    )
  })
})
