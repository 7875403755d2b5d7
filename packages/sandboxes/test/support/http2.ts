import { once } from 'node:events'
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2'

/** An answer that came by HTTP/2. */
export interface Http2Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** A connection that speaks HTTP/2 without TLS from its first byte. */
export function connectHttp2(origin: string): ClientHttp2Session {
  return connect(origin)
}

/** Sends one request. */
export async function request(
  session: ClientHttp2Session,
  headers: Readonly<Record<string, string>>,
  body: string = '',
): Promise<Http2Answer> {
  const stream = session.request(headers)
  stream.end(body)
  const [head] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status': number }]
  const chunks: Buffer[] = []
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk)
  return { status: head[':status'], headers: head, text: Buffer.concat(chunks).toString() }
}
