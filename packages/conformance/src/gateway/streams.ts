import { equal } from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { openPlainSite } from '../bench.ts'
import { createGate, type GatewayCase, sourceOf } from './bench.ts'

const CHUNKS = 40
const CHUNK_BYTES = 65_536

/** How bodies go through a gateway. */
export const streamCases: readonly GatewayCase[] = [
  {
    name: 'a streamed body goes through while it is being sent, byte for byte',
    async run({ clock, open }) {
      const begun = createGate()
      await using upstream = await openPlainSite((request, response) => {
        request.once('data', () => begun.open())
        digest(request, response).catch((error: Error) => response.destroy(error))
      })
      await using gateway = await open(upstream.origin, sourceOf('us', upstream.origin, clock))

      const chunks = Array.from({ length: CHUNKS }, () => randomBytes(CHUNK_BYTES))
      const expected = createHash('sha256').update(Buffer.concat(chunks)).digest('hex')
      const request = httpRequest(gateway.origin, { method: 'PUT', agent: false })
      const answered = once(request, 'response')
      request.write(chunks[0])
      // Only once the first bytes have arrived upstream is the rest sent at all.
      await begun.opened
      for (const chunk of chunks.slice(1)) request.write(chunk)
      request.end()
      const [response] = (await answered) as [IncomingMessage]
      equal(await text(response), `${expected} chunked`)
    },
  },
]

async function digest(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const hash = createHash('sha256')
  for await (const chunk of request as AsyncIterable<Uint8Array>) hash.update(chunk)
  response.end(`${hash.digest('hex')} ${request.headers['transfer-encoding']}`)
}
