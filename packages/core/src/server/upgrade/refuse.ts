import { alarm, type Clock } from '../../base/clock.ts'
import type { HttpResponse } from '../../http/answer.ts'
import { statusTitle } from '../../base/errors.ts'

// What would end a field before its time (RFC 9110 section 5.5).
// oxlint-disable-next-line no-control-regex -- these are the ones
const CONTROLS = /[\x00-\x08\x0A-\x1F\x7F]/g

/**
 * Writes an answer as HTTP/1.1 text, for a connection that no HTTP server looks after any more. It is
 * the last one on its connection (RFC 9112 section 9.6).
 */
export function rawResponse({ status, headers, body }: HttpResponse): string {
  const connection = headers['upgrade'] === undefined ? 'close' : 'close, upgrade'
  const length = new TextEncoder().encode(body).byteLength
  const all = { ...headers, 'content-length': String(length), connection }
  const fields = Object.entries(all).map(
    ([name, value]) => `${name}: ${value.replaceAll(CONTROLS, ' ')}\r\n`,
  )
  return `HTTP/1.1 ${status} ${statusTitle(status) ?? ''}\r\n${fields.join('')}\r\n${body}`
}

/** Shared by all copies of this package. */
const JUDGING: unique symbol = Symbol.for('mayfly.upgrade')

interface Judged extends UpgradeSocket {
  [JUDGING]?: boolean
}

/** What is told to whoever has two listeners decide about one upgrade. */
export const JUDGED_TWICE =
  'An upgrade was handed to upgradeAuth again before it was let through. Let one listener for "upgrade" decide, by the path, which upgradeAuth it goes to.'

/**
 * Notes that an upgrade is being judged, or was refused. Gives `false` where it was noted before: two
 * that answer on one connection would write into what the other has opened.
 */
export function beginJudging(socket: Judged): boolean {
  if (socket[JUDGING] === true) return false
  socket[JUDGING] = true
  return true
}

/** An upgrade that was let through may be judged again, by whoever it was handed to. */
export function endJudging(socket: Judged): void {
  socket[JUDGING] = false
}

/** What is needed of the connection of an upgrade: that of a Node `Duplex`. */
export interface UpgradeSocket {
  readonly destroyed: boolean
  readonly writable: boolean
  /** What was written so far, where it is counted: tells whether somebody has answered. */
  readonly bytesWritten?: number | undefined
  /** Takes care of errors of the connection. */
  on(event: 'error', listener: () => void): unknown
  /** Tells when the connection is over. */
  once(event: 'close', listener: () => void): unknown
  /** Reads what comes, and throws it away. */
  resume(): unknown
  /** Writes the text, and ends this side of the connection. */
  end(text: string): unknown
  /** Ends the connection at once. */
  destroy(): unknown
}

/** How long a client has to take its answer and close the connection. */
const LINGER_MS = 5000

/**
 * Answers an upgrade in HTTP, and closes the connection. What the client sends meanwhile is read and
 * thrown away: closing with bytes unread would reset the connection, and the client would lose the
 * answer.
 */
export function refuseUpgrade(socket: UpgradeSocket, answer: HttpResponse, clock: Clock): void {
  if (socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  socket.once(
    'close',
    alarm(clock, LINGER_MS, () => socket.destroy()),
  )
  socket.end(rawResponse(answer))
  socket.resume()
}
