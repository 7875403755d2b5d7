import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { StoreOperation, WaitOutcome } from '@mayfly/core'

/** What a process is told that asks for tokens. */
export interface CallerOptions {
  /** Where Redis is. */
  readonly redis: string
  /** Which package it uses. */
  readonly client: string
  /** The key of the store, in base64url. */
  readonly key: string
  readonly tokenEndpoint: string
  readonly clientId: string
  readonly clientSecret: string
  /** How many calls it makes at once. */
  readonly calls: number
  readonly timeoutMs: number
}

/** What it got. */
export interface CallerReport {
  readonly calls: number
  /** The different ones. */
  readonly tokens: readonly string[]
  readonly mints: number
  readonly waits: readonly WaitOutcome[]
  /** What the store failed to do. */
  readonly failed: readonly StoreOperation[]
}

/** A process that asks for tokens. */
export interface Caller {
  /** Lets it begin, and resolves with what it got. */
  run(): Promise<CallerReport>
  /** Ends it as a crash would. It does not end by itself. */
  kill(): Promise<void>
}

const SCRIPT = fileURLToPath(new URL('caller.ts', import.meta.url))

/** Starts a process, and resolves when it has connected. */
export async function startCaller(options: CallerOptions): Promise<Caller> {
  const args = ['--conditions=source', SCRIPT, JSON.stringify(options)]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const exit = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const nextLine = async (): Promise<string> => {
    const { value, done } = await lines.next()
    if (done === true) throw new Error('The process ended before it was done.')
    return value
  }
  await nextLine()
  return {
    run: async () => {
      child.stdin.end()
      return JSON.parse(await nextLine()) as CallerReport
    },
    kill: async () => {
      child.kill('SIGKILL')
      await exit
    },
  }
}
