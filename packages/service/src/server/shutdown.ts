import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Server as TlsServer } from 'node:https'
import type { Socket } from 'node:net'
import { type Clock, systemClock } from '@mayfly/core'
import { alarm } from '@mayfly/core/adapter'
import { atTurnsEnd } from '../ledger/turn.ts'

/** How long who has connected at the last moment may take to ask, in milliseconds. */
const GRACE_MS = 500
/** How many turns of the event loop may pass while connections come in that wait to be accepted. */
const MAX_TURNS = 100

/** How long the end of a server may take, in milliseconds. */
export interface DrainTimes {
  /** How long it goes on, with every answer the last one of its connection. */
  readonly drainMs: number
  /** How long answers on their way may take after that. */
  readonly timeoutMs: number
}

/** Ends a server without cutting anybody off in the middle of an answer. */
export class Drain {
  readonly #server: Server
  readonly #clock: Clock
  /** Everything that came in, handshakes that are not done included. */
  readonly #sockets = new Set<Socket>()
  /** Connections that speak HTTP, and how many of their requests are not answered. */
  readonly #waiting = new Map<Socket, number>()
  /** Connections that have asked something. */
  readonly #known = new WeakSet<Socket>()
  /** Connections whose last answer is on its way. */
  readonly #last = new WeakSet<Socket>()
  readonly #over = new WeakSet<IncomingMessage>()
  #accepted = 0
  #isListening = true
  #held: (() => void)[] | undefined
  #closing: Promise<number> | undefined

  /** Prepares a server to be ended gently. */
  constructor(server: Server, clock: Clock) {
    this.#server = server
    this.#clock = clock
    server.on('connection', (socket: Socket) => {
      this.#accepted += 1
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.#waiting.set(socket, 0)
      socket.once('close', () => this.#waiting.delete(socket))
    })
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#receive(request, response)
    })
  }

  /** Whether it is being ended. */
  get draining(): boolean {
    return this.#closing !== undefined
  }

  /** Whether a request came after the last one that its connection is going to answer. */
  isOver(request: IncomingMessage): boolean {
    return this.#over.has(request)
  }

  /** Starts the work on a request: at once, but for the moment where the server is about to close. */
  admit(start: () => void): void {
    if (this.#held === undefined) start()
    else this.#held.push(start)
  }

  /**
   * Goes on for `drainMs`, with every answer the last one of its connection. Then takes no new
   * connection, closes idle ones, lets answers on their way finish, and cuts what is left after
   * `timeoutMs` more. Gives how many connections it had to cut.
   */
  close(times: DrainTimes): Promise<number> {
    this.#closing ??= this.#close(times)
    return this.#closing
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    if (this.#last.has(socket) || socket.writableEnded) {
      // Its answer would never arrive, so nothing may be done for it (RFC 9112 section 9.6).
      this.#over.add(request)
      return
    }
    this.#count(socket, 1)
    this.#known.add(socket)
    if (this.draining) {
      // A client that keeps its connection would otherwise come back on it.
      response.setHeader('connection', 'close')
      this.#last.add(socket)
    }
    response.once('close', () => {
      if (this.#count(socket, -1) === 0 && !this.#isListening) socket.end()
    })
  }

  #count(socket: Socket, change: number): number {
    const requests = (this.#waiting.get(socket) ?? 0) + change
    if (this.#waiting.has(socket)) this.#waiting.set(socket, requests)
    return requests
  }

  async #close({ drainMs, timeoutMs }: DrainTimes): Promise<number> {
    if (drainMs > 0) {
      // By the machine's clock: it is other machines that are to take notice.
      await new Promise<void>((done) => void alarm(systemClock, drainMs, done))
      await this.#acceptAll()
    }
    this.#isListening = false
    let cut = 0
    const closed = new Promise<void>((resolve) => {
      // Node would cut off answers that are written but not sent, and leave who has sent nothing yet.
      this.#server.closeIdleConnections = () => {}
      this.#server.close(() => resolve())
    })
    const held = this.#held ?? []
    this.#held = undefined
    for (const start of held) start()
    // Who has just connected is about to ask, and to be answered.
    this.#endIdle((socket) => drainMs === 0 || this.#known.has(socket))
    if (drainMs > 0) alarm(systemClock, GRACE_MS, () => this.#endIdle(() => true))
    const callOff = alarm(this.#clock, timeoutMs, () => {
      cut = this.#sockets.size
      for (const socket of this.#sockets) socket.destroy()
    })
    await closed
    callOff()
    return cut
  }

  /**
   * What has arrived and isn't accepted when the server closes is reset, and a turn of the event loop
   * accepts few. While requests wait, nobody gets an answer and comes back.
   */
  async #acceptAll(): Promise<void> {
    this.#held = []
    for (let turns = 0, before = -1; turns < MAX_TURNS && before !== this.#accepted; turns += 1) {
      before = this.#accepted
      await new Promise<void>((done) => atTurnsEnd(() => atTurnsEnd(done)))
    }
  }

  /** With an end, and not a reset, for who is about to ask. */
  #endIdle(isIdle: (socket: Socket) => boolean): void {
    for (const [socket, requests] of this.#waiting) {
      if (requests === 0 && isIdle(socket)) socket.destroySoon()
    }
  }
}
