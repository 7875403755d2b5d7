import { once } from 'node:events'
import {
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type RequestOptions,
} from 'node:http'
import { createServer as createHttp2Server, connect } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { PassThrough } from 'node:stream'
import { RequestError } from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { type IncomingBody, isBodyTaken, readIncomingBody } from '../../src/server/incoming-body.ts'

type Outcome = string | RequestError

interface Place extends AsyncDisposable {
  readonly origin: string
  /** What became of the next body. */
  next(): Promise<Outcome>
}

/** A server that reads every body, of at most ten bytes, and then answers. */
async function place(
  make: (read: (body: IncomingBody) => Promise<void>) => Server,
): Promise<Place> {
  const outcomes: Outcome[] = []
  let wake = (): void => {}
  const server = make(async (incoming) => {
    const outcome = readIncomingBody(incoming, 10).then((bytes) => new TextDecoder().decode(bytes))
    outcomes.push(await outcome.catch((error: unknown) => error as RequestError))
    wake()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async next() {
      for (;;) {
        const found = outcomes.shift()
        if (found !== undefined) return found
        await new Promise<void>((resolve) => (wake = resolve))
      }
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      if ('closeAllConnections' in server) (server.closeAllConnections as () => void)()
      await closed
    },
  }
}

function http1(): Promise<Place> {
  return place((read) =>
    createServer((incoming, response) => {
      void read(incoming).then(() => response.writeHead(204).end())
    }),
  )
}

/** Begins a request, whose answer does not matter. */
function begin(origin: string, options: RequestOptions): ClientRequest {
  return httpRequest(origin, { agent: false, ...options }).on('error', () => {})
}

describe('readIncomingBody', () => {
  it.each([
    ['whole', ['hello']],
    ['in pieces', ['he', 'l', 'lo']],
    ['at the limit', ['0123456', '789']],
    ['empty', []],
  ])('reads a body that comes %s', async (_, pieces) => {
    await using server = await http1()
    const request = begin(server.origin, { method: 'POST' })
    for (const piece of pieces) {
      request.write(piece)
      await new Promise(setImmediate)
    }
    request.end()
    expect(await server.next()).toBe(pieces.join(''))
    request.destroy()
  })

  it('does not wait for a body that was never announced', async () => {
    await using server = await http1()
    const request = begin(server.origin, {})
    request.end()
    expect(await server.next()).toBe('')
    request.destroy()
  })

  it.each([
    ['announced', { 'content-length': 11 }],
    ['sent all the same', { 'transfer-encoding': 'chunked' }],
  ])('refuses a body that is too long, be it %s', async (_, headers) => {
    await using server = await http1()
    const request = begin(server.origin, { method: 'POST', headers })
    request.end('0123456789a')
    expect(await server.next()).toMatchObject({
      status: 413,
      reason: 'request_invalid',
      headers: { connection: 'close' },
    })
    request.destroy()
  })

  it('refuses a body that breaks off', async () => {
    await using server = await http1()
    const request = begin(server.origin, { method: 'POST', headers: { 'content-length': 10 } })
    await new Promise((resolve) => request.write('012', resolve))
    request.destroy()
    expect(await server.next()).toMatchObject({ status: 400, message: 'The body broke off.' })
  })

  it('refuses a body that broke off before anybody looked', async () => {
    const incoming = Object.assign(new PassThrough(), { headers: { 'content-length': '5' } })
    incoming.destroy()
    await once(incoming, 'close')
    await expect(readIncomingBody(incoming, 10)).rejects.toBeInstanceOf(RequestError)
  })

  it('refuses a body whose stream ends without an end', async () => {
    const incoming = Object.assign(new PassThrough(), { headers: { 'content-length': '5' } })
    const reading = readIncomingBody(incoming, 10)
    incoming.destroy()
    await expect(reading).rejects.toMatchObject({ status: 400 })
  })

  it('reads nothing of a body that announces itself as too long', async () => {
    const incoming = Object.assign(new PassThrough(), { headers: { 'content-length': '11' } })
    incoming.write('0123')
    await expect(readIncomingBody(incoming, 10)).rejects.toMatchObject({ status: 413 })
    expect(incoming.readableDidRead).toBe(false)
  })

  it('leaves no listeners behind', async () => {
    const incoming = Object.assign(new PassThrough(), { headers: { 'content-length': '5' } })
    const before = incoming.eventNames().map((name) => [name, incoming.listenerCount(name)])
    const reading = readIncomingBody(incoming, 10)
    incoming.end('hello')
    await reading
    const after = incoming.eventNames().map((name) => [name, incoming.listenerCount(name)])
    expect(after).toEqual(before)
  })

  it('reads text that somebody had decoded', async () => {
    const incoming = Object.assign(new PassThrough({ encoding: 'utf8' }), {
      headers: { 'content-length': '3' },
    })
    const reading = readIncomingBody(incoming, 10)
    incoming.end('ü!')
    expect(new TextDecoder().decode(await reading)).toBe('ü!')
  })

  it('reads a body of HTTP/2, with and without a length', async () => {
    await using server = await place((read) =>
      createHttp2Server((incoming, response) => {
        void read(incoming).then(() => response.end())
      }),
    )
    const session = connect(server.origin)
    for (const body of ['hello', '']) {
      const stream = session.request({ ':method': 'POST' })
      stream.end(body)
      expect(await server.next()).toBe(body)
    }
    const closed = once(session, 'close')
    session.close()
    session.destroy()
    await closed
  })
})

describe('isBodyTaken', () => {
  async function taken(
    method: string,
    body: string,
    take: (incoming: IncomingMessage) => Promise<unknown>,
  ): Promise<boolean> {
    let verdict: Promise<boolean> | undefined
    const server = createServer((incoming, response) => {
      verdict = take(incoming).then(() => isBodyTaken(incoming))
      void verdict.finally(() => response.end())
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    await fetch(url, { method, ...(body !== '' && { body }) })
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
    return verdict ?? Promise.reject(new Error('No request came.'))
  }

  it.each([
    ['a body that was read', 'POST', 'x', true, true],
    ['a body that nobody has touched', 'POST', 'x', false, false],
    ['a request that never had one', 'GET', '', true, false],
  ])('tells of %s', async (_, method, body, isRead, expected) => {
    const take = async (incoming: IncomingMessage) => (isRead ? buffer(incoming) : undefined)
    expect(await taken(method, body, take)).toBe(expected)
  })
})
