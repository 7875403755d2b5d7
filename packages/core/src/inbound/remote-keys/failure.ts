import { type KeyErrorCode, KeyError, RequestError } from '../../base/errors.ts'
import {
  BodyTooLong,
  type CallResponse,
  Redirected,
  retryAfterOf,
  callOnce,
} from '../../http/call.ts'
import { nameOfUrl } from '../../http/endpoint.ts'
import type { Clock } from '../../base/clock.ts'
import { type JsonObject, parseJsonObject } from '../../base/json.ts'

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
  readonly answer: CallResponse
}

/** What is to be fetched. */
export interface Wanted {
  readonly url: URL
  /** What it is called in a message. */
  readonly what: string
  /** Says which redirects are followed. Left out, none are. */
  readonly mayFollow?: (target: URL) => boolean
}

/** Fetches one JSON object. Rejects with a `RefreshError`, or with the signal's reason. */
export type Fetcher = (wanted: Wanted, signal: AbortSignal) => Promise<Fetched>

/** No metadata is further away than this. */
const MAX_REDIRECTS = 3

/** Makes the function that fetches key sets and metadata, within bounds. */
export function createFetcher({ fetch: send, clock }: FetcherOptions): Fetcher {
  const fetchFrom = async (
    { url, what, mayFollow }: Wanted,
    signal: AbortSignal,
    redirects: number,
  ): Promise<Fetched> => {
    let answer: CallResponse
    try {
      answer = await callOnce(
        { url, method: 'GET', headers: { accept: ACCEPT } },
        { fetch: send ?? globalThis.fetch, clock, signal, maxBytes: MAX_BYTES },
      )
    } catch (error) {
      signal.throwIfAborted()
      const target = error instanceof Redirected ? error.target : undefined
      if (target === undefined || redirects === 0 || mayFollow?.(target) !== true) {
        throw noResponse(url, error)
      }
      return fetchFrom({ url: target, what, mayFollow }, signal, redirects - 1)
    }
    if (answer.status !== 200) throw wrongStatus(url, answer)
    // It came over TLS from whom it is of: what is strict with tokens would only lock good ones out.
    const bounds = { maxBytes: MAX_BYTES, maxDepth: 100, once: ['keys', 'issuer', 'jwks_uri'] }
    const json = parseJsonObject(new TextEncoder().encode(answer.text), bounds)
    if (json === undefined) throw wrongFormat(url, what)
    return { json, answer }
  }
  return (wanted, signal) => fetchFrom(wanted, signal, MAX_REDIRECTS)
}

const ACCEPT = 'application/json, application/jwk-set+json'

/** A key set that could not be had, and when its server wants to be asked again. */
export class RefreshError extends KeyError {
  readonly retryAfterMs: number | undefined

  constructor(
    code: KeyErrorCode,
    message: string,
    options: ErrorOptions & { readonly retryAfterMs?: number | undefined } = {},
  ) {
    super(code, message, options)
    this.retryAfterMs = options.retryAfterMs
  }
}

/** Says why a server gave no answer. */
function noResponse(url: URL, error: unknown): RefreshError {
  const name = nameOfUrl(url)
  if (error instanceof Redirected) {
    const message = `${name} redirects${error.where}. No redirect is followed to keys, and none to http: configure the final URL.`
    return new RefreshError('ERR_KEYS_FETCH', message)
  }
  const what =
    error instanceof BodyTooLong
      ? 'answered with more than 1 MiB'
      : 'could not be reached, or broke off; the cause says more'
  return new RefreshError('ERR_KEYS_FETCH', `${name} ${what}.`, { cause: error })
}

/** Says that a server answered, and not with 200. */
function wrongStatus(url: URL, { status, headers, receivedAt }: CallResponse): RefreshError {
  return new RefreshError('ERR_KEYS_FETCH', `${nameOfUrl(url)} answered ${status}.`, {
    retryAfterMs: retryAfterOf(headers, receivedAt),
  })
}

/** Says that an answer is not what it has to be. */
export function wrongFormat(url: URL, what: string): RefreshError {
  return new RefreshError('ERR_KEYS_FORMAT', `${nameOfUrl(url)} answered with no ${what}.`)
}

/** Refuses a request whose token cannot be judged, since the keys cannot be had. */
export function keysUnavailable(cause: KeyError | undefined, retryAfterMs: number): RequestError {
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000))
  return new RequestError('ERR_KEYS_UNAVAILABLE', 'The token cannot be checked at the moment.', {
    reason: 'keys_unavailable',
    status: 503,
    headers: { 'retry-after': String(seconds) },
    ...(cause !== undefined && { cause }),
  })
}
