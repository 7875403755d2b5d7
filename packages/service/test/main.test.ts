import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

function run(...args: readonly string[]): {
  status: number | null
  stdout: string
  stderr: string
} {
  return spawnSync(process.execPath, ['--conditions=source', MAIN, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  })
}

describe('mayfly-service as a process', () => {
  it.each([
    [['--help'], 0, 'stdout', /^Usage: mayfly-service /],
    [['--no-such-option'], 2, 'stderr', /unknown option/],
    [['rotate-keys', '--no-such-option'], 2, 'stderr', /unknown option/],
    [['--port', 'http'], 2, 'stderr', /^error: --port: /],
    [['--port', '0', '--database', '/nowhere/a.db'], 2, 'stderr', /^error: .*\/nowhere\/a\.db/],
  ] as const)('%j ends with %i', (args, status, output, words) => {
    const ended = run(...args)
    expect(ended[output]).toMatch(words)
    expect(ended.status).toBe(status)
    expect(ended.stderr).not.toMatch(/^ {4}at /m)
  })
})
