import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { assert, constantFrom, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rawResponse } from '../../../src/server/upgrade/refuse.ts'

async function received(answer: string): Promise<readonly [IncomingMessage, string]> {
  const server = createServer((socket) => socket.resume().end(answer)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const request = get({ port, host: '127.0.0.1', agent: false })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const body = await text(response)
  server.close()
  return [response, body]
}

describe('An answer as text', () => {
  it('is what an HTTP client understands', async () => {
    const headers = { 'www-authenticate': 'Bearer realm="api"', 'cache-control': 'no-store' }
    const [response, body] = await received(
      rawResponse({ status: 401, headers, body: '{"detail":"größer"}' }),
    )
    expect([response.statusCode, response.statusMessage, body]).toEqual([
      401,
      'Unauthorized',
      '{"detail":"größer"}',
    ])
    expect(response.headers).toEqual({ ...headers, connection: 'close', 'content-length': '21' })
  })

  it('has a status without a phrase where there is none', async () => {
    const [response] = await received(rawResponse({ status: 418, headers: {}, body: '' }))
    expect([response.statusCode, response.statusMessage]).toEqual([418, ''])
  })

  it('names the upgrade that it asks for as an option of the connection', () => {
    const answer = rawResponse({ status: 426, headers: { upgrade: 'websocket' }, body: '' })
    expect(answer).toContain('\r\nconnection: close, upgrade\r\n')
  })

  it('lets no field and no body begin another one, whatever they hold', () => {
    const risky = string({ unit: constantFrom('\r', '\n', '\0', ':', ' ', 'a', '\u2028', 'é') })
    assert(
      property(risky, risky, (value, body) => {
        const answer = rawResponse({ status: 400, headers: { 'x-value': value }, body })
        const head = answer.slice(0, answer.indexOf('\r\n\r\n'))
        expect(head.split(/\r\n|\r|\n/)).toHaveLength(4)
        expect(answer.slice(head.length + 4)).toBe(body)
      }),
    )
  })
})
