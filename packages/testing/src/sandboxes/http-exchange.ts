import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '@mayfly/core'
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

/** Sends an answer, dated by the sandbox's own clock. */
export function writeReply(response: ServerResponse, reply: SandboxReply, clock: Clock): void {
  const text = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body)
  response.sendDate = false
  response.writeHead(reply.status, {
    date: new Date(clock.now()).toUTCString(),
    ...(text !== undefined && { 'content-type': contentType(reply.body) }),
    ...reply.headers,
  })
  response.end(text)
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
