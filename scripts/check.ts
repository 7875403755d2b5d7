import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from './lib/files.ts'

/** Scripts of package.json that say nothing unless they fail; the quick ones come first. */
const QUIET = ['format:check', 'lock', 'build', 'lint', 'unused', 'size', 'docs:site'] as const

/** All tests, with their own output; their last line counts them. */
const TESTS = 'tests'

type Scripts = Readonly<Record<string, string>>

/** Runs one script without its output, unless it fails. */
function runQuietly(name: string, scripts: Scripts): boolean {
  const start = performance.now()
  const command = commandOf(name, scripts)
  const { status, stdout, stderr } = spawnSync(command, {
    cwd: repositoryRoot,
    shell: true,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  const passed = status === 0
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${passed ? 'ok  ' : 'FAIL'} ${name.padEnd(14)} ${seconds} s`)
  if (!passed) console.error(`\n$ ${command}\n${stdout}${stderr}\nTo run it alone: pnpm ${name}`)
  return passed
}

function runOpenly(name: string, scripts: Scripts): boolean {
  const { status } = spawnSync(commandOf(name, scripts), {
    cwd: repositoryRoot,
    shell: true,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  return status === 0
}

function commandOf(name: string, scripts: Scripts): string {
  const command = scripts[name]
  if (command === undefined) throw new Error(`package.json has no script "${name}"`)
  return command
}

const { scripts } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as {
  readonly scripts: Scripts
}
const passed = QUIET.every((name) => runQuietly(name, scripts)) && runOpenly(TESTS, scripts)
process.exitCode = passed ? 0 : 1
