import { deepEqual, equal, ok } from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { SourceError } from '@mayfly/core'
import { openPlainSite, type Site } from '../bench.ts'
import { assertNowhere, assertRefused } from '../expectations.ts'
import type { Fields } from '../http-client.ts'
import { sendUpgrade } from '../upgrade-client.ts'
import { valuesOf } from '../upstream.ts'
import { type GatewayCase, sourceOf } from './bench.ts'

const CALLERS_OWN: Fields = [
  ['Authorization', 'Bearer callers-own'],
  ['Cookie', 'session=callers-own'],
  ['DPoP', 'callers-own'],
  ['Connection', 'Upgrade, Authorization'],
  ['Sec-WebSocket-Protocol', 'chat, bearer.callers-own'],
]

/** A server that opens every connection, and sends back what comes over it. */
async function openEcho(): Promise<Site & { readonly seen: IncomingMessage[] }> {
  const seen: IncomingMessage[] = []
  const site = await openPlainSite((_, response) => void response.end('from upstream'))
  site.server.on('upgrade', (request, socket) => {
    seen.push(request)
    socket.on('error', () => {})
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    )
    socket.write(Buffer.from('8102', 'hex'))
    socket.end('hi')
  })
  return Object.assign(site, { seen })
}

/** How upgrades go through a gateway whose server gives them to `injectUpgrade`. */
export const gatewayUpgradeCases: readonly GatewayCase[] = [
  {
    name: 'an upgrade goes through with our token in the place of what is the caller’s own',
    async run({ clock, open }) {
      await using upstream = await openEcho()
      const { origin } = upstream
      await using gateway = await open(origin, sourceOf('us', origin, clock))
      const path = '/chat?x=1&access_token=callers-own'
      await using client = await sendUpgrade(gateway.origin, { path, fields: CALLERS_OWN })
      equal(client.answer.status, 101)
      deepEqual(await client.next(), { kind: 'text', text: 'hi' })
      const [{ url, rawHeaders } = { url: '', rawHeaders: [] }] = upstream.seen
      equal(url, '/chat?x=1')
      deepEqual(valuesOf(rawHeaders, 'authorization'), ['Bearer token-of-us'])
      deepEqual(valuesOf(rawHeaders, 'sec-websocket-protocol'), ['chat'])
      ok(!rawHeaders.join('\n').includes('callers-own'))
    },
  },
  {
    name: 'an upgrade without a token is answered 503, and nothing goes upstream',
    async run({ clock, open }) {
      await using upstream = await openEcho()
      const { origin } = upstream
      const failure = new SourceError('ERR_MINT_FAILED', 'internal-detail', { retryAfterMs: 7000 })
      const source = { ...sourceOf('us', origin, clock), getToken: () => Promise.reject(failure) }
      await using gateway = await open(origin, source)
      await using client = await sendUpgrade(gateway.origin, { fields: CALLERS_OWN })
      assertRefused(client.answer, { status: 503, reason: 'token_unavailable' })
      equal(client.answer.headers['retry-after'], '7')
      assertNowhere(client.answer, 'internal-detail')
      deepEqual(upstream.seen, [])
    },
  },
  {
    name: 'a client that goes away while a token is being got harms nobody',
    async run({ clock, open }) {
      await using upstream = await openEcho()
      const { origin } = upstream
      const source = sourceOf('us', origin, clock)
      const asked: (() => void)[] = []
      const getToken: typeof source.getToken = async (options) => {
        await new Promise<void>((resolve) => asked.push(resolve))
        return source.getToken(options)
      }
      await using gateway = await open(origin, { ...source, getToken })
      const { hostname, port } = new URL(gateway.origin)
      const closed = new Promise((resolve) =>
        gateway.server.once('connection', (socket) => socket.once('close', resolve)),
      )
      const socket = connect(Number(port), hostname)
      socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
      for (let turns = 0; asked.length === 0 && turns < 10_000; turns++) {
        await setImmediate()
      }
      socket.resetAndDestroy()
      equal(asked.length, 1)
      await closed
      asked.forEach((resolve) => resolve())
      await setImmediate()
      deepEqual(upstream.seen, [])
    },
  },
  {
    name: 'odd requests leave the gateway standing',
    async run({ clock, open }) {
      await using upstream = await openEcho()
      const { origin } = upstream
      await using gateway = await open(origin, sourceOf('us', origin, clock))
      for (const request of oddRequests()) {
        const odd = sendOdd(gateway.origin, request)
        // What a server waits for that will never come is not waited for here.
        const answer = await Promise.race([odd.ended, gateway.get('/between')])
        odd.leave()
        if (answer !== undefined) equal(answer.status, 200)
      }
      const answer = await gateway.get('/after')
      equal(answer.status, 200)
      equal(answer.text, 'from upstream')
    },
  },
]

const METHODS = ['GET', 'HEAD', 'POST', 'OPTIONS', 'DELETE', 'TRACE', 'QUERY', 'CONNECT']
const TARGETS = [
  '/',
  '*',
  '//',
  '/%',
  '/%00',
  '/a b',
  '?',
  '/\u00e4',
  'http://[::1',
  'http://x:99999/',
  '/.',
  '/#',
]
const FIELDS = [
  'Trailer: x',
  'Trailer: Authorization, \u00e4',
  'Trailer:',
  'TE: trailers',
  'Expect: 100-continue',
  'Expect: the-unexpected',
  'Connection: upgrade',
  'Connection: close, trailer',
  'Upgrade: h2c',
  'Upgrade: websocket',
  'Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__',
  'Connection: Upgrade\r\nUpgrade: websocket',
  'Content-Length: 0',
  'Content-Length: 5',
  'Content-Length: -1',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: chunked\r\nTrailer: x',
  'Transfer-Encoding: chunked\r\nContent-Length: 3',
  'Range: bytes=99-1',
  'X-\u00e4: \u00e4',
  'X-Empty:',
  `X-Long: ${'x'.repeat(8000)}`,
  'Host: other',
  'X-Forwarded-For: \u00ff, "',
  'Accept-Encoding: \u0001',
  'Authorization: Bearer x\r\nAuthorization: Bearer y',
  'Cookie: a=b\r\nCookie: c=d',
  'Keep-Alive: timeout=0',
  'Max-Forwards: 0',
]

/**
 * Lists some hundred requests that a server may meet, each of them byte for byte.
 *
 * @param fields header fields that each has besides, such as `Authorization: Bearer …`.
 */
export function oddRequests(fields: readonly string[] = []): readonly string[] {
  const heads = [
    ...METHODS.flatMap((method) =>
      FIELDS.map((field) => [`${method} /odd HTTP/1.1`, 'Host: x', field]),
    ),
    ...METHODS.flatMap((method) =>
      TARGETS.map((target) => [`${method} ${target} HTTP/1.1`, 'Host: x']),
    ),
    ...FIELDS.map((field) => ['GET /odd HTTP/1.0', field]),
    ['GET / HTTP/1.1'],
    ['GET /'],
    ['PRI * HTTP/2.0'],
    ['\u0016\u0003\u0001'],
  ]
  return heads.map((lines) => {
    const body = lines.some((line) => line.includes('chunked')) ? '0\r\n\r\n' : ''
    return `${[...lines, ...fields].join('\r\n')}\r\n\r\n${body}`
  })
}

/** A request that was sent by {@link sendOdd}. */
export interface SentOdd {
  /** Something has come, or the other side has gone. */
  readonly ended: Promise<undefined>
  /** Closes the connection. */
  leave(): void
}

/** Sends a request byte for byte, over a connection of its own. */
export function sendOdd(origin: string, request: string): SentOdd {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname)
  const ended = new Promise<undefined>((resolve) => {
    socket.on('error', () => {})
    socket.once('close', () => resolve(undefined))
    socket.once('data', () => resolve(undefined))
    socket.write(request, 'latin1')
  })
  return { ended, leave: () => socket.destroy() }
}
