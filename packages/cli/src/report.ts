import { isMayflyError, KeyError, OptionError, SourceError } from '@mayfly/core'
import { CommanderError } from 'commander'
import type { CliContext } from './context.ts'
import { ExitCode } from './exit-code.ts'
import { redact } from './redact.ts'
import { UnavailableError, UsageError } from './usage-error.ts'

/** What is told of an error, and what the process ends with. */
export interface Report {
  readonly exitCode: ExitCode
  /** Nothing, where all was said already. */
  readonly message?: string
  readonly hint?: string
}

/** Makes a report of whatever was thrown. */
export function reportOf(error: unknown): Report {
  if (error instanceof CommanderError) {
    return { exitCode: error.exitCode === 0 ? ExitCode.ok : ExitCode.usage }
  }
  if (error instanceof UsageError) return usageReport(error)
  if (error instanceof UnavailableError) {
    const { message, hint } = error
    return { exitCode: ExitCode.unavailable, message, ...(hint !== undefined && { hint }) }
  }
  if (isMayflyError(error)) return { exitCode: codeOf(error), message: withCause(error) }
  return isOfSystem(error) || isOfService(error)
    ? { exitCode: ExitCode.unavailable, message: error.message }
    : internalReport(error)
}

/** The service's ledger or its seal, which are loaded with the service alone. */
function isOfService(error: unknown): error is Error {
  return (
    error instanceof Error &&
    ['LedgerError', 'LedgerConflictError', 'SealError'].includes(error.name)
  )
}

/** A port that is taken, a disk that is full. */
function isOfSystem(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error && 'code' in error
}

/** Writes a report to standard error. */
export async function printReport(report: Report, context: CliContext): Promise<void> {
  const { message, hint } = report
  if (message === undefined) return
  const label = context.paintError(['red', 'bold'], 'error:')
  const more = hint === undefined ? '' : `\n${hint}`
  await context.io.stderr.write(`${label} ${redact(message)}${more}\n`)
}

function usageReport({ message, hint, command }: UsageError): Report {
  const help = command === undefined ? undefined : `See: ${pathOf(command)} --help`
  const hints = [hint, help].filter((each) => each !== undefined)
  return {
    exitCode: ExitCode.usage,
    message,
    ...(hints.length > 0 && { hint: hints.join('\n') }),
  }
}

function pathOf(command: NonNullable<UsageError['command']>): string {
  const { parent } = command
  return parent === null ? command.name() : `${pathOf(parent)} ${command.name()}`
}

function codeOf(error: Error): ExitCode {
  // The command line is as it should be, and yet the port is taken.
  if (error instanceof OptionError && isOfSystem(error.cause)) return ExitCode.unavailable
  if (error instanceof OptionError || error.name === 'ForeignOriginError') return ExitCode.usage
  if (error instanceof KeyError) return ExitCode.unavailable
  if (error instanceof SourceError) {
    return error.code === 'ERR_MINT_REFUSED' ? ExitCode.refused : ExitCode.unavailable
  }
  return error.name === 'RequestError' ? ExitCode.refused : ExitCode.unavailable
}

/** The system's word for what went wrong underneath, such as `ECONNREFUSED`, where there is one. */
function withCause(error: Error): string {
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) {
    const code: unknown = 'code' in cause ? cause.code : undefined
    if (typeof code === 'string' && !code.startsWith('ERR_')) return `${error.message} (${code})`
  }
  return error.message
}

function internalReport(error: unknown): Report {
  const { name, message } = error instanceof Error ? error : { name: 'error', message: '' }
  return {
    exitCode: ExitCode.internal,
    message: `This is a fault of mayfly itself. ${name}: ${message}`,
    hint: 'Please report it, with the command that you ran, but without any key, secret or token.',
  }
}
