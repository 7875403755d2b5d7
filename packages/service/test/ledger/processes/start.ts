import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

/** A child process that records tokens. */
export interface Recorder {
  /** The ids whose recording was confirmed. */
  readonly confirmed: readonly string[]
  /** Resolves when so many have been confirmed, or the process has ended. */
  until(count: number): Promise<void>
  kill(): void
  /** Resolves when it has ended and all that it printed was read; its complaints and exit code. */
  readonly ended: Promise<{ readonly code: number | null; readonly complaints: string }>
}

const SCRIPT = fileURLToPath(new URL('recorder.ts', import.meta.url))

/** Starts a process that records `count` tokens, `together` at once. */
export function startRecorder(options: {
  readonly database: string
  readonly name: string
  readonly count: number
  readonly together?: number
}): Recorder {
  const { database, name, count, together = 20 } = options
  const args = ['--conditions=source', '--disable-warning=ExperimentalWarning', SCRIPT]
  const child = spawn(
    process.execPath,
    [...args, database, name, String(count), String(together)],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  return follow(child)
}

function follow(child: ChildProcess & { stdout: NonNullable<ChildProcess['stdout']> }): Recorder {
  const confirmed: string[] = []
  const waiting = new Set<() => void>()
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => {
    if (line !== 'ready') confirmed.push(line)
    for (const check of waiting) check()
  })
  const read = once(lines, 'close')
  const complaints = child.stderr === null ? Promise.resolve('') : text(child.stderr)
  const ended = Promise.all([once(child, 'exit'), read, complaints]).then(
    ([[code], , complained]) => ({ code: code as number | null, complaints: complained }),
  )
  return {
    confirmed,
    ended,
    kill: () => void child.kill('SIGKILL'),
    until: (count) =>
      new Promise<void>((resolve) => {
        const check = (): void => {
          if (confirmed.length < count) return
          waiting.delete(check)
          resolve()
        }
        waiting.add(check)
        check()
        void ended.then(() => resolve())
      }),
  }
}
