import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** All of a fence's run, harness included, may take so long. */
const LIMIT_MS = 30_000

/** Where the harness of a name lives. */
export function harnessFile(name: string): string {
  return join(import.meta.dirname, 'harness', `${name}.ts`)
}

/** Runs a program as a process of its own; gives back what was wrong, or an empty string. */
export function runFence(file: string, harness = ''): string {
  const cwd = mkdtempSync(join(tmpdir(), 'mayfly-fence-'))
  try {
    const { status, signal, stdout, stderr } = spawnSync(
      process.execPath,
      ['--conditions=source', join(import.meta.dirname, 'child.ts'), file, harness],
      { cwd, env: { PATH: process.env['PATH'] ?? '' }, encoding: 'utf8', timeout: LIMIT_MS },
    )
    if (signal !== null) return `ended by ${signal} after ${LIMIT_MS} ms\n${stdout}${stderr}`
    return status === 0 ? '' : `exit code ${status}\n${stdout}${stderr}`
  } finally {
    rmSync(cwd, { recursive: true, force: true })
  }
}
