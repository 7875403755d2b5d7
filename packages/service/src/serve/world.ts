import type { Clock } from '@mayfly/core'

/** What the start file has of the process, so that a test can be the process. */
export interface ServeWorld {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** Where people read: what is up, and where. */
  readonly stdout: ServeOutput
  /** Where the log goes, a line of JSON each. */
  readonly stderr: ServeOutput
  /** Has the listener called each time the process is asked to end. Gives a function that takes it off. */
  onStop(listener: (signal: string) => void): () => void
  /** Ends the process at once, with whatever is under way. */
  exit(): void
}

/** Standard output or standard error. */
export interface ServeOutput {
  readonly isTTY: boolean
  /** Writes text as it is. */
  write(text: string): void
}

/** The process itself. */
export function processEnvironment(clock: Clock): ServeWorld {
  return {
    env: process.env,
    clock,
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    onStop: (listener) => {
      const signals = ['SIGINT', 'SIGTERM'] as const
      for (const signal of signals) process.on(signal, listener)
      return () => {
        for (const signal of signals) process.off(signal, listener)
      }
    },
    exit: () => process.exit(1),
  }
}

function outputOf(stream: NodeJS.WriteStream): ServeOutput {
  return { isTTY: stream.isTTY, write: (text) => void stream.write(text) }
}
