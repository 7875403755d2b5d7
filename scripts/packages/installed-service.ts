import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, startServer } from '../servers/process.ts'

/** A service that runs from installed packages. */
export interface InstalledService {
  readonly child: ChildProcess
  readonly url: string
  /** Its first console token, which has every scope. */
  readonly consoleToken: string
}

/** Starts a program that serves, with its ledger in `folder`, on this Node.js or another; without a shell between, which would get the signals. */
export async function startInstalled(
  program: string,
  args: readonly string[],
  folder: string,
  node: string = process.execPath,
): Promise<InstalledService> {
  const port = await freePort()
  const tokenFile = join(folder, 'console.token')
  const child = await startServer({
    file: node,
    args: [program, ...args, '--port', String(port), '--console-token-file', tokenFile],
    options: { cwd: folder, env: { PATH: process.env['PATH'] } },
    ready: /Mayfly issues tokens at/,
  })
  const consoleToken = readFileSync(tokenFile, 'utf8').trim()
  return { child, url: `http://127.0.0.1:${port}`, consoleToken }
}
