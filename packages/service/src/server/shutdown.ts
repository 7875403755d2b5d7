import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Server as TlsServer } from 'node:https'
import type { Socket } from 'node:net'
import { type Clock, systemClock } from '@mayfly/core'
import { alarm } from '@mayfly/core/adapter'

/** Ends a server without cutting anybody off in the middle of an answer. */
export interface Drain {
  /** Whether it is being ended. */
  readonly draining: boolean
  /** Starts the work on a request, in a moment where it is about to close. */
  admit(start: () => void): void
  /** Whether a request came after the last one that its connection is going to answer. */
  isOver(request: IncomingMessage): boolean
  /**
   * Goes on for `drainMs`, with every answer the last one of its connection. Then takes no new
   * connection, closes idle ones, lets answers on their way finish, and cuts what is left after
   * `timeoutMs` more. Gives how many connections it had to cut.
   */
  close(times: { readonly drainMs: number; readonly timeoutMs: number }): Promise<number>
}

/** How long who has connected at the last moment may take to ask, in milliseconds. */
const GRACE_MS = 500

/** How many turns of the event loop may pass while connections come in that wait to be accepted. */
const MAX_TURNS = 100

/** Prepares a server to be ended gently. */
export function drainable(server: Server, clock: Clock): Drain {
  /** Everything that came in, handshakes that are not done included. */
  const sockets = new Set<Socket>()
  /** Connections that speak HTTP, and how many of their requests are not answered. */
  const waiting = new Map<Socket, number>()
  /** Connections whose last answer is on its way. A request behind it is nobody's. */
  const last = new WeakSet<Socket>()
  const over = new WeakSet<IncomingMessage>()
  /** Connections that have asked something. */
  const known = new WeakSet<Socket>()
  let closing: Promise<number> | undefined
  let isListening = true
  let accepted = 0
  let held: (() => void)[] | undefined
  const isDraining = (): boolean => closing !== undefined

  server.on('connection', (socket: Socket) => {
    accepted += 1
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
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request
    // Its answer would never arrive, so nothing may be done for it (RFC 9112 section 9.6).
    if (last.has(socket) || socket.writableEnded) return void over.add(request)
    count(socket, 1)
    known.add(socket)
    if (isDraining()) {
      // A client that keeps its connection would otherwise come back on it.
      response.setHeader('connection', 'close')
      last.add(socket)
    }
    response.once('close', () => {
      if (count(socket, -1) === 0 && !isListening) socket.end()
    })
  })

  const close = async ({ drainMs, timeoutMs }: { drainMs: number; timeoutMs: number }) => {
    let cut = 0
    // By the machine's clock: it is other machines that are to take notice.
    if (drainMs > 0) {
      await new Promise<void>((done) => void alarm(systemClock, drainMs, done))
      // What has arrived and isn't accepted yet would be reset, and a turn of the event loop accepts few.
      // While requests wait, nobody gets an answer and comes back.
      held = []
      for (let turns = 0, before = -1; turns < MAX_TURNS && before !== accepted; turns += 1) {
        before = accepted
        await new Promise((done) => setImmediate(() => setImmediate(done)))
      }
    }
    isListening = false
    const closed = new Promise<void>((resolve) => {
      // Node would cut off answers that are written but not sent, and leave who has sent nothing yet.
      server.closeIdleConnections = () => {}
      server.close(() => resolve())
    })
    const requests = held ?? []
    held = undefined
    for (const start of requests) start()
    const endIdle = (isIdle: (socket: Socket) => boolean): void => {
      for (const [socket, requests] of waiting) {
        if (requests === 0 && isIdle(socket)) socket.destroySoon()
      }
    }
    // Who has just connected is about to ask, and to be answered.
    endIdle((socket) => drainMs === 0 || known.has(socket))
    if (drainMs > 0) alarm(systemClock, GRACE_MS, () => endIdle(() => true))
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
    isOver: (request) => over.has(request),
    admit: (start) => {
      if (held === undefined) start()
      else held.push(start)
    },
    close: (times) => {
      closing ??= close(times)
      return closing
    },
  }
}
