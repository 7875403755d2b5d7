import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from './lib/files.ts'

/** Scripts of package.json that everything else builds on, one after the other. */
const FIRST = ['format:check', 'lock', 'build'] as const

/** Those that run beside the tests on what was built, which wait for their servers more than they compute. */
const BESIDE = ['lint', 'unused', 'size:built', 'docs:site'] as const

/** All tests, with their own output; their last line counts them, and is the last of all. */
const TESTS = 'tests'

const { scripts } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>
}

/** Runs one script, and gives what it printed where that is kept, and whether it passed. */
async function run(name: string, output: 'keep' | 'show'): Promise<{ text: string; ok: boolean }> {
  const command = scripts[name]
  if (command === undefined) throw new Error(`package.json has no script "${name}"`)
  const stdio = output === 'keep' ? 'pipe' : 'inherit'
  const child = spawn(command, {
    cwd: repositoryRoot,
    shell: true,
    stdio: ['ignore', stdio, stdio],
  })
  const chunks: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => chunks.push(chunk))
  }
  const code = await new Promise((resolve) => child.once('close', resolve))
  return { text: Buffer.concat(chunks).toString(), ok: code === 0 }
}

/** Runs scripts one after the other, quietly, up to the first that fails; gives the lines to print. */
async function runQuietly(names: readonly string[]): Promise<{ lines: string[]; ok: boolean }> {
  const lines: string[] = []
  for (const name of names) {
    const start = performance.now()
    const { text, ok } = await run(name, 'keep')
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    lines.push(`${ok ? 'ok  ' : 'FAIL'} ${name.padEnd(14)} ${seconds} s`)
    if (ok) continue
    lines.push(`\n$ ${scripts[name] ?? ''}\n${text}\nTo run it alone: pnpm ${name}`)
    return { lines, ok }
  }
  return { lines, ok: true }
}

const first = await runQuietly(FIRST)
console.log(first.lines.join('\n'))
if (first.ok) {
  const beside = runQuietly(BESIDE)
  // The closing line of the tests stays the last one, unless something beside them failed.
  const tests = run(TESTS, 'show')
  const { lines, ok } = await beside
  if (ok) console.log(lines.join('\n'))
  const { ok: passed } = await tests
  if (!ok) console.error(lines.join('\n'))
  process.exitCode = ok && passed ? 0 : 1
} else {
  process.exitCode = 1
}
