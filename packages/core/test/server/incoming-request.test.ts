import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import {
  withField,
  withoutConnectionOptions,
  withoutFields,
  withoutQueryParameters,
} from '../../src/server/incoming-request.ts'

/** Has a real server read a request, as it was written. */
async function incoming(...lines: readonly string[]): Promise<IncomingMessage> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.write([...lines, 'Host: a', '', ''].join('\r\n'))
  const [request] = (await once(server, 'request')) as [IncomingMessage]
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
  return request
}

describe('A header field that is taken off', () => {
  it('is gone from every place where Node keeps it, however it is spelled', async () => {
    const request = await incoming(
      'GET / HTTP/1.1',
      'AUTHORIZATION: a',
      'authorization: b',
      'X-Other: c',
      'Cookie: d=1',
      'cookie: e=2',
    )
    withoutFields(request, new Set(['authorization', 'cookie']))
    expect(request.rawHeaders).toEqual(['X-Other', 'c', 'Host', 'a'])
    expect(Object.keys(request.headers)).toEqual(['x-other', 'host'])
    expect(Object.keys(request.headersDistinct)).toEqual(['x-other', 'host'])
  })

  it('can be put on anew, in every place', async () => {
    const request = await incoming('GET / HTTP/1.1', 'Authorization: a')
    withoutFields(request, new Set(['authorization']))
    withField(request, 'authorization', 'b')
    expect(request.rawHeaders).toEqual(['Host', 'a', 'authorization', 'b'])
    expect(request.headers.authorization).toBe('b')
    expect(request.headersDistinct['authorization']).toEqual(['b'])
  })
})

describe('A connection option that is taken off', () => {
  const names = new Set(['authorization'])

  it('leaves the others as they are', async () => {
    const request = await incoming('GET / HTTP/1.1', 'Connection: keep-alive,  Authorization ,te')
    withoutConnectionOptions(request, names)
    expect(request.headers.connection).toBe('keep-alive,te')
    expect(request.headersDistinct['connection']).toEqual(['keep-alive,te'])
    expect(request.rawHeaders).toEqual(['Host', 'a', 'connection', 'keep-alive,te'])
  })

  it('takes the field along where it was the only one', async () => {
    const request = await incoming('GET / HTTP/1.1', 'Connection: AUTHORIZATION')
    withoutConnectionOptions(request, names)
    expect(request.headers).not.toHaveProperty('connection')
    expect(request.headersDistinct).not.toHaveProperty('connection')
    expect(request.rawHeaders).toEqual(['Host', 'a'])
  })

  it('is looked for in Proxy-Connection too, which some proxies go by', async () => {
    const request = await incoming(
      'GET / HTTP/1.1',
      'Proxy-Connection: keep-alive, authorization',
      'Connection: authorization, close',
    )
    withoutConnectionOptions(request, names)
    expect(request.headers).toMatchObject({
      connection: ' close',
      'proxy-connection': 'keep-alive',
    })
    expect(request.rawHeaders.join().toLowerCase()).not.toContain('authorization')
  })

  it('is found in the second of two fields', async () => {
    const request = await incoming('GET / HTTP/1.1', 'Connection: te', 'Connection: authorization')
    withoutConnectionOptions(request, names)
    expect(request.rawHeaders).toEqual(['Host', 'a', 'connection', 'te'])
  })

  it('changes nothing where it is not there', async () => {
    const request = await incoming('GET / HTTP/1.1', 'Connection: TE')
    withoutConnectionOptions(request, names)
    expect(request.rawHeaders).toEqual(['Connection', 'TE', 'Host', 'a'])
  })
})

describe('A query parameter that is taken off', () => {
  it.each([
    ['/a?access_token=x', '/a'],
    ['/a?b=1&access_token=x&c=%20+', '/a?b=1&c=%20+'],
    ['/a?access%5Ftoken=x&b=1', '/a?b=1'],
    ['/a?access_token', '/a'],
    ['/a?access_token=x&access_token=y', '/a'],
    ['/a?b=access_token=x', '/a?b=access_token=x'],
    ['/a?', '/a?'],
    ['/access_token=x', '/access_token=x'],
    ['/a?b=1;access_token=x', '/a?b=1'],
    ['/a?b=1;access_token=x&c=2', '/a?b=1&c=2'],
    ['/a?access_token=x;b=1;c=2', '/a?b=1;c=2'],
    ['/a?b=1;c=2&&d', '/a?b=1;c=2&&d'],
    ['http://evil.example/a?access_token=x&b', 'http://evil.example/a?b'],
  ])('makes %s into %s', async (url, expected) => {
    const request = Object.assign(await incoming(`GET ${url} HTTP/1.1`), {
      originalUrl: `/m${url}`,
    })
    withoutQueryParameters(request, ['access_token'])
    expect([request.url, request.originalUrl]).toEqual([expected, `/m${expected}`])
  })

  it('is gone from the query that Express 4 has taken apart, and from the path of HTTP/2', () => {
    const url = '/a?access_token=x&b=1'
    const request = {
      url,
      query: { access_token: 'x', b: '1' },
      headers: { ':path': url },
      rawHeaders: [':path', url, ':method', 'GET'],
    }
    withoutQueryParameters(request, ['access_token'])
    expect(request).toEqual({
      url: '/a?b=1',
      query: { b: '1' },
      headers: { ':path': '/a?b=1' },
      rawHeaders: [':path', '/a?b=1', ':method', 'GET'],
    })
  })
})
