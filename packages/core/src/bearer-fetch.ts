import { type AnswerHead, BearerSession, type BearerSessionOptions } from './bearer-session.ts'
import {
  optionalFunction,
  refuseUnknownOptions,
  requireOneOf,
  requireOptions,
} from './encoding/options.ts'
import { ForeignOriginError, MayflyError } from './errors.ts'
import { type OutgoingRequest, readRequest, toInit } from './http/outgoing-request.ts'
import { isRedirect, MAX_REDIRECTS, nextHop } from './http/redirect.ts'
import { canResend } from './http/request-body.ts'
import type { AccessToken, TokenSource } from './token.ts'

/** Options of {@link bearerFetch}. */
export interface BearerFetchOptions extends BearerSessionOptions {
  /** The `fetch` underneath. Default: the global one, looked up at each call. */
  readonly fetch?: typeof fetch
  /**
   * What to do with a request to an origin that the token is not for: refuse it, or let it pass
   * without a token. Default `'refuse'`.
   */
  readonly foreign?: 'refuse' | 'pass'
}

const OPTIONS = ['origins', 'clocks', 'clock', 'observe', 'fetch', 'foreign'] as const

/**
 * Wraps `fetch` so that requests carry a fresh bearer token of the source, and nothing else does.
 *
 * - The token goes to the source's origins only (exact scheme, host and port; https, or http on
 *   loopback), and is decided anew at every redirect.
 * - A 401 drops the token that was sent, and the request goes out once more with another one, if its
 *   body can be sent again: none, a string, bytes, `URLSearchParams`, `FormData`, a `Blob`, or a
 *   `Request` whose body is within a megabyte. A stream is not resent.
 * - Each answer's `Date` teaches the server's clock, which new tokens are then dated by.
 * - A request with an `Authorization` header of its own goes out as it is.
 *
 * @throws {ForeignOriginError} `ERR_FOREIGN_ORIGIN` for a request to another origin.
 * @throws {SourceError} when no token can be had for the first try.
 * @throws {MayflyError} `ERR_REDIRECT` for a redirect that cannot be followed.
 *
 * @example
 * ```ts
 * import { bearerFetch, TokenManager, type TokenSource } from '@mayfly/core'
 *
 * export function client(source: TokenSource): typeof fetch {
 *   return bearerFetch(new TokenManager(source))
 * }
 * ```
 */
export function bearerFetch(source: TokenSource, options: BearerFetchOptions = {}): typeof fetch {
  requireOptions(options, 'bearerFetch')
  refuseUnknownOptions(options, OPTIONS, 'bearerFetch')
  const foreign = requireOneOf(options.foreign ?? 'refuse', 'foreign', ['refuse', 'pass'])
  const send = optionalFunction(options.fetch, 'fetch')
  const session = new BearerSession(source, options)
  const transport = new Transport(session, send)

  return async function fetchWithBearer(input, init) {
    const request = await readRequest(input, init)
    if (foreign === 'refuse' && !transport.reaches(request.url)) {
      throw refusal(request.url, session)
    }
    return transport.follow(request)
  }
}

class Transport {
  readonly #session: BearerSession
  readonly #fetch: typeof fetch | undefined

  constructor(session: BearerSession, send: typeof fetch | undefined) {
    this.#session = session
    this.#fetch = send
  }

  /** Whether a token may go to a URL. */
  reaches(url: URL): boolean {
    return this.#session.destinations.has(url.origin)
  }

  /** Sends a request and follows its redirects; the token is decided anew at each hop. */
  async follow(first: OutgoingRequest): Promise<Response> {
    const budget = { resends: 1 }
    let request = first
    for (let redirects = 0; ; redirects++) {
      const response = await this.#send(request, budget)
      const location = isRedirect(response.status) ? response.headers.get('location') : null
      if (location === null || request.redirect === 'manual') {
        return redirects === 0 ? response : markRedirected(response)
      }
      discard(response)
      if (request.redirect === 'error') {
        throw redirectError(`${request.url.origin} redirects, and the request says not to follow.`)
      }
      if (redirects === MAX_REDIRECTS) {
        throw redirectError(`${first.url.origin} led to more than ${MAX_REDIRECTS} redirects.`)
      }
      request = nextHop(request, response.status, location)
    }
  }

  async #send(request: OutgoingRequest, budget: { resends: number }): Promise<Response> {
    const { url, signal } = request
    if (request.ownAuthorization || !this.reaches(url)) return this.#dispatch(request, undefined)
    const use = await this.#session.begin(url.origin, signal)
    const response = await this.#dispatch(request, use.token)
    const { refused, stepped } = this.#session.end(use, headOf(response))
    if (!refused) return response
    if (budget.resends === 0 || !canResend(request.body)) {
      this.#session.giveUp(use)
      return response
    }
    const second = await this.#session.replace(use, stepped, signal)
    if (second === undefined) return response
    budget.resends--
    discard(response)
    const answer = await this.#dispatch(request, second.token)
    this.#session.end(second, headOf(answer))
    return answer
  }

  #dispatch(request: OutgoingRequest, token: AccessToken | undefined): Promise<Response> {
    const send = this.#fetch ?? globalThis.fetch
    const authorization = token === undefined ? undefined : `Bearer ${token.value}`
    return send(request.url.href, toInit(request, authorization))
  }
}

function headOf(response: Response): AnswerHead {
  const { status, headers } = response
  return { status, date: headers.get('date'), age: headers.get('age') }
}

/** Lets go of an answer that nobody will read, so that its connection is free again. */
function discard(response: Response): void {
  response.body?.cancel().catch(() => {})
}

/** Says of the answer that it came after a redirect, as `fetch` would have. */
function markRedirected(response: Response): Response {
  return Object.defineProperty(response, 'redirected', { value: true, configurable: true })
}

function redirectError(message: string): MayflyError {
  return new MayflyError('ERR_REDIRECT', message)
}

function refusal(url: URL, session: BearerSession): ForeignOriginError {
  const list = [...session.destinations].join(', ') || 'none'
  return new ForeignOriginError(
    url.origin,
    `This token is not for ${url.origin}; it goes to: ${list}. Use another fetch there, or say foreign: 'pass' to send the request without a token.`,
  )
}
