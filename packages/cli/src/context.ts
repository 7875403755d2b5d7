import type { Command } from 'commander'
import { hasColors, type Paint, painter } from './colors.ts'
import { ExitCode } from './exit-code.ts'
import type { CliIo } from './io.ts'
import { redact } from './redact.ts'
import { UsageError } from './usage-error.ts'

/** One call of a command. */
export interface Invocation<Options> {
  /** The arguments in their order; `undefined` for an optional one that was left out. */
  readonly args: readonly (string | undefined)[]
  readonly options: Options
  readonly command: Command
}

/** Carries a command out. What it gives back is the exit code; nothing is `ExitCode.ok`. */
export type Handler<Options> = (call: Invocation<Options>) => Promise<ExitCode | undefined>

/** What every command gets beside its own options. */
export class CliContext {
  readonly io: CliIo
  /** Paints for standard output. */
  readonly paint: Paint
  /** Paints for standard error. */
  readonly paintError: Paint
  #exitCode: ExitCode = ExitCode.ok
  #stdinIs: string | undefined

  constructor(io: CliIo) {
    this.io = io
    this.paint = painter(io.env, io.stdout)
    this.paintError = painter(io.env, io.stderr)
  }

  get outHasColors(): boolean {
    return hasColors(this.io.env, this.io.stdout)
  }

  get errHasColors(): boolean {
    return hasColors(this.io.env, this.io.stderr)
  }

  /** What the command that ran gave back. */
  get exitCode(): ExitCode {
    return this.#exitCode
  }

  /** Makes of a handler what commander's `action` takes. */
  action<Options = Readonly<Record<string, never>>>(
    handler: Handler<Options>,
  ): (...values: unknown[]) => Promise<void> {
    return async (...values) => {
      const command = values.at(-1) as Command
      const args = values.slice(0, -2) as (string | undefined)[]
      this.#exitCode =
        (await handler({ args, options: command.opts() as Options, command })) ?? ExitCode.ok
    }
  }

  /** Says that standard input is read. It can be read once. */
  takeStdin(what: string): void {
    if (this.#stdinIs !== undefined) {
      throw new UsageError(`Standard input cannot be both ${this.#stdinIs} and ${what}.`)
    }
    this.#stdinIs = what
  }

  /** Writes a line to standard output. */
  async print(line: string): Promise<void> {
    await this.io.stdout.write(`${line}\n`)
  }

  /** Writes a remark to standard error, where it is in nobody's way. */
  async note(text: string): Promise<void> {
    await this.io.stderr.write(`${this.paintError('dim', redact(`note: ${text}`))}\n`)
  }
}

/** Adds a command, or several, to the program. Each room has one. */
export type AddCommand = (program: Command, context: CliContext) => void
