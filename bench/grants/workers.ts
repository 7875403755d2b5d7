import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { GrantEvent, GrantResponse } from '@mayfly/core/grants'

/** What a worker is told at its start. */
export interface WorkerOptions {
  readonly name: string
  readonly store: 'redis' | 'postgres'
  readonly url: string
  readonly key: string
  readonly endpoint: string
  readonly origin: string
  readonly clientId: string
  readonly clientSecret: string
  readonly ids: readonly string[]
  readonly leaseMs: number
  readonly timeoutMs: number
  readonly pauseMs: number
  readonly aheadMs: number
}

/** What a worker is told later. */
export type WorkerOrder =
  | { readonly do: 'run' | 'stop' | 'die-after-answer' }
  | { readonly do: 'save'; readonly id: string; readonly response: GrantResponse }
  | { readonly do: 'burst'; readonly id: string; readonly calls: number }

/** What a worker says. */
export interface WorkerLine {
  readonly ready?: true
  readonly event?: GrantEvent
  readonly saved?: string
  readonly burst?: readonly string[]
  readonly counts?: Readonly<Record<string, number>>
  readonly failed?: string
}

const SCRIPT = fileURLToPath(new URL('worker.ts', import.meta.url))

/** A process that uses grants. */
export class Worker {
  readonly options: WorkerOptions
  readonly #child: ChildProcess
  readonly #heard: (line: WorkerLine) => void
  readonly #waiting: {
    readonly wants: keyof WorkerLine
    readonly done: (line: WorkerLine) => void
  }[] = []
  isDead = false
  isFrozen = false

  private constructor(options: WorkerOptions, heard: (line: WorkerLine) => void) {
    this.options = options
    this.#heard = heard
    this.#child = spawn(
      process.execPath,
      ['--conditions=source', SCRIPT, JSON.stringify(options)],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    )
    this.#child.stdin?.on('error', () => {})
    this.#child.once('exit', () => {
      this.isDead = true
      for (const { done } of this.#waiting.splice(0)) done({})
    })
    void this.#read()
  }

  /** Starts one, and resolves when it has connected. */
  static async start(options: WorkerOptions, heard: (line: WorkerLine) => void): Promise<Worker> {
    const worker = new Worker(options, heard)
    await worker.answer('ready')
    return worker
  }

  /** Waits for a line; an empty one comes of a worker that died. */
  async answer(wants: keyof WorkerLine): Promise<WorkerLine> {
    if (this.isDead) return {}
    return new Promise((done) => this.#waiting.push({ wants, done }))
  }

  tell(order: WorkerOrder): void {
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`)
  }

  freeze(): void {
    this.isFrozen = this.#child.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child.kill('SIGCONT')
    this.isFrozen = false
  }

  async kill(): Promise<void> {
    if (this.isDead) return
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await gone
  }

  async #read(): Promise<void> {
    if (this.#child.stdout === null) return
    for await (const text of createInterface({ input: this.#child.stdout })) {
      const line = JSON.parse(text) as WorkerLine
      this.#heard(line)
      const index = this.#waiting.findIndex(({ wants }) => wants in line)
      if (index >= 0) this.#waiting.splice(index, 1)[0]?.done(line)
    }
  }
}
