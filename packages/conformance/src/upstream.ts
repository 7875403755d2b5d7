import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '@mayfly/core'
import { openPlainSite, type Site } from './bench.ts'

/** A request as it came in at the server behind a proxy. */
interface Received {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly rawHeaders: readonly string[]
  readonly body: string
}

/** The server behind a proxy. It writes down what it gets. */
export interface Upstream extends AsyncDisposable {
  readonly site: Site
  readonly received: readonly Received[]
  /** Answers the next request with this status instead of 200. */
  answerNext(status: number): void
}

/** Starts a server for a proxy to call. Its `Date` is the case's own clock's. */
export async function openUpstream(clock: Clock): Promise<Upstream> {
  const received: Received[] = []
  let status = 200
  const site = await openPlainSite((request, response) => {
    answer(request, response).catch((error: Error) => response.destroy(error))
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url, rawHeaders } = request
    const body = await readText(request)
    received.push({ method, url, rawHeaders, body })
    response.sendDate = false
    response.writeHead(status, { date: new Date(clock.now()).toUTCString() })
    response.end('from upstream')
    status = 200
  }

  return {
    site,
    received,
    answerNext: (next) => {
      status = next
    },
    [Symbol.asyncDispose]: () => site[Symbol.asyncDispose](),
  }
}

/** Finds the values of a field in a list of raw header fields. */
export function valuesOf(rawHeaders: readonly string[], name: string): readonly string[] {
  return rawHeaders.filter(
    (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name,
  )
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = ''
  request.setEncoding('utf8')
  for await (const chunk of request as AsyncIterable<string>) text += chunk
  return text
}
