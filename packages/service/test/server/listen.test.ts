import { once } from 'node:events'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, get, type IncomingMessage, type ServerResponse } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type DetailedPeerCertificate, TLSSocket } from 'node:tls'
import { FakeClock } from '@mayfly/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hasOpenssl, makeCertificate } from '../../../../scripts/servers/certificate.ts'
import { listen, type ListenOptions, type RunningServer } from '../../src/server/listen.ts'
import type { TlsEvent } from '../../src/server/tls.ts'

const hello = (_request: IncomingMessage, response: ServerResponse): void =>
  void response.end('hello')

describe('listen', () => {
  const running: RunningServer[] = []
  const start = async (application = hello, options: ListenOptions = {}) => {
    const server = await listen(application, options)
    running.push(server)
    return server
  }
  afterEach(async () => {
    await Promise.all(running.splice(0).map((server) => server.close()))
  })

  it('serves on this machine alone, on a free port, and says where', async () => {
    const server = await start()
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`)
    expect(await (await fetch(server.url)).text()).toBe('hello')
  })

  it('writes an address of IPv6 as a URL has it', async () => {
    const server = await start(hello, { host: '::1' })
    expect(server.url).toBe(`http://[::1]:${server.port}`)
    expect(await (await fetch(server.url)).text()).toBe('hello')
  })

  it.each([
    [{ port: 70_000 }, 'port'],
    [{ port: '80' }, 'port'],
    [{ hots: '127.0.0.1' }, 'hots'],
    [{ shutdownTimeoutMs: -1 }, 'shutdownTimeoutMs'],
    [{ headersTimeoutMs: 0 }, 'headersTimeoutMs'],
    [{ headersTimeoutMs: 200, requestTimeoutMs: 100 }, 'headersTimeoutMs'],
    [{ tls: { certFile: 'a' } }, 'keyFile'],
    [{ tls: { certFile: '/nowhere/a', keyFile: '/nowhere/b' } }, 'certFile'],
    [{ host: '203.0.113.7' }, 'port'],
  ])('refuses %j by the name of the option', async (options, option) => {
    await expect(listen(hello, options as ListenOptions)).rejects.toMatchObject({
      name: 'OptionError',
      option,
    })
  })

  it('says that a port is taken', async () => {
    const { port } = await start()
    await expect(listen(hello, { port })).rejects.toThrow(
      `Another program listens there: choose another "port" (127.0.0.1:${port}).`,
    )
  })

  it('lets an answer finish, takes no new connection, and closes idle ones', async () => {
    let answer: ServerResponse | undefined
    const server = await start((_request, response) => {
      answer = response
      response.write('first ')
    })
    const idle = connect(server.port, '127.0.0.1')
    await once(idle, 'connect')
    const slow = await fetch(server.url)
    const idleEnds = once(idle, 'close')
    const closed = server.close()
    expect(server.draining).toBe(true)
    await idleEnds
    await expect(fetch(server.url)).rejects.toThrow()
    answer?.end('last')
    expect(await slow.text()).toBe('first last')
    expect(await closed).toBe(0)
  })

  it('lets a client read to its end what was answered before, however slowly', async () => {
    const length = 32 * 1_048_576
    const answered: true[] = []
    const server = await start((_request, response) => {
      response.end(Buffer.alloc(length, 'x'))
      answered.push(true)
    })
    const socket = connect(server.port, '127.0.0.1')
    socket.pause()
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    while (answered.length === 0) await new Promise(setImmediate)
    const closed = server.close()
    const received = await text(socket)
    expect(received.slice(received.indexOf('\r\n\r\n') + 4)).toHaveLength(length)
    expect(await closed).toBe(0)
  })

  it('answers what a client had sent before, and tells it to leave', async () => {
    const waiting: ServerResponse[] = []
    const server = await start((_request, response) => void waiting.push(response))
    const socket = connect(server.port, '127.0.0.1')
    const received = text(socket)
    const line = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'
    socket.write(line)
    while (waiting.length < 1) await new Promise(setImmediate)
    const closed = server.close()
    // Pipelined: this one arrives while the server is being ended.
    socket.write(line)
    while (waiting.length < 2) await new Promise(setImmediate)
    waiting[0]?.end('one')
    waiting[1]?.end('two')
    expect(await received).toMatch(/one[^]*connection: close[^]*two$/i)
    expect(await closed).toBe(0)
  })

  it('cuts what is left when its time is over, and says how many', async () => {
    const clock = new FakeClock()
    const server = await start((_request, response) => void response.write('first '), {
      clock,
      shutdownTimeoutMs: 3000,
    })
    const slow = await fetch(server.url)
    const closed = server.close()
    clock.advance(3000)
    expect(await closed).toBe(1)
    await expect(slow.text()).rejects.toThrow()
  })

  it('answers 400 to a request without a host, and 431 to a header that never ends', async () => {
    const server = await start()
    const ask = (head: string): Promise<string> => {
      const socket = connect(server.port, '127.0.0.1')
      socket.on('error', () => {})
      socket.end(head)
      return text(socket)
    }
    expect(await ask('GET / HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 400/)
    expect(await ask(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431/,
    )
  })

  it.each([
    ['nothing', '', 2000],
    ['a line of headers now and then', 'GET / HTTP/1.1\r\nHost: a\r\n', 2000],
    ['a body byte by byte', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n', 100],
  ])(
    'ends a connection that sends %s, and hears nothing of it',
    async (_, head, requestTimeoutMs) => {
      const headersTimeoutMs = Math.min(100, requestTimeoutMs)
      const requests: IncomingMessage[] = []
      const server = await start(
        (request, response) => {
          requests.push(request)
          request.on('error', () => {}).resume()
          request.on('end', () => response.end('whole'))
        },
        { headersTimeoutMs, requestTimeoutMs },
      )
      const socket = connect(server.port, '127.0.0.1')
      socket.on('error', () => {})
      const received = text(socket)
      socket.write(head)
      // A byte at each turn, for ever: only the server can end it.
      const drip = setInterval(() => head !== '' && socket.writable && socket.write('x'), 20)
      const answer = await received.catch(() => '')
      clearInterval(drip)
      expect(answer).not.toContain('whole')
      expect(answer).toMatch(/^(?:HTTP\/1\.1 408 |$)/)
      expect(requests.filter(({ complete }) => complete)).toStrictEqual([])
    },
  )

  it('gives up a client that does not read its answer, once it has been silent for a minute', async () => {
    let timeout: number | undefined
    const cut: true[] = []
    const server = await start(({ socket }, response) => {
      response.once('close', () => cut.push(true))
      response.write(Buffer.alloc(64 * 1_048_576))
      timeout = socket.timeout
      // As the machine does when that time is over.
      socket.emit('timeout')
    })
    const socket = connect(server.port, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    socket.pause()
    while (cut.length === 0) await new Promise(setImmediate)
    expect(timeout).toBe(60_000)
    socket.destroy()
  })

  it('works on 32 requests of one connection at once, and closes one with more', async () => {
    const waiting: ServerResponse[] = []
    const server = await start((_request, response) => void waiting.push(response))
    const ask = (count: number): Promise<string> => {
      const socket = connect(server.port, '127.0.0.1')
      socket.on('error', () => {})
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(count))
      return text(socket).catch(() => 'reset')
    }
    const answers = ask(32)
    while (waiting.length < 32) await new Promise(setImmediate)
    const greedy = await ask(33)
    expect(greedy).toMatch(/^(?:reset)?$/)
    expect(waiting).toHaveLength(64)
    for (const response of waiting) response.end('done')
    void server.close()
    expect((await answers).match(/done/g)).toHaveLength(32)
  })

  it('keeps a connection for the next request while it is not being ended', async () => {
    const server = await start()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const ports = new Set<number | undefined>()
    for (let count = 0; count < 2; count++) {
      const [response] = (await once(get(server.url, { agent }), 'response')) as [IncomingMessage]
      ports.add(response.socket.localPort)
      await text(response)
    }
    agent.destroy()
    expect(ports.size).toBe(1)
  })
})

describe.skipIf(!hasOpenssl())('listen with tls', () => {
  let folder: string
  let server: RunningServer | undefined
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mayfly-tls-'))
  })
  afterEach(async () => {
    await server?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('serves HTTPS from TLS 1.2 on', async () => {
    server = await listen(hello, { tls: await makeCertificate(folder, 'first') })
    expect(server.url).toMatch(/^https:/)
    expect(await subjectOf(server.port)).toBe('first')
    await expect(subjectOf(server.port, { maxVersion: 'TLSv1.1' })).rejects.toThrow()
  })

  it('ends a connection that never shakes hands', async () => {
    server = await listen(hello, {
      tls: await makeCertificate(folder, 'first'),
      headersTimeoutMs: 100,
    })
    const socket = connect(server.port, '127.0.0.1')
    socket.on('error', () => {})
    await once(socket.resume(), 'close')
  })

  it('uses a new certificate when the files change, and the old one while they do not fit', async () => {
    const files = await makeCertificate(folder, 'first')
    const next = await makeCertificate(folder, 'next')
    const events = new Events()
    const clock = new FakeClock()
    server = await listen(hello, { tls: files, clock, observe: events.add })
    copyFileSync(next.certFile, files.certFile)
    clock.advance(5000)
    expect(await events.next('tls-reload-failed')).toMatchObject({
      message: expect.stringContaining('cannot be used together: key values mismatch'),
    })
    expect(await subjectOf(server.port)).toBe('first')
    copyFileSync(next.keyFile, files.keyFile)
    clock.advance(5000)
    await events.next('tls-reload')
    expect(await subjectOf(server.port)).toBe('next')
  })

  it('refuses a certificate and a key that do not belong together, and text that is none', async () => {
    const first = await makeCertificate(folder, 'first')
    const next = await makeCertificate(folder, 'next')
    const mixed = { certFile: first.certFile, keyFile: next.keyFile }
    await expect(listen(hello, { tls: mixed })).rejects.toThrow(/key values mismatch/)
    writeFileSync(first.certFile, 'MIIB')
    await expect(listen(hello, { tls: first })).rejects.toThrow(/holds no PEM text/)
  })

  it('names the first of two files that cannot be read', async () => {
    const { certFile } = await makeCertificate(folder, 'first')
    const keyFile = join(folder, 'none')
    const missing = { tls: { certFile: keyFile, keyFile } }
    await expect(listen(hello, missing)).rejects.toMatchObject({ option: 'certFile' })
    const half = { tls: { certFile, keyFile } }
    await expect(listen(hello, half)).rejects.toMatchObject({ option: 'keyFile' })
  })
})

/** Waits for events that something tells of itself. */
class Events {
  readonly #told: TlsEvent[] = []
  #wake: (() => void) | undefined
  readonly add = (event: TlsEvent): void => {
    this.#told.push(event)
    this.#wake?.()
  }

  async next(type: TlsEvent['type']): Promise<TlsEvent> {
    for (;;) {
      const event = this.#told.shift()
      if (event?.type === type) return event
      if (event !== undefined) continue
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

async function subjectOf(port: number, options: object = {}): Promise<string> {
  const request = tlsRequest({
    host: '127.0.0.1',
    port,
    servername: 'localhost',
    agent: false,
    // The certificate vouches for itself; what is looked at is which one it is.
    rejectUnauthorized: false,
    ...options,
  })
  request.end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const { socket } = response
  if (!(socket instanceof TLSSocket)) throw new Error('This is not TLS.')
  const certificate: DetailedPeerCertificate = socket.getPeerCertificate(true)
  await text(response)
  return String(certificate.subject.CN)
}
