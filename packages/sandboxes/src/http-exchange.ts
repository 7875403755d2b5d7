import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { Clock } from '@mayfly/core'
import type { Spoilage } from './faults.ts'
import { breakOff } from './sandbox-server.ts'
import type { SandboxReply, SandboxRequest } from './vendor.ts'

const MAX_BODY_BYTES = 1_048_576

/** Reads a request with its body, as far as a judge needs it. */
export async function readRequest(incoming: IncomingMessage): Promise<SandboxRequest> {
  const body = await readBody(incoming)
  const target = incoming.url ?? '/'
  const mark = target.indexOf('?')
  const { headers } = incoming
  return {
    method: incoming.method ?? 'GET',
    path: mark < 0 ? target : target.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)),
    bearer: /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1],
    header: (name) => {
      const value = headers[name]
      return Array.isArray(value) ? value.join(', ') : value
    },
    body,
  }
}

/** What goes with an answer on its way. */
export interface Dispatch {
  /** The sandbox's own clock, which the answer is dated by, if it is. */
  readonly clock: Clock | undefined
  readonly spoilage: Spoilage | undefined
}

/** Sends an answer. */
export function writeReply(
  response: ServerResponse,
  reply: SandboxReply,
  { clock, spoilage }: Dispatch,
): void {
  const text = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body)
  response.sendDate = false
  response.writeHead(reply.status, {
    ...(clock !== undefined && { date: new Date(clock.now()).toUTCString() }),
    ...(text !== undefined && { 'content-type': contentType(reply.body) }),
    ...reply.headers,
  })
  if (spoilage === undefined) response.end(text)
  else writeSpoiled(response, text ?? '{}', spoilage)
}

function writeSpoiled(response: ServerResponse, text: string, spoilage: Spoilage): void {
  const half = text.slice(0, Math.ceil(text.length / 2))
  if (spoilage === 'malformed') {
    response.end(half)
    return
  }
  response.write(half, () => {
    if (spoilage === 'cut') breakOff(response)
    if (spoilage === 'endless') Readable.from(moreAndMore()).pipe(response)
  })
}

function* moreAndMore(): Generator<string> {
  for (;;) yield ' '.repeat(16_384)
}

function contentType(body: unknown): string {
  return typeof body === 'string' ? 'text/plain' : 'application/json'
}

async function readBody(incoming: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > MAX_BODY_BYTES) throw new Error(`The body is longer than ${MAX_BODY_BYTES} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
