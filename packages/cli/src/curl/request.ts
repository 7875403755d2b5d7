import { type Clock, systemClock } from '@mayfly/core'
import type { Command } from 'commander'
import type { CliContext } from '../context.ts'
import { parseDuration } from '../input/duration.ts'
import { readInput } from '../input/read-input.ts'
import { UsageError } from '../usage-error.ts'

/** A body is read whole, so that it can be sent again after a 401. */
const MAX_BODY_BYTES = 67_108_864

/** What of a command line makes the request. */
export interface RequestOptions {
  readonly request?: string
  readonly header?: readonly string[]
  readonly data?: string
  readonly json?: string
  readonly maxTime?: string
}

/** Makes of the options what `fetch` takes. */
export async function readRequest(
  options: RequestOptions,
  command: Command,
  context: CliContext,
): Promise<RequestInit> {
  const { request, data, json, maxTime } = options
  if (data !== undefined && json !== undefined) {
    throw new UsageError('Give the body with --data or with --json, not with both.', { command })
  }
  const headers = readHeaders(options, command)
  const text = json ?? data
  const body = text === undefined ? undefined : await readBody(text, context)
  const method = request ?? (body === undefined ? 'GET' : 'POST')
  if (!/^[A-Za-z]{1,20}$/.test(method)) {
    throw new UsageError('--request takes a method: GET, POST, PUT, PATCH, DELETE.', { command })
  }
  if (body !== undefined && /^(?:get|head)$/i.test(method)) {
    throw new UsageError(`A ${method.toUpperCase()} request has no body; leave --data out.`, {
      command,
    })
  }
  return {
    method: method.toUpperCase(),
    headers,
    ...(body !== undefined && { body }),
    ...(maxTime !== undefined && { signal: limit(context.io.clock, maxTime) }),
  }
}

function readHeaders({ header = [], data, json }: RequestOptions, command: Command): Headers {
  const headers = new Headers({ accept: '*/*', 'user-agent': 'mayfly' })
  if (data !== undefined) headers.set('content-type', 'application/x-www-form-urlencoded')
  if (json !== undefined) {
    headers.set('content-type', 'application/json')
    headers.set('accept', 'application/json')
  }
  for (const field of header) {
    const at = field.indexOf(':')
    const name = field.slice(0, Math.max(at, 0)).trim()
    if (name.toLowerCase() === 'authorization') {
      throw new UsageError('The field Authorization is what mayfly fills in; leave it out.', {
        command,
      })
    }
    try {
      headers.set(name, field.slice(at + 1).trim())
    } catch {
      throw new UsageError('--header takes "Name: value".', { command })
    }
  }
  return headers
}

async function readBody(text: string, context: CliContext): Promise<Uint8Array<ArrayBuffer>> {
  if (!text.startsWith('@')) return new TextEncoder().encode(text)
  return new Uint8Array(await readInput(text.slice(1), 'the body', context, MAX_BODY_BYTES))
}

function limit(clock: Clock, text: string): AbortSignal {
  const ms = parseDuration(text, '--max-time') * 1000
  const signal = clock.timeout?.(ms) ?? systemClock.timeout?.(ms)
  if (signal === undefined) throw new Error('the clock has no timeouts')
  return signal
}
