import { alarm, type Clock } from '../../base/clock.ts'
import type { HttpAnswer } from '../../http/answer.ts'
import { rawAnswer } from './raw-answer.ts'

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
export function refuseUpgrade(socket: UpgradeSocket, answer: HttpAnswer, clock: Clock): void {
  if (socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  socket.once(
    'close',
    alarm(clock, LINGER_MS, () => socket.destroy()),
  )
  socket.end(rawAnswer(answer))
  socket.resume()
}
