import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repositoryRoot } from './lib/files.ts'

/** Scripts of package.json, the quick ones first: the first that fails ends the run. */
const STEPS = [
  'lint:format',
  'lint:lock',
  'lint:layers',
  'build',
  'lint',
  'lint:unused',
  'docs:check',
]

/** What vitest's JSON reporter counts. */
interface TestCounts {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`
}

/** Runs one script quietly; prints its output only when it fails. */
function runStep(name: string, command: string): boolean {
  const start = performance.now()
  const { status, stdout, stderr } = spawnSync(command, {
    cwd: repositoryRoot,
    shell: true,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  const passed = status === 0
  console.log(`${passed ? 'ok  ' : 'FAIL'} ${name.padEnd(14)} ${seconds(start)}`)
  if (!passed) console.error(`\n$ ${command}\n${stdout}${stderr}\nTo run it alone: pnpm ${name}`)
  return passed
}

/** Runs all tests with their own output, and closes with one plain line of true numbers. */
function runTests(command: string): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-check-'))
  const results = join(folder, 'tests.json')
  try {
    const { status } = spawnSync(
      `${command} --reporter=dot --reporter=json --outputFile.json=${JSON.stringify(results)}`,
      { cwd: repositoryRoot, shell: true, stdio: ['ignore', 'inherit', 'inherit'] },
    )
    const counts = JSON.parse(readFileSync(results, 'utf8')) as TestCounts
    const { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped } = counts
    console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
    return status === 0 && passed > 0
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function check(): boolean {
  const { scripts } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>
  }
  const commandOf = (name: string): string => {
    const command = scripts[name]
    if (command === undefined) throw new Error(`package.json has no script "${name}"`)
    return command
  }
  return STEPS.every((name) => runStep(name, commandOf(name))) && runTests(commandOf('test:all'))
}

const start = performance.now()
const passed = check()
console.log(passed ? `All in order after ${seconds(start)}.` : `Stopped after ${seconds(start)}.`)
process.exitCode = passed ? 0 : 1
