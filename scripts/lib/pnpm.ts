import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from './files.ts'

/** Runs the pnpm that the root's package.json names, and gives back what it printed. */
export function runPnpm(args: readonly string[], cwd: string): string {
  const manifest = readFileSync(join(repositoryRoot, 'package.json'), 'utf8')
  const pinned = /\bpnpm@[\d.]+/.exec(manifest)?.[0]
  if (pinned === undefined) throw new Error('package.json names no version of pnpm')
  return execFileSync('npx', ['--yes', pinned, ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  })
}
