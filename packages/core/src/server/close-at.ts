import { alarm, type Clock } from '../base/clock.ts'
import {
  clockOption,
  describe,
  invalid,
  refuseUnknownOptions,
  requireNumber,
} from '../base/options.ts'

/** A WebSocket: that of `ws`, or one by the web's own standard. */
export interface ClosableSocket {
  /** Says goodbye to the other side, and waits for its answer. */
  close(code?: number, reason?: string): void
  /** Ends the connection at once. */
  terminate?(): void
  /** 3 once it is closed. */
  readonly readyState?: number
  /** Has the listener called once the connection is closed. */
  addEventListener?(type: 'close', listener: () => void): void
  /** Takes the listener off. */
  removeEventListener?(type: 'close', listener: () => void): void
}

/** A socket of Socket.IO, on the server. */
export interface ClosableSession {
  /** Ends it, and with `true` the connection that it came over. */
  disconnect(close?: boolean): unknown
  /** Whether it is over. */
  readonly disconnected?: boolean
  /** Has the listener called once it is over. */
  once?(event: 'disconnect', listener: () => void): unknown
  /** Takes the listener off. */
  off?(event: 'disconnect', listener: () => void): unknown
}

/** What {@link closeAt} can close. */
export type Closable = ClosableSocket | ClosableSession | ClosableStream

/** A response, a socket, or any other stream of Node's. */
export interface ClosableStream {
  /** Ends the stream once what was written is sent. */
  end(): unknown
  /** Ends the connection at once. */
  destroy(): unknown
  /** Whether it is over. */
  readonly destroyed?: boolean
  /** Has the listener called for errors of the stream. */
  on?(event: 'error', listener: () => void): unknown
  /** Has the listener called once the stream is closed. */
  once?(event: 'close', listener: () => void): unknown
  /** Takes the listener off. */
  off?(event: 'close', listener: () => void): unknown
}

/** How {@link closeAt} closes. */
export interface CloseAtOptions {
  readonly clock?: Clock
  /**
   * The close code of a WebSocket: 1000, 1008, or 3000 to 4999. Default 3000, which is registered as
   * "Unauthorized".
   */
  readonly code?: number
  /** What a WebSocket is told as the reason, 123 bytes at the most. Default `token_expired`. */
  readonly reason?: string
  /** How long the other side may take to close, in milliseconds; then it is cut off. Default 2000. */
  readonly graceMs?: number
}

/** A wait is taken in steps, so that a clock that was set, or a machine that slept, is noticed. */
const STEP_MS = 600_000

/**
 * Closes a connection when the token that opened it expires: a WebSocket with code 3000, a
 * socket of Socket.IO by its disconnection, an event stream or another response by its end. A client that does not close its side is cut off. What is
 * written to a stream after that is lost, and harms nobody.
 *
 * A verifier's `clockTolerance` is not added. The timer keeps no process alive, and goes with the
 * connection. When the client has shown a new token, call this off and set another.
 *
 * @param expiresAt seconds since the epoch, such as a token's `exp`; `undefined` never closes.
 * @returns a function that calls it off, unless the connection is being closed already.
 * @throws {OptionError} when `expiresAt` or an option is unsound, or the connection has no way to end.
 *
 * @example
 * ```ts
 * import type { ServerResponse } from 'node:http'
 * import { closeAt, type VerifiedToken } from '@mayfly/core'
 *
 * export function streamEvents(response: ServerResponse, auth: VerifiedToken): void {
 *   response.writeHead(200, { 'content-type': 'text/event-stream' })
 *   closeAt(auth.claims.exp, response)
 * }
 * ```
 */
export function closeAt(
  expiresAt: number | undefined,
  connection: Closable,
  options: CloseAtOptions = {},
): () => void {
  const clock = clockOption(options.clock)
  const graceMs = requireGrace(options)
  const { close, cut } = endingsOf(connection, options)
  if (expiresAt === undefined || isClosed(connection)) return () => {}
  const dueMs = requireNumber(expiresAt, 'expiresAt') * 1000
  let closing = false
  let callOff: (() => void) | undefined

  const wait = (): void => {
    const restMs = dueMs - clock.now()
    closing = restMs <= 0
    callOff = closing
      ? alarm(clock, graceMs, cut)
      : alarm(clock, Math.min(Math.ceil(restMs), STEP_MS), wait)
    if (!closing) return
    try {
      close()
    } catch {
      // Nobody could take the error here, and the connection has to end all the same.
      cut()
    }
  }
  const forget = onceClosed(connection, () => callOff?.())
  wait()
  return () => {
    if (closing) return
    callOff?.()
    forget()
  }
}

interface Endings {
  readonly close: () => void
  readonly cut: () => void
}

function endingsOf(connection: Closable, options: CloseAtOptions): Endings {
  if (isStream(connection)) {
    return { close: () => endStream(connection), cut: () => void connection.destroy() }
  }
  if (isSession(connection)) {
    const end = (): void => void connection.disconnect(true)
    return { close: end, cut: end }
  }
  if (typeof connection?.close !== 'function') {
    throw invalid(
      'connection',
      `"connection" must be a WebSocket, a socket of Socket.IO, a response or a stream, not ${describe(connection)}.`,
    )
  }
  const { code = 3000, reason = 'token_expired' } = options
  if (code !== 1000 && code !== 1008 && !(Number.isInteger(code) && code >= 3000 && code <= 4999)) {
    throw invalid('code', '"code" must be 1000, 1008, or 3000 to 4999 (RFC 6455 section 7.4).')
  }
  if (typeof reason !== 'string' || new TextEncoder().encode(reason).byteLength > 123) {
    throw invalid(
      'reason',
      '"reason" must be a string of at most 123 bytes (RFC 6455 section 5.5).',
    )
  }
  return { close: () => connection.close(code, reason), cut: () => connection.terminate?.() }
}

/**
 * Whoever writes events may be about to write one more. That is an error once the stream has ended,
 * and an error that nobody listens for ends the process.
 */
function endStream(stream: ClosableStream): void {
  stream.on?.('error', () => {})
  stream.end()
}

function requireGrace(options: CloseAtOptions): number {
  refuseUnknownOptions(options, ['clock', 'code', 'reason', 'graceMs'], 'closeAt')
  const { graceMs = 2000 } = options
  return requireNumber(graceMs, 'graceMs', { max: STEP_MS, unit: 'milliseconds' })
}

function isStream(connection: Closable): connection is ClosableStream {
  return typeof Reflect.get(Object(connection), 'end') === 'function'
}

function isSession(connection: Closable): connection is ClosableSession {
  return typeof Reflect.get(Object(connection), 'disconnect') === 'function'
}

function isClosed(connection: Closable): boolean {
  if (isSession(connection)) return connection.disconnected === true
  return isStream(connection) ? connection.destroyed === true : connection.readyState === 3
}

/** Gives a function that takes the listener off again: a connection may be renewed many times. */
function onceClosed(connection: Closable, listener: () => void): () => void {
  if (isStream(connection)) {
    connection.once?.('close', listener)
    return () => connection.off?.('close', listener)
  }
  if (isSession(connection)) {
    connection.once?.('disconnect', listener)
    return () => connection.off?.('disconnect', listener)
  }
  connection.addEventListener?.('close', listener)
  return () => connection.removeEventListener?.('close', listener)
}
