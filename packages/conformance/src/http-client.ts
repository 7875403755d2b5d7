import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'

/** How long an answer may take: none of them takes any time unless something hangs. */
const PATIENCE_MS = 10_000

/** Header fields as they are to be sent: in this order, duplicates and all. */
export type Fields = readonly (readonly [name: string, value: string])[]

/** A request for {@link send}. */
export interface Sent {
  readonly method?: string
  readonly fields?: Fields
  readonly body?: string
  /** Abandons the request, connection and all. */
  readonly signal?: AbortSignal
}

/** An answer, read to its end. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/**
 * Sends one request over a connection of its own. `fetch` will not do here: it forbids some fields, and
 * joins fields of one name.
 */
export async function send(
  url: string,
  { method, fields = [], body, signal }: Sent = {},
): Promise<Answer> {
  const usual = [['Host', new URL(url).host] as const, ['Connection', 'close'] as const]
  const all = [...usual.filter(([name]) => !named(fields, name.toLowerCase())), ...fields]
  if (body !== undefined) all.push(['Content-Length', String(Buffer.byteLength(body))])
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, {
      method: method ?? 'GET',
      // A flat list is sent as it is, with nothing added and nothing merged.
      headers: all.flat(),
      agent: false,
      ...(signal !== undefined && { signal }),
    })
    request.setTimeout(PATIENCE_MS, () => {
      request.destroy(new Error(`No answer came within ${PATIENCE_MS} ms.`))
    })
    request.once('error', reject)
    request.once('response', (response) => {
      const { statusCode: status = 0, headers } = response
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.once('end', () => resolve({ status, headers, text }))
      response.once('error', reject)
    })
    request.end(body)
  })
}

/**
 * Writes a request byte for byte, as no client would, and gives the status of the answer; 0 where the
 * server hangs up without one, as it may on a head that is too long.
 */
export async function sendRaw(origin: string, head: string): Promise<number> {
  const { hostname, port } = new URL(origin)
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(Number(port), hostname)
    const end = (): void => resolve(Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] ?? 0))
    socket.setEncoding('latin1')
    socket.setTimeout(PATIENCE_MS, () => {
      socket.destroy()
      reject(new Error(`No answer came within ${PATIENCE_MS} ms.`))
    })
    socket.on('data', (chunk: string) => (text += chunk))
    // The rest of a long head has nowhere to go once the server has answered.
    socket.once('error', end)
    socket.once('close', end)
    socket.write(head)
  })
}

/** Reads an answer's JSON. */
export function jsonOf(answer: Answer): unknown {
  return JSON.parse(answer.text)
}

function named(fields: Fields, name: string): boolean {
  return fields.some(([field]) => field.toLowerCase() === name)
}
