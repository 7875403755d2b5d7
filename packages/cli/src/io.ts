import type { Clock } from '@mayfly/core'

/** Standard output or standard error. */
export interface CliOutput {
  readonly isTTY: boolean
  /** How wide the terminal is, where it is one. */
  readonly columns: number | undefined
  /** Writes text or bytes. Resolves when more may come; never rejects, though nobody may read it. */
  write(data: string | Uint8Array): Promise<void>
}

/** Standard input. */
export interface CliInput {
  readonly isTTY: boolean
  /** Reads to the end, or to where the reader has had enough. */
  bytes(): AsyncIterable<Uint8Array>
}

/** All that the program has of the world, so that a test can be the world. */
export interface CliIo {
  /** The arguments behind the program's name. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: CliInput
  readonly stdout: CliOutput
  readonly stderr: CliOutput
  readonly clock: Clock
  /** Sends the requests of `curl`, `verify`, `explain` and of vendors that hand tokens out. */
  readonly fetch: typeof fetch
  /** Has the listener called when the process is asked to end. Gives what takes it off again. */
  readonly onStop: (listener: (signal: string) => void) => () => void
  /** Ends the process at once, with whatever is under way. */
  readonly exit: () => void
}
