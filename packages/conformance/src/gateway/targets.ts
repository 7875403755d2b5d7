import { deepEqual, equal, ok } from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { openPlainSite, type Site } from '../bench.ts'
import { sendRaw } from '../http-client.ts'
import { valuesOf } from '../upstream.ts'
import { type GatewayCase, sourceOf } from './bench.ts'

/** A server that writes down all that it gets, the trailers included. */
interface Witness extends AsyncDisposable {
  readonly site: Site
  readonly seen: readonly string[]
  readonly tokens: readonly (readonly string[])[]
}

async function openWitness(): Promise<Witness> {
  const seen: string[] = []
  const tokens: (readonly string[])[] = []
  const note = (request: IncomingMessage): void => {
    const { method, url, rawHeaders, rawTrailers } = request
    seen.push(JSON.stringify([method, url, rawHeaders, rawTrailers]))
    tokens.push(valuesOf(rawHeaders, 'authorization'))
  }
  const site = await openPlainSite((request, response) => {
    request.resume().once('end', () => {
      note(request)
      response.end('from upstream')
    })
  })
  site.server.on('upgrade', (request, socket) => {
    note(request)
    socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  })
  return { site, seen, tokens, [Symbol.asyncDispose]: () => site[Symbol.asyncDispose]() }
}

function head(...lines: readonly string[]): string {
  return [...lines, '', ''].join('\r\n')
}

/** Whatever came upstream has our token, once, and nothing of the caller's. */
function assertOurs({ seen, tokens }: Witness): void {
  for (const token of tokens) deepEqual(token, ['Bearer token-of-us'])
  ok(!seen.join().includes('callers-own'), "the caller's own went upstream")
}

/** Requests whose target, trailers or upgrade lead a proxy astray. */
export const targetCases: readonly GatewayCase[] = [
  {
    name: 'a target that names another server leads no token there',
    async run({ clock, open }) {
      await using upstream = await openWitness()
      await using other = await openWitness()
      const { origin } = upstream.site
      await using gateway = await open(origin, sourceOf('us', origin, clock))
      const { host } = new URL(other.site.origin)
      for (const target of [
        `${other.site.origin}/x?access_token=callers-own`,
        `//${host}/x?access_token=callers-own`,
        `///${host}/x`,
        `/\\${host}/x`,
        `/@${host}/x`,
      ]) {
        const fields = ['Host: gateway', 'Connection: close', 'Authorization: Bearer callers-own']
        await sendRaw(gateway.origin, head(`GET ${target} HTTP/1.1`, ...fields))
      }
      deepEqual(other.seen, [])
      ok(upstream.seen.length > 0, 'nothing went upstream at all')
      assertOurs(upstream)
    },
  },
  {
    name: "trailers carry nothing of the caller's own upstream",
    async run({ clock, open }) {
      await using upstream = await openWitness()
      const { origin } = upstream.site
      await using gateway = await open(origin, sourceOf('us', origin, clock))
      const request = head(
        'POST /x HTTP/1.1',
        'Host: gateway',
        'Connection: close',
        'Transfer-Encoding: chunked',
        'Trailer: Authorization, Cookie',
      )
      const body = head('1', 'x', '0', 'Authorization: Bearer callers-own', 'Cookie: a=callers-own')
      equal(await sendRaw(gateway.origin, request + body), 200)
      equal(upstream.seen.length, 1)
      assertOurs(upstream)
    },
  },
  {
    name: "an upgrade takes nothing of the caller's own upstream, past the middleware",
    async run({ clock, open }) {
      await using upstream = await openWitness()
      const { origin } = upstream.site
      await using gateway = await open(origin, sourceOf('us', origin, clock))
      for (const protocol of ['websocket', 'h2c']) {
        const status = await sendRaw(
          gateway.origin,
          head(
            'GET /x?access_token=callers-own HTTP/1.1',
            'Host: gateway',
            'Connection: Upgrade, close',
            `Upgrade: ${protocol}`,
            'Sec-WebSocket-Version: 13',
            'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
            'Authorization: Bearer callers-own',
            'Cookie: session=callers-own',
          ),
        )
        ok(status !== 101, 'the upgrade went through')
      }
      assertOurs(upstream)
    },
  },
]
