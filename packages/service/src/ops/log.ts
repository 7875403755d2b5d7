import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino'
import { isMayflyError } from '@mayfly/core'
import { requireOneOf } from '@mayfly/core/adapter'
import { LedgerError } from '../ledger/errors.ts'
import { SealError } from '../seal/errors.ts'

/** What the service writes its log with: a logger of pino's, or anything of its shape. */
export type ServiceLogger = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>

/** How much a log tells. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent']

/** No line is meant to have these; they are struck out should one ever have them. */
const NEVER = [
  'authorization',
  'cookie',
  'token',
  'value',
  'secret',
  'apiKey',
  'password',
  'phone',
  'body',
  'headers',
  'url',
]

/**
 * Makes the log of the service: a line of JSON for each thing that happened. No line holds a token, a
 * secret, a key, a phone number or a query string.
 *
 * @param destination where lines go. Default: the standard output.
 */
export function createLogger(
  options: { readonly level?: LogLevel } = {},
  destination?: DestinationStream,
): ServiceLogger {
  const settings: LoggerOptions = {
    level: requireOneOf(options.level ?? 'info', 'level', LOG_LEVELS),
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: NEVER.flatMap((name) => [name, `*.${name}`]), censor: '[hidden]' },
    serializers: { err: describeError, cause: describeError },
  }
  return destination === undefined ? pino(settings) : pino(settings, destination)
}

/** What is told of an error: its kind, its code and where it came from, down its causes. */
export interface ErrorDescription {
  readonly name: string
  readonly code?: string
  readonly message?: string
  readonly at?: readonly string[]
  readonly cause?: ErrorDescription
}

/**
 * Describes an error for the log. Our own messages hold nothing secret. Those of drivers and of the
 * runtime may repeat what they were given, so of these the name, the code and the place must do.
 */
export function describeError(error: unknown, depth: number = 0): ErrorDescription {
  if (!(error instanceof Error)) return { name: typeof error }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  const ours = isMayflyError(error) || error instanceof LedgerError || error instanceof SealError
  return {
    name: error.name,
    ...(code !== undefined && { code }),
    ...(ours && { message: error.message }),
    at: placesOf(error),
    ...(error.cause !== undefined && depth < 3 && { cause: describeError(error.cause, depth + 1) }),
  }
}

/** Where it was thrown. The lines before are the message, whatever it holds. */
function placesOf({ stack = '' }: Error): string[] {
  const frame = /^ {4}at (?:[\w.<>[\] ]+ \()?(?:file:\/\/|node:|\/|[A-Z]:\\)[^\n]*:\d+:\d+\)?$/
  return stack
    .split('\n')
    .filter((line) => frame.test(line))
    .slice(0, 5)
    .map((line) => line.trim())
}
