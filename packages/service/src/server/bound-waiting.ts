import type { IncomingMessage, RequestListener } from 'node:http'
import type { Socket } from 'node:net'

/** More than any client sends ahead: browsers and proxies wait for each answer. */
const MAX_WAITING = 32

/**
 * Bounds how many requests of one connection are worked on at once. Node reads all that has arrived, a
 * thousand requests it may be, before it knows how long their answers are; and answers that nobody reads
 * pile up here. A connection with more is closed.
 *
 * @param isOver whether nothing that comes after can be answered on the connection of a request.
 */
export function boundWaiting(
  application: RequestListener,
  isOver: (request: IncomingMessage) => boolean,
): RequestListener {
  const waiting = new WeakMap<Socket, number>()
  return (request, response) => {
    const { socket } = request
    const count = (waiting.get(socket) ?? 0) + 1
    if (count > MAX_WAITING) socket.destroy()
    // What had arrived by then comes here all the same.
    if (socket.destroyed || isOver(request)) return
    waiting.set(socket, count)
    response.once('close', () => void waiting.set(socket, (waiting.get(socket) ?? 1) - 1))
    application(request, response)
  }
}
