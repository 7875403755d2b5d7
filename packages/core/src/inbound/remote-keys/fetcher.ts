import type { Clock } from '../../base/clock.ts'
import { type JsonObject, parseJsonObject } from '../../base/json.ts'
import { type CallAnswer, callOnce } from '../../http/call.ts'
import { noAnswer, wrongFormat, wrongStatus } from './failure.ts'

/** No key set and no metadata is longer than this. */
const MAX_BYTES = 1_048_576

/** What documents are fetched with. */
export interface FetcherOptions {
  readonly fetch: typeof fetch | undefined
  readonly clock: Clock
}

/** A document that was fetched. */
export interface Fetched {
  readonly json: JsonObject
  readonly answer: CallAnswer
}

/** Fetches one JSON object. Rejects with a `RefreshError`, or with the signal's reason. */
export type Fetcher = (url: URL, what: string, signal: AbortSignal) => Promise<Fetched>

/** Makes the function that fetches key sets and metadata: bounded, and without redirects. */
export function createFetcher({ fetch: send, clock }: FetcherOptions): Fetcher {
  return async (url, what, signal) => {
    let answer: CallAnswer
    try {
      answer = await callOnce(
        { url, method: 'GET', headers: { accept: ACCEPT } },
        { fetch: send ?? globalThis.fetch, clock, signal, maxBytes: MAX_BYTES },
      )
    } catch (error) {
      signal.throwIfAborted()
      throw noAnswer(url, error)
    }
    if (answer.status !== 200) throw wrongStatus(url, answer)
    const json = parseJsonObject(new TextEncoder().encode(answer.text), { maxBytes: MAX_BYTES })
    if (json === undefined) throw wrongFormat(url, what)
    return { json, answer }
  }
}

const ACCEPT = 'application/json, application/jwk-set+json'
