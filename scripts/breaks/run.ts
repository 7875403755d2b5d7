import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repositoryRoot } from '../lib/files.ts'

/** Tells what the tests say to a break: `red` is what they must. */
export async function tryBreak(index: number): Promise<'red' | 'green' | 'no tests'> {
  const vitest = join(repositoryRoot, 'node_modules/vitest/vitest.mjs')
  const config = join(repositoryRoot, 'scripts/breaks/vitest.config.ts')
  const folder = await mkdtemp(join(tmpdir(), 'mayfly-break-'))
  const report = join(folder, 'report.json')
  const args = [vitest, 'run', '--config', config, '--reporter=json', `--outputFile=${report}`]
  const env = {
    ...process.env,
    MAYFLY_BREAK: String(index),
  }
  try {
    await new Promise<void>((resolve) => {
      execFile(process.execPath, args, { env, cwd: repositoryRoot }, () => resolve())
    })
    const text = await readFile(report, 'utf8').catch(() => '{}')
    const { numFailedTests = 0, numPassedTests = 0 } = JSON.parse(text) as {
      readonly numFailedTests?: number
      readonly numPassedTests?: number
    }
    // A file that cannot be loaded fails no test: that is a break of the list, not of the library.
    if (numFailedTests > 0) return 'red'
    return numPassedTests > 0 ? 'green' : 'no tests'
  } finally {
    await rm(folder, { recursive: true })
  }
}
