import { type IncomingMessage, type ServerResponse, request as httpRequest } from 'node:http'
import type { VerifiedToken } from '@mayfly/core'
import type { ConformanceRoute } from './driver.ts'

/** What stands behind the middleware of a route. */
export type Handle = ConformanceRoute<unknown>['handle']

/** Answers with the claims that the middleware left, or with `null` where it left none. */
export function answerAuth(
  _: IncomingMessage,
  response: ServerResponse,
  auth: VerifiedToken<unknown> | undefined,
): void {
  answerJson(response, { auth: auth === undefined ? null : auth.payload })
}

/** A handler that should not be reached, and notes when it is. */
export interface Trap {
  readonly handle: Handle
  reached: number
}

/** Makes a {@link Trap}. It answers, so that nobody waits for what should have been refused before. */
export function createTrap(): Trap {
  const trap: Trap = {
    reached: 0,
    handle: (_, response) => {
      trap.reached += 1
      answerJson(response, { reached: true })
    },
  }
  return trap
}

/** Answers with the request as a proxy would forward it. */
export function answerRequest(request: IncomingMessage, response: ServerResponse): void {
  const { headers, rawHeaders, url } = request
  answerJson(response, { headers, rawHeaders, url })
}

/** What {@link answerRequest} answers. */
export interface ForwardedRequest {
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly rawHeaders: readonly string[]
  readonly url: string
}

/** Sends the request on to another server, as the `http-proxy` family does: by its `headers`. */
export function proxyHeaders(upstream: string): Handle {
  return (request, response) => forward(upstream, request, response, { ...request.headers })
}

/** Sends the request on as a proxy does that keeps order and spelling: by its `rawHeaders`. */
export function proxyRawHeaders(upstream: string): Handle {
  return (request, response) => forward(upstream, request, response, [...request.rawHeaders])
}

function answerJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(value))
}

async function forward(
  upstream: string,
  request: IncomingMessage,
  response: ServerResponse,
  headers: Record<string, string | string[] | undefined> | string[],
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const onward = httpRequest(
      upstream + (request.url ?? '/'),
      { method: request.method ?? 'GET', headers, agent: false },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
        response.once('close', resolve)
      },
    )
    onward.once('error', reject)
    request.pipe(onward)
  })
}
