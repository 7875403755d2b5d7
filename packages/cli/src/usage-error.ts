import type { Command } from 'commander'

/** A wrong command line. The message says what is wrong, the hint what to do. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError'
  readonly hint: string | undefined
  /** Whose help is pointed to. */
  readonly command: Command | undefined

  constructor(message: string, { hint, command }: { hint?: string; command?: Command } = {}) {
    super(message)
    this.hint = hint
    this.command = command
  }
}

/** What was asked for could not be had: a file that cannot be read, a server that does not answer. */
export class UnavailableError extends Error {
  override readonly name: string = 'UnavailableError'
  readonly hint: string | undefined

  constructor(message: string, { hint, ...options }: ErrorOptions & { hint?: string } = {}) {
    super(message, options)
    this.hint = hint
  }
}
