import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { repositoryRoot } from '../../lib/files.ts'
import { difference, type Step } from './transcript.ts'

/** All commands of one document may take so long. */
const LIMIT_MS = 120_000

/** What the commands of a document find. */
export interface World {
  readonly env: Readonly<Record<string, string>>
  readonly files: Readonly<Record<string, string | Uint8Array>>
  /** Origins, and where what is fetched from them really goes. */
  readonly routes: Readonly<Record<string, string>>
  /** Ports that the documentation names, and those that are used in their place. */
  readonly ports: Readonly<Record<string, number>>
}

/** Where the documentation says that it is. */
const SHOWN_HOME = '/home/alice'

/**
 * Runs the commands one after another in one bash, in a folder of their own, where `mayfly` is the
 * program of this repository and no command outlives the last one; gives back how what they print differs from what is said.
 */
export async function runSteps(steps: readonly Step[], world: World): Promise<string[]> {
  const home = mkdtempSync(join(tmpdir(), 'mayfly-console-'))
  try {
    for (const [name, text] of Object.entries(world.files)) writeFileSync(join(home, name), text)
    const marker = `--- ${randomUUID()} ---`
    const printed = await runBash(scriptOf(steps, marker), environment(home, world), home)
    const parts = printed.replaceAll(home, SHOWN_HOME).split(`${marker}\n`).slice(1)
    return steps.flatMap((step, index) => difference(step, linesOf(parts[index] ?? '')) ?? [])
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

/** Each command sees the exit code of the one before, as it would when typed. */
function scriptOf(steps: readonly Step[], marker: string): string {
  const parts = steps.map(
    ({ command }) => `__status=$?; printf '%s\\n' '${marker}'; (exit $__status)\n${command}`,
  )
  return `exec 2>&1\n${parts.join('\n')}\n`
}

function environment(home: string, { env, routes, ports }: World): Record<string, string> {
  const bin = mkdtempSync(join(home, '.bin-'))
  const path = process.env['PATH'] ?? ''
  const program = join(repositoryRoot, 'packages/cli/src/main.ts')
  const loaded = ['route-fetch.ts', 'map-ports.ts'].flatMap((name) => [
    '--import',
    join(import.meta.dirname, name),
  ])
  writeCommand(join(bin, 'mayfly'), [process.execPath, '--conditions=source', ...loaded, program])
  const connections = Object.entries(ports).flatMap(([port, used]) => [
    '--connect-to',
    `:${port}:127.0.0.1:${used}`,
  ])
  // A terminal has no progress bar among what is printed.
  const curl = ['env', `PATH=${path}`, 'curl', '--no-progress-meter', ...connections]
  writeCommand(join(bin, 'curl'), curl)
  return {
    PATH: `${bin}${delimiter}${path}`,
    HOME: home,
    FENCE_ROUTES: JSON.stringify(routes),
    FENCE_PORTS: JSON.stringify(ports),
    ...env,
  }
}

function writeCommand(file: string, words: readonly string[]): void {
  writeFileSync(file, `#!/bin/sh\nexec ${words.map((word) => `'${word}'`).join(' ')} "$@"\n`)
  chmodSync(file, 0o755)
}

async function runBash(
  script: string,
  env: Readonly<Record<string, string>>,
  cwd: string,
): Promise<string> {
  const child = spawn('bash', ['--norc', '-s'], { cwd, env, timeout: LIMIT_MS, detached: true })
  const parts: string[] = []
  child.stdout.setEncoding('utf8').on('data', (text: string) => void parts.push(text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => void parts.push(text))
  child.stdin.end(script)
  await new Promise((resolve) => child.on('exit', resolve))
  endGroup(child.pid)
  if (!child.stdout.closed) await once(child, 'close')
  return parts.join('')
}

/** Ends what a page started in the background and did not end itself. */
function endGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}
