import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BREAKS } from '../breaks/list.ts'
import { tryBreak } from '../breaks/run.ts'
import { repositoryRoot } from '../lib/files.ts'

describe('The list of breaks', () => {
  it('has sixty at the least, and each still applies to one place', () => {
    expect(BREAKS.length).toBeGreaterThanOrEqual(60)
    const stale = BREAKS.filter(({ file, find, replace, tests }) => {
      const text = readFileSync(join(repositoryRoot, file), 'utf8')
      const isThere = text.split(find).length === 2 && find !== replace
      return !isThere || !tests.every((test) => existsSync(join(repositoryRoot, test)))
    })
    expect(stale.map(({ file, find }) => `${file}: ${find}`)).toEqual([])
  })

  it('turns the tests red: one of them, another one each day', { timeout: 60_000 }, async () => {
    const index = Math.floor(Date.now() / 86_400_000) % BREAKS.length
    expect(await tryBreak(index), JSON.stringify(BREAKS[index])).toBe('red')
  })
})
