import { BearerSession } from './bearer-session.ts'
import type { RefusedResponse, Replacement, ResponseHead, TokenUse } from './token-use.ts'
import { proofAdvice, type TokenWriter, tokenWriter } from './proofs.ts'
import type { BearerSessionOptions } from './options.ts'
import { type Clock, deadline, pause } from '../../base/clock.ts'
import type { DpopProver } from '../dpop/prover.ts'
import {
  clockOption,
  optionalFunction,
  refuseUnknownOptions,
  requireOneOf,
  requireOptions,
} from '../../base/options.ts'
import { ForeignOriginError, MayflyError } from '../../base/errors.ts'
import { readBoundedText } from '../../http/call.ts'
import {
  type OutgoingRequest,
  readRequest,
  toInit,
  withKeptBody,
  canResend,
} from './outgoing-request.ts'
import { judgeOwnAuthorization, OWN_CHOICES, type OwnAuthorization } from './own-authorization.ts'
import { isRedirect, MAX_REDIRECTS, nextHop } from './redirect.ts'
import type { TokenSource } from '../token.ts'

/** Options of {@link bearerFetch}. */
export interface BearerFetchOptions extends BearerSessionOptions {
  /** The `fetch` underneath. Default: the global one, looked up at each call. */
  readonly fetch?: typeof fetch
  /**
   * What to do with a request to an origin that the token is not for: refuse it, or let it pass
   * without a token. Default `'refuse'`.
   */
  readonly onForeignOrigin?: 'refuse' | 'pass'
  /**
   * What to do with a request that has an `Authorization` header of its own: send it as it is, without
   * the retry after a 401; put the token in its place, for clients that insist on setting one; or refuse
   * it. Each is reported to `observe`. A value that is empty or a placeholder, such as
   * `Bearer undefined`, is refused unless it is replaced. Default `'keep'`.
   */
  readonly ownAuthorization?: OwnAuthorization
  /**
   * Sends each token with a proof that its key is held here (DPoP, RFC 9449), for tokens that are bound
   * to the key of this prover. Default: tokens are bearers.
   */
  readonly dpop?: DpopProver
}

/** A source is asked about answers with no longer bodies than this. */
const MAX_REFUSAL_BYTES = 4096

/** So long an answer is held up, in milliseconds, for the source to be asked about its body. */
const REFUSAL_TIMEOUT_MS = 2000

const OPTIONS = [
  'origins',
  'clocks',
  'clock',
  'observe',
  'header',
  'allowHttp',
  'fetch',
  'onForeignOrigin',
  'ownAuthorization',
  'dpop',
] as const

/**
 * Wraps `fetch` so that requests carry a fresh bearer token of the source, and nothing else does.
 *
 * - The token goes to the source's origins only (exact scheme, host and port; https, or http on
 *   loopback), and is decided anew at every redirect. After a redirect to another origin it does not
 *   come back, even where a later one leads home again.
 * - A 401 drops the token that was sent, and the request goes out once more with another one, if its
 *   body can be sent again: none, a string, bytes, `URLSearchParams`, `FormData`, a `Blob`, or a
 *   `Request` whose body is within a megabyte. A stream is not resent. Some sources say of other
 *   answers too that they refuse the token, as Apple's 403 for push notifications.
 * - Where a source says that servers hear late of its new tokens, as GitHub's do, a new token that is
 *   refused is sent again after a second, two and three, before it is given up.
 * - Other answers of 403 and 429 leave the token alone. They are explained to `observe`, as a 401 is.
 * - Each answer's `Date` teaches the server's clock, which new tokens are then dated by.
 * - A request with an `Authorization` header of its own goes out as it is, unless `ownAuthorization`
 *   says otherwise.
 * - With `dpop` each request has a new proof, at every redirect and every try. A server that asks for a
 *   nonce, or refuses a proof for the time that it was made at, gets one better proof; the token is kept.
 *
 * @throws {ForeignOriginError} `ERR_FOREIGN_ORIGIN` for a request to another origin.
 * @throws {SourceError} when no token can be had for the first try.
 * @throws {MayflyError} `ERR_REDIRECT` for a redirect that cannot be followed, as in browsers, where
 * `fetch` does not show where one leads.
 * @throws {OptionError} `ERR_OPTION_INVALID` for an `Authorization` header of the caller's own that is
 * a placeholder, or that `ownAuthorization` refuses.
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
  const onForeignOrigin = requireOneOf(options.onForeignOrigin ?? 'refuse', 'onForeignOrigin', [
    'refuse',
    'pass',
  ])
  const own = requireOneOf(options.ownAuthorization ?? 'keep', 'ownAuthorization', OWN_CHOICES)
  const send = optionalFunction(options.fetch, 'fetch')
  const session = new BearerSession(source, options)
  const writer = tokenWriter(options.dpop, session.header)
  const transport = new Transport({ session, writer, send, clock: clockOption(options.clock) })

  return async function fetchWithBearer(input, init) {
    const request = readRequest(input, init, session.header.name)
    if (session.load !== undefined) await session.load()
    if (onForeignOrigin === 'refuse' && !transport.reaches(request.url)) {
      throw refusal(request.url, session)
    }
    request.signal?.throwIfAborted()
    const authorized = judgeOwnAuthorization(
      request,
      { own, field: session.header.name },
      (outcome) => session.reportOwn(request.url.origin, outcome),
    )
    return transport.follow(await withKeptBody(authorized))
  }
}

/** A request that was sent, and what came of it. */
interface Sent {
  readonly use: TokenUse
  readonly response: Response
  /** What there is to know of the refusal, where it was refused. */
  readonly refused: RefusedResponse | undefined
  /** How often it was sent. */
  readonly sends: number
}

interface TransportParts {
  readonly session: BearerSession
  readonly writer: TokenWriter
  readonly send: typeof fetch | undefined
  readonly clock: Clock
}

class Transport {
  readonly #session: BearerSession
  readonly #writer: TokenWriter
  readonly #fetch: typeof fetch | undefined
  readonly #clock: Clock

  constructor({ session, writer, send, clock }: TransportParts) {
    this.#session = session
    this.#writer = writer
    this.#fetch = send
    this.#clock = clock
  }

  /** Whether a token may go to a URL. */
  reaches(url: URL): boolean {
    return this.#session.reaches(url)
  }

  /** Sends a request and follows its redirects; the token is decided anew at each hop. */
  async follow(first: OutgoingRequest): Promise<Response> {
    const budget = { resends: 1 }
    let request = first
    for (let redirects = 0; ; redirects++) {
      const response = await this.#send(request, budget)
      if (response.type === 'opaqueredirect' && request.redirect !== 'manual') {
        throw redirectError(
          `${request.url.origin} redirects, and this runtime, like browsers, does not show where to. Call the final URL.`,
        )
      }
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
      const next = nextHop(request, {
        status: response.status,
        location,
        tokenField: this.#session.header.name,
      })
      // A foreign server would choose path, query, method and body of a request that has the token.
      request = this.reaches(request.url) ? next : { ...next, withoutToken: true }
    }
  }

  async #send(request: OutgoingRequest, budget: { resends: number }): Promise<Response> {
    const { url, signal } = request
    if (request.withoutToken || !this.reaches(url)) return this.#dispatch(request, undefined)
    const { method } = request
    const path = url.pathname + url.search
    const first = await this.#session.begin(url.origin, { method, path }, signal)
    const { use, response, refused, sends } = await this.#sendSettled(request, first)
    if (refused === undefined) return response
    if (budget.resends === 0 || !canResend(request.body) || sends > 1) {
      this.#session.giveUp(use, refused)
      return response
    }
    const replacement = await this.#session
      .replace(use, refused, signal)
      .catch((error: unknown) => {
        discard(response)
        throw error
      })
    if (replacement === undefined) return response
    budget.resends--
    discard(response)
    return this.#resend(request, use, replacement)
  }

  /** Sends a request with another token, and with a third where the second was dated by a wrong clock. */
  async #resend(
    request: OutgoingRequest,
    first: TokenUse,
    { use, conclude }: Replacement,
  ): Promise<Response> {
    let helped = true
    try {
      const second = await this.#sendSettled(request, use)
      if (second.refused === undefined) return second.response
      helped = false
      const { signal } = request
      const last = await this.#session.refusedAgain(first, second.use, second.refused, signal)
      if (last === undefined) return second.response
      discard(second.response)
      const third = await this.#sendSettled(request, last)
      helped = third.refused === undefined
      if (third.refused) await this.#session.refusedAgain(use, third.use, third.refused, signal)
      return third.response
    } finally {
      conclude(helped)
    }
  }

  /** Sends a request, and again while the server may not know the token that it refuses. */
  async #sendSettled(request: OutgoingRequest, first: TokenUse): Promise<Sent> {
    const { signal, body } = request
    let use = first
    for (let sends = 1; ; sends++) {
      const { response, refused, use: sent } = await this.#sendProven(request, use)
      use = sent
      const settling =
        refused !== undefined && canResend(body)
          ? this.#session.settle(use, refused, sends)
          : undefined
      if (settling === undefined) return { use, response, refused, sends }
      discard(response)
      await pause(this.#clock, settling.pauseMs, signal)
      use = settling.resume()
    }
  }

  /** Sends a request, and once more where its proof was refused and a better one can be made. */
  async #sendProven(request: OutgoingRequest, first: TokenUse): Promise<Omit<Sent, 'sends'>> {
    const { url, signal, body } = request
    let use = first
    for (let tries = 1; ; tries++) {
      const nonce = this.#writer.nonceFor(url)
      const response = await this.#dispatch(request, use)
      const refused = await this.#end(use, response, signal)
      const fault = this.#writer.learnFrom(url, response)
      if (fault === undefined) return { use, response, refused }
      const isNew =
        fault === 'use_dpop_nonce'
          ? this.#writer.nonceFor(url) !== nonce
          : this.#session.proofRefused(use)
      const retry = { error: fault, isNew, isFirst: tries === 1, canResend: canResend(body) }
      const isResent = retry.isNew && retry.isFirst && retry.canResend
      const outcome = isResent ? 'resent' : 'not-resent'
      this.#session.reportProof(use, { error: fault, outcome, advice: proofAdvice(retry) })
      // The token is not to blame, and another would fare no better.
      if (!isResent) return { use, response, refused: undefined }
      discard(response)
      use = this.#session.again(use)
    }
  }

  /** Learns from an answer. Gives what there is to know of a refusal, or `undefined`. */
  async #end(
    use: TokenUse,
    response: Response,
    signal: AbortSignal | undefined,
  ): Promise<RefusedResponse | undefined> {
    const refused = this.#session.end(use, headOf(response))
    const { status, headers } = response
    if (!this.#session.wantsBody(status)) return refused ? { status, body: '' } : undefined
    const limit = deadline(this.#clock, REFUSAL_TIMEOUT_MS, signal)
    const body = mayRefuse(response) ? await peek(response, limit.signal) : ''
    limit.end()
    const answer = { status, headers, body }
    if (refused || (await this.#session.judge(answer, use))) return answer
    this.#session.keep(use, answer)
    return undefined
  }

  async #dispatch(request: OutgoingRequest, use: TokenUse | undefined): Promise<Response> {
    const { url } = request
    const fields =
      use && (await this.#writer.fields(request, use.token, this.#session.clockOf(url.origin)))
    const send = this.#fetch ?? globalThis.fetch
    return send(url.href, toInit(request, fields))
  }
}

function headOf(response: Response): ResponseHead {
  const { status, headers } = response
  return { status, date: headers.get('date'), age: headers.get('age') }
}

/** An answer of success that goes on for long, or is no JSON, is not held up. */
function mayRefuse({ status, headers }: Response): boolean {
  if (status >= 400) return true
  const isShort = Number(headers.get('content-length') ?? 0) <= MAX_REFUSAL_BYTES
  return isShort && /[/+]json\b/i.test(headers.get('content-type') ?? '')
}

/** Reads a short body ahead of the caller, who can still read it. Whatever goes wrong is the caller's. */
async function peek(response: Response, signal: AbortSignal): Promise<string> {
  try {
    const text = await readBoundedText(response.clone(), MAX_REFUSAL_BYTES, signal)
    return signal.aborted ? '' : text
  } catch {
    return ''
  }
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
    `This token is not for ${url.origin}; it goes to: ${list}. Use another fetch there, or say onForeignOrigin: 'pass' to send the request without a token.`,
  )
}
