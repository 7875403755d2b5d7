import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Server as TlsServer } from 'node:https'
import type { Socket } from 'node:net'
import { type Clock } from '@mayfly/core'
import { alarm } from '@mayfly/core/adapter'

/** Ends a server without cutting anybody off in the middle of an answer. */
export interface Drain {
  /** Whether it is being ended. */
  readonly draining: boolean
  /**
   * Takes no new connection, lets answers on their way finish, and cuts what is left after so many
   * milliseconds. Gives how many connections it had to cut.
   */
  close(timeoutMs: number): Promise<number>
}

/** Prepares a server to be ended gently. */
export function drainable(server: Server, clock: Clock): Drain {
  /** Everything that came in, handshakes that are not done included. */
  const sockets = new Set<Socket>()
  /** Connections that speak HTTP, and how many of their requests are not answered. */
  const waiting = new Map<Socket, number>()
  let closing: Promise<number> | undefined
  const isDraining = (): boolean => closing !== undefined

  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
    waiting.set(socket, 0)
    socket.once('close', () => waiting.delete(socket))
  })
  const count = (socket: Socket, change: number): number => {
    const requests = (waiting.get(socket) ?? 0) + change
    if (waiting.has(socket)) waiting.set(socket, requests)
    return requests
  }
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    count(socket, 1)
    // A client that keeps its connection would otherwise come back on it.
    if (isDraining()) response.setHeader('connection', 'close')
    response.once('close', () => {
      if (count(socket, -1) === 0 && isDraining()) socket.end()
    })
  })

  const close = async (timeoutMs: number): Promise<number> => {
    let cut = 0
    const closed = new Promise<void>((resolve) => {
      // Node would cut off answers that are written but not sent, and leave who has sent nothing yet.
      server.closeIdleConnections = () => {}
      server.close(() => resolve())
    })
    for (const [socket, requests] of waiting) if (requests === 0) socket.destroy()
    const callOff = alarm(clock, timeoutMs, () => {
      cut = sockets.size
      for (const socket of sockets) socket.destroy()
    })
    await closed
    callOff()
    return cut
  }
  return {
    get draining() {
      return isDraining()
    },
    close: (timeoutMs) => {
      closing ??= close(timeoutMs)
      return closing
    },
  }
}
