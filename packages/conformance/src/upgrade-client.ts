import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Answer, Fields } from './http-client.ts'

/** How long the server may take for anything: nothing takes any time unless it hangs. */
const PATIENCE_MS = 5000

/** An upgrade as it is to be sent. */
export interface SentUpgrade {
  readonly path?: string
  readonly method?: string
  /** Fields beside those of the handshake. Those of its names replace the handshake's own. */
  readonly fields?: Fields
  /** Names of the handshake's own fields that are left out, in lower case. */
  readonly without?: readonly string[]
  /** What is sent in one go with the request, without waiting for the answer. */
  readonly early?: Uint8Array
  /** Keeps the client's own side of the connection open when the server closes its side. */
  readonly staysOpen?: boolean
  /** What the client does while it waits for the answer. */
  readonly meanwhile?: (socket: Socket) => void
}

/** What a WebSocket got: a text, or the other side's goodbye. */
export type Frame =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'close'; readonly code: number; readonly reason: string }

/** The client's side of an upgrade, whatever came of it. */
export interface UpgradeClient extends AsyncDisposable {
  /** The answer. One that is no 101 is read until the server closes the connection. */
  readonly answer: Answer
  readonly socket: Socket
  /** The server has taken all that was sent with the request. */
  readonly written: Promise<void>
  /** The next frame. */
  next(): Promise<Frame>
  /** Waits until the server has closed the connection. */
  end(): Promise<void>
}

/** Makes a client's text frame (RFC 6455 section 5.2). It is masked, as a client's has to be. */
export function textFrame(text: string): Uint8Array {
  return clientFrame(1, Buffer.from(text))
}

/**
 * Sends an upgrade over a connection of its own, byte for byte as it is told: libraries send no
 * malformed handshake, and nothing before its answer.
 */
export async function sendUpgrade(origin: string, sent: SentUpgrade = {}): Promise<UpgradeClient> {
  const { hostname, port, host } = new URL(origin)
  const allowHalfOpen = sent.staysOpen ?? false
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen })
  const reader = new Reader(socket)
  await once(socket, 'connect')
  const bytes = Buffer.concat([Buffer.from(requestText(host, sent)), sent.early ?? Buffer.of()])
  const written = new Promise<void>((resolve, reject) => {
    socket.write(bytes, (error) => (error ? reject(error) : resolve()))
  })
  // Only a case that asks for it cares.
  written.catch(() => {})
  sent.meanwhile?.(socket)
  const answer = await reader.answer()
  return {
    answer,
    socket,
    written,
    next: () => reader.frame(),
    end: () => reader.end(),
    [Symbol.asyncDispose]: async () => {
      socket.destroy()
      if (!socket.closed) await once(socket, 'close')
    },
  }
}

function requestText(
  host: string,
  { method, path, fields = [], without = [] }: SentUpgrade,
): string {
  const replaced = new Set(fields.map(([name]) => name.toLowerCase()))
  const handshake: Fields = [
    ['Host', host],
    ['Connection', 'Upgrade'],
    ['Upgrade', 'websocket'],
    ['Sec-WebSocket-Version', '13'],
    ['Sec-WebSocket-Key', randomBytes(16).toString('base64')],
  ]
  const kept = handshake.filter(([name]) => {
    return !replaced.has(name.toLowerCase()) && !without.includes(name.toLowerCase())
  })
  const lines = [...kept, ...fields].map(([name, value]) => `${name}: ${value}\r\n`)
  return `${method ?? 'GET'} ${path ?? '/'} HTTP/1.1\r\n${lines.join('')}\r\n`
}

/** Reads what comes over a connection, piece by piece. */
class Reader {
  readonly #socket: Socket
  #bytes: Buffer = Buffer.of()
  #failure: Error | undefined
  #hasEnded = false
  #wake: () => void = () => {}
  readonly #ended: Promise<void>

  constructor(socket: Socket) {
    this.#socket = socket
    this.#ended = new Promise((resolve) => {
      const finish = (failure?: Error): void => {
        this.#failure ??= failure
        this.#hasEnded = true
        this.#wake()
        resolve()
      }
      socket.once('end', () => finish())
      socket.once('close', () => finish())
      socket.once('error', finish)
    })
    socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk])
      this.#wake()
    })
    socket.setTimeout(PATIENCE_MS, () => {
      socket.destroy(new Error(`Nothing came within ${PATIENCE_MS} ms.`))
    })
  }

  async answer(): Promise<Answer> {
    const text = await this.#take((bytes) => {
      const end = bytes.indexOf('\r\n\r\n')
      return end === -1 ? undefined : end + 4
    })
    const [start = '', ...lines] = text.toString('latin1').trimEnd().split('\r\n')
    const headers: Record<string, string> = {}
    for (const line of lines) {
      const [name = '', ...value] = line.split(':')
      if (name.toLowerCase() in headers) throw new Error(`${name} was answered twice`)
      headers[name.toLowerCase()] = value.join(':').trim()
    }
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(start)?.[1])
    if (status === 101) return { status, headers, text: '' }
    await this.end()
    return { status, headers, text: this.#bytes.toString() }
  }

  async end(): Promise<void> {
    await this.#ended
    if (this.#failure !== undefined) throw this.#failure
  }

  async frame(): Promise<Frame> {
    const frame = await this.#take((bytes) => {
      const length = 2 + (bytes[1] ?? 0)
      return bytes.length < 2 || bytes.length < length ? undefined : length
    })
    const [opcode, body] = [(frame[0] ?? 0) & 15, frame.subarray(2)]
    if (opcode === 1) return { kind: 'text', text: body.toString() }
    if (opcode !== 8) throw new Error(`a frame of kind ${opcode}`)
    this.#socket.end(clientFrame(8, body))
    return { kind: 'close', code: body.readUInt16BE(0), reason: body.subarray(2).toString() }
  }

  /** Waits until `lengthOf` knows how many bytes there are to be taken, and takes them. */
  async #take(lengthOf: (bytes: Buffer) => number | undefined): Promise<Buffer> {
    for (;;) {
      const length = lengthOf(this.#bytes)
      if (length !== undefined) {
        const taken = this.#bytes.subarray(0, length)
        this.#bytes = this.#bytes.subarray(length)
        return taken
      }
      if (this.#hasEnded) throw this.#failure ?? new Error('The server closed the connection.')
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}

function clientFrame(opcode: number, body: Uint8Array): Buffer {
  if (body.length > 125) throw new RangeError('no frame of a test is so long')
  const mask = randomBytes(4)
  const masked = body.map((byte, index) => byte ^ (mask[index % 4] ?? 0))
  return Buffer.concat([Buffer.of(0x80 | opcode, 0x80 | body.length), mask, masked])
}
