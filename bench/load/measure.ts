import autocannon from 'autocannon'
import type { LoadedServer } from './child.ts'

/** What is asked for under load. */
export interface LoadCase {
  readonly name: string
  readonly server: LoadedServer
  /** Path of each request; it may differ from one to the next. */
  readonly path: () => string
  readonly method?: 'GET' | 'POST'
  readonly json?: unknown
}

/** How much is asked for. */
export interface Load {
  readonly connections: number
  readonly seconds: number
  /** So many requests, however long they take. */
  readonly amount?: number
}

/** What one slice of load came to. */
export interface Slice {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Asks a server for as much as it can give, and fails when an answer is not the one wanted. */
export async function slice(
  { name, server, path, method = 'GET', json }: LoadCase,
  { connections, seconds, amount }: Load,
): Promise<Slice> {
  const result = await autocannon({
    url: server.url,
    connections,
    ...(amount === undefined ? { duration: seconds } : { amount }),
    requests: [
      {
        method,
        setupRequest: (request) => ({
          ...request,
          path: path(),
          headers: {
            ...(server.token !== '' && { authorization: `Bearer ${server.token}` }),
            ...(json !== undefined && { 'content-type': 'application/json' }),
          },
          ...(json !== undefined && { body: JSON.stringify(json) }),
        }),
      },
    ],
  })
  const failed = result.non2xx + result.errors
  if (failed > 0) throw new Error(`${name}: ${failed} of ${result.requests.total} went wrong.`)
  return {
    perSecond: result.requests.average,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
  }
}

/** The one in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
