import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { constants, createServer as createHttp2Server, type Http2ServerResponse } from 'node:http2'
import {
  type AddressInfo,
  createServer as createSocketServer,
  type Server,
  type Socket,
} from 'node:net'

/** Answers requests. */
export type Handler = (incoming: IncomingMessage, response: ServerResponse) => void

/** The versions of HTTP that a sandbox speaks, both without TLS. */
export type HttpVersions = 'http/1.1' | 'h2' | 'both'

/** What HTTP/2 begins with (RFC 9113 section 3.4), as far as no method of HTTP/1.1 does. */
const PREFACE = 'PRI '

/** A server on 127.0.0.1 whose every connection can be ended at once. */
export class SandboxServer {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #isDown = false

  constructor(handler: Handler, versions: HttpVersions) {
    const http1 = createServer(handler)
    if (versions === 'http/1.1') {
      this.#server = http1
      http1.on('connection', (socket) => this.#keep(socket))
      return
    }
    const http2 = createHttp2Server()
    // Node offers both versions by one API, as far as it is used here; its types do not say so.
    http2.on('request', handler as never)
    this.#server = createSocketServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.#keep(socket)
      socket.on('error', () => socket.destroy())
      socket.once('readable', () => {
        const version = versionOf(socket)
        if (version === 'h2') http2.emit('connection', socket)
        else if (version === 'http/1.1' && versions === 'both') http1.emit('connection', socket)
        else socket.destroy()
      })
    })
  }

  /** Starts to listen; gives the port. */
  async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, '127.0.0.1', () => resolve())
    })
    return (this.#server.address() as AddressInfo).port
  }

  /** Ends every connection, and each new one as soon as it is made. */
  down(): void {
    this.#isDown = true
    this.#endAll()
  }

  /** Lets connections be made again. */
  up(): void {
    this.#isDown = false
  }

  /** Stops listening, and ends every connection. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#endAll()
    await closed
  }

  #endAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #keep(socket: Socket): void {
    if (this.#isDown) socket.destroy()
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
  }
}

/** Looks at what a connection begins with, and puts it back. */
function versionOf(socket: Socket): 'http/1.1' | 'h2' | undefined {
  const beginning = socket.read() as Buffer | null
  if (beginning === null) return undefined
  socket.unshift(beginning)
  return beginning.toString('latin1').startsWith(PREFACE) ? 'h2' : 'http/1.1'
}

/** Ends an answer in the middle. */
export function breakOff(response: ServerResponse | Http2ServerResponse): void {
  if ('stream' in response) response.stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  else response.destroy()
}
