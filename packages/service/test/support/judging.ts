import type { RequestListener, ServerResponse } from 'node:http'
import type { OpenApiCheck } from './openapi-check.ts'

/** What stands before a service and holds all that it answers to the document, whoever has asked. */
export interface Judging {
  readonly listener: RequestListener
  /** Throws for the first answer that the document does not have. */
  settle(): void
}

/**
 * Makes it. It sees answers as the service writes them, so that curl, supertest and bytes of a test's own
 * are held to the document like what the tests fetch.
 */
export function judging(application: RequestListener, check: OpenApiCheck): Judging {
  const failures: unknown[] = []
  return {
    listener: (request, response) => {
      const body = bodyOf(response)
      const method = request.method ?? ''
      // Express may rewrite it where it is mounted; a proxy's form has the host in it.
      const target = (request.url ?? '').replace(/^[a-z]+:\/\/[^/]*/i, '')
      response.once('finish', () => {
        // The console is a page for people.
        if (/^\/console(?:[/?]|$)/.test(target) || response.statusCode === 302) return
        const status = response.statusCode
        const headers = new Headers(response.getHeaders() as Record<string, string>)
        const seen = method === 'HEAD' ? '' : body()
        try {
          check.judge({ method, target, status, headers, body: seen })
        } catch (error) {
          failures.push(error)
        }
      })
      application(request, response)
    },
    settle: () => {
      if (failures.length > 0) throw failures[0]
    },
  }
}

/** Keeps what is written, and gives it. */
function bodyOf(response: ServerResponse): () => string {
  const chunks: Buffer[] = []
  for (const name of ['write', 'end'] as const) {
    const write = response[name].bind(response) as (...args: unknown[]) => never
    response[name] = (...args: unknown[]): never => {
      const [chunk] = args
      if (typeof chunk === 'string') chunks.push(Buffer.from(chunk))
      else if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk))
      return write(...args)
    }
  }
  return () => Buffer.concat(chunks).toString()
}
