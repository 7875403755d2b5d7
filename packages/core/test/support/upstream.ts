import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A real server on loopback that keeps what it was asked. */
export interface Upstream {
  readonly origin: string
  readonly seen: SeenRequest[]
  [Symbol.asyncDispose](): Promise<void>
}

export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly authorization: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export type Respond = (request: SeenRequest, response: ServerResponse) => void

export async function startUpstream(respond: Respond, host = '127.0.0.1'): Promise<Upstream> {
  const seen: SeenRequest[] = []
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming
      const body = Buffer.concat(chunks).toString()
      // What a real clock says would teach a fake one nonsense.
      response.sendDate = false
      const request = { method, url, authorization: headers.authorization, headers, body }
      seen.push(request)
      respond(request, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://${host === '::1' ? '[::1]' : host}:${port}`,
    seen,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

/** Answers with a status and a text. */
export function answer(response: ServerResponse, status: number, text = ''): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(text)
}

/** Redirects. */
export function redirect(response: ServerResponse, status: number, location: string): void {
  response.writeHead(status, { location }).end()
}
