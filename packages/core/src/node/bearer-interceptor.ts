import { type Clock, pause } from '../base/clock.ts'
import { ForeignOriginError } from '../base/errors.ts'
import { clockOption, refuseUnknownOptions, requireOneOf, requireOptions } from '../base/options.ts'
import { BearerSession } from '../outbound/fetch/bearer-session.ts'
import type { RefusedResponse, TokenUse } from '../outbound/fetch/token-use.ts'
import type { BearerSessionOptions, TokenField } from '../outbound/fetch/options.ts'
import type { TokenSource } from '../outbound/token.ts'

/** Options of {@link bearerInterceptor}. */
export interface BearerInterceptorOptions extends BearerSessionOptions {
  /**
   * What to do with a request to an origin that the token is not for: refuse it, or let it pass
   * without a token. Default `'refuse'`.
   */
  readonly onForeignOrigin?: 'refuse' | 'pass'
}

/** What undici calls a dispatch function, as far as it matters here. */
export type Dispatch<Options, Handler> = (options: Options, handler: Handler) => boolean

/** What {@link bearerInterceptor} makes, for `Dispatcher.compose` of undici 7 and later. */
export type BearerInterceptor = <Options extends object, Handler extends object>(
  dispatch: Dispatch<Options, Handler>,
) => Dispatch<Options, Handler>

/** The members of a request that are read here. */
interface Request {
  readonly origin?: string | URL | undefined
  readonly method?: string
  readonly path?: string
  readonly headers?: unknown
  readonly body?: unknown
}

type Headers_ = Readonly<Record<string, string | string[] | undefined>>

interface Controller {
  abort(reason: Error): void
  pause(): void
  resume(): void
}

/** A handler of undici 7: its older form never reaches an interceptor. */
interface ResponseHandler {
  onRequestStart?(controller: unknown, context: unknown): void
  onRequestUpgrade?(controller: unknown, status: number, headers: Headers_, socket: unknown): void
  onResponseStart?(controller: unknown, status: number, headers: Headers_, message?: string): void
  onResponseData?(controller: unknown, chunk: Uint8Array): void
  onResponseEnd?(controller: unknown, trailers: unknown): void
  onResponseError?(controller: unknown, error: unknown): void
}

/** So many bytes of an answer that may be replaced are held back. */
const MAX_HELD_BYTES = 65_536
/** A source is asked about answers with no longer bodies than this. */
const MAX_REFUSAL_BYTES = 4096

/**
 * Makes an interceptor for undici's `Dispatcher.compose` that puts a fresh bearer token of the source on
 * each request, for what calls undici and not `fetch`: `request`, `stream`, `pipeline`, and clients that
 * take a `dispatcher`. With `new Agent({ allowH2: true })` underneath it speaks HTTP/2, which APNs needs.
 *
 * It goes by the rules of `bearerFetch`: to the source's origins alone, and after a 401 (or what the
 * source says is a refusal) once more with another token, where the body is none, text or bytes. An answer
 * that is longer than 64 kB when it refuses goes to the caller as it is. Compose a redirect interceptor
 * after it, so that the token is decided anew at each hop. A request with an `Authorization` field of its
 * own goes out as it is.
 *
 * @throws {OptionError} when an option is unknown or unsound. The request fails with a
 * `ForeignOriginError` for another origin, and with a `SourceError` when no token can be had.
 *
 * @example
 * ```ts
 * import type { TokenManager } from '@mayfly/core'
 * import { bearerInterceptor } from '@mayfly/core/node'
 * import { Agent, type Dispatcher } from 'undici'
 *
 * export function pushes(manager: TokenManager): Dispatcher {
 *   return new Agent({ allowH2: true }).compose(bearerInterceptor(manager))
 * }
 * ```
 */
export function bearerInterceptor(
  source: TokenSource,
  options: BearerInterceptorOptions = {},
): BearerInterceptor {
  requireOptions(options, 'bearerInterceptor')
  const known = ['origins', 'clocks', 'clock', 'observe', 'header', 'allowHttp', 'onForeignOrigin']
  refuseUnknownOptions(options, known, 'bearerInterceptor')
  const { onForeignOrigin = 'refuse', ...ofSession } = options
  const passes = requireOneOf(onForeignOrigin, 'onForeignOrigin', ['refuse', 'pass']) === 'pass'
  const session = new BearerSession(source, ofSession)
  const clock = clockOption(options.clock)
  return (dispatch) => (request, handler) => {
    const given: Request = request
    const url = urlOf(given)
    const reaches = url !== undefined && session.reaches(url)
    if (headerOf(given.headers, session.header.name) || (passes && !reaches)) {
      return dispatch(request, handler)
    }
    const parts = { session, clock, dispatch: dispatch as Dispatch<object, object> }
    new BearerRequest(given, handler, parts).start(url, reaches)
    return true
  }
}

interface Parts {
  readonly session: BearerSession
  readonly clock: Clock
  readonly dispatch: Dispatch<object, object>
}

/** What has come of an answer that may be replaced by another try's. */
interface Held {
  readonly status: number
  readonly headers: Headers_
  readonly message: string | undefined
  readonly refused: boolean
  readonly chunks: Uint8Array[]
  length: number
}

/** One request, in all its tries. For its handler they are one. */
class BearerRequest implements Controller {
  readonly #request: Request
  readonly #handler: ResponseHandler
  readonly #parts: Parts
  #controller: Controller | undefined
  #first: TokenUse | undefined
  #conclude: ((helped: boolean) => void) | undefined
  #replaced = 0
  #sends = 0
  #held: Held | undefined
  #isOver = false
  aborted = false
  paused = false
  reason: Error | null = null

  constructor(request: Request, handler: ResponseHandler, parts: Parts) {
    this.#request = request
    this.#handler = handler
    this.#parts = parts
  }

  start(url: URL | undefined, reaches: boolean): void {
    this.#handler.onRequestStart?.(this, {})
    const { session } = this.#parts
    if (url === undefined || !reaches) {
      const origin = url?.origin ?? 'no origin'
      const list = [...session.destinations].join(', ') || 'none'
      const message = `This token is not for ${origin}; it goes to: ${list}. Use another dispatcher there, or say onForeignOrigin: 'pass' to send the request without a token.`
      queueMicrotask(() => this.#fail(new ForeignOriginError(origin, message)))
      return
    }
    const { method = 'GET', path = '/' } = this.#request
    session.begin(url.origin, { method, path }, undefined).then(
      (use) => this.#send(use),
      (error: unknown) => this.#fail(error),
    )
  }

  // What the handler does about the request, whichever try it is.

  abort(reason: Error): void {
    this.aborted = true
    this.reason = reason
    if (this.#controller === undefined) this.#fail(reason)
    else this.#controller.abort(reason)
  }

  pause(): void {
    this.paused = true
    this.#controller?.pause()
  }

  resume(): void {
    this.paused = false
    this.#controller?.resume()
  }

  #fail(error: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#conclude?.(true)
    this.#handler.onResponseError?.(this, error)
  }

  #send(use: TokenUse): void {
    if (this.#isOver) return
    this.#sends++
    const headers = withField(this.#request.headers, this.#parts.session.header, use.token.value)
    const tell: ResponseHandler = {
      onRequestStart: (controller: Controller) => {
        this.#controller = controller
        if (this.reason !== null) controller.abort(this.reason)
      },
      onRequestUpgrade: (_, ...rest) => this.#handler.onRequestUpgrade?.(this, ...rest),
      onResponseStart: (_, ...rest) => this.#begin(use, ...rest),
      onResponseData: (_, chunk) => this.#data(use, chunk),
      onResponseEnd: (_, trailers) => this.#end(use, trailers),
      onResponseError: (_, error) => this.#fail(error),
    }
    try {
      this.#parts.dispatch({ ...this.#request, headers }, tell)
    } catch (error) {
      this.#fail(error)
    }
  }

  #begin(use: TokenUse, status: number, headers: Headers_, message?: string): void {
    const { session } = this.#parts
    // 1xx: the answer is still to come.
    if (status < 200) return this.#handler.onResponseStart?.(this, status, headers, message)
    const [date, age] = ['date', 'age'].map((name) => headers[name]?.toString())
    const refused = session.end(use, { status, date, age })
    if (refused || session.wantsBody(status)) {
      this.#held = { status, headers, message, refused, chunks: [], length: 0 }
    } else {
      this.#conclude?.(true)
      this.#handler.onResponseStart?.(this, status, headers, message)
    }
  }

  #data(use: TokenUse, chunk: Uint8Array): void {
    const held = this.#held
    if (held === undefined) return this.#handler.onResponseData?.(this, chunk)
    held.chunks.push(chunk)
    held.length += chunk.byteLength
    if (held.length <= MAX_HELD_BYTES) return
    // Too long to be held back: the caller has it, whatever it says.
    const { session } = this.#parts
    const answer = { status: held.status, headers: toHeaders(held.headers), body: '' }
    if (held.refused) session.giveUp(use, answer)
    else session.keep(use, answer)
    this.#conclude?.(!held.refused)
    this.#release(held)
  }

  #end(use: TokenUse, trailers: unknown): void {
    const held = this.#held
    this.#controller = undefined
    if (held === undefined) return this.#finish(trailers)
    const short = held.length <= MAX_REFUSAL_BYTES
    const body = short ? new TextDecoder().decode(concatenate(held)) : ''
    void this.#goOn(use, held, { body, trailers })
  }

  async #goOn(
    use: TokenUse,
    held: Held,
    { body, trailers }: { readonly body: string; readonly trailers: unknown },
  ): Promise<void> {
    try {
      const next = await this.#retry(use, held, body)
      if (next !== undefined) return this.#send(next)
      this.#release(held)
      this.#finish(trailers)
    } catch (error) {
      this.#fail(error)
    }
  }

  #finish(trailers: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#handler.onResponseEnd?.(this, trailers)
  }

  /** Finds the next use of a token, where the answer refuses this one and another try is due. */
  async #retry(use: TokenUse, held: Held, body: string): Promise<TokenUse | undefined> {
    const { session, clock } = this.#parts
    const answer = { status: held.status, headers: toHeaders(held.headers), body }
    if (!held.refused && !(await session.judge(answer, use))) {
      session.keep(use, answer)
      this.#conclude?.(true)
      return undefined
    }
    const again = canResend(this.#request.body)
    const settling = again ? session.settle(use, answer, this.#sends) : undefined
    if (settling !== undefined) await pause(clock, settling.pauseMs, undefined)
    const next = settling?.resume() ?? (await this.#another(use, answer, again))
    if (next !== undefined) this.#held = undefined
    return next
  }

  /** Another token after a refusal, and a third where the second was dated by a wrong clock. */
  async #another(
    use: TokenUse,
    answer: RefusedResponse,
    again: boolean,
  ): Promise<TokenUse | undefined> {
    const { session } = this.#parts
    if (this.#first !== undefined) {
      const first = this.#first
      const next = await session.refusedAgain(first, use, answer, undefined)
      this.#first = use
      this.#replaced++
      if (next !== undefined && this.#replaced === 1) return next
      this.#conclude?.(false)
      return undefined
    }
    if (!again || this.#sends > 1) {
      session.giveUp(use, answer)
      return undefined
    }
    const replacement = await session.replace(use, answer, undefined)
    if (replacement === undefined) return undefined
    this.#first = use
    this.#conclude = replacement.conclude
    return replacement.use
  }

  #release(held: Held): void {
    this.#held = undefined
    if (this.#isOver) return
    this.#handler.onResponseStart?.(this, held.status, held.headers, held.message)
    for (const chunk of held.chunks) this.#handler.onResponseData?.(this, chunk)
  }
}

function urlOf({ origin }: Request): URL | undefined {
  const text = String(origin)
  return URL.canParse(text) ? new URL(text) : undefined
}

/** A stream or an iterable can be sent once alone. */
function canResend(body: unknown): boolean {
  return body === undefined || body === null || typeof body === 'string' || ArrayBuffer.isView(body)
}

/** Header fields in each of the forms that undici takes, as pairs. */
function pairsOf(headers: unknown): readonly (readonly [string, unknown])[] {
  if (headers === undefined || headers === null) return []
  if (Array.isArray(headers) && headers.every((one) => typeof one === 'string')) {
    return headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1]] as const] : []))
  }
  const isIterable = Symbol.iterator in Object(headers)
  return isIterable
    ? [...(headers as Iterable<readonly [string, unknown]>)]
    : Object.entries(headers)
}

function headerOf(headers: unknown, name: string): boolean {
  return pairsOf(headers).some(([field]) => field.toLowerCase() === name)
}

function withField(
  headers: unknown,
  { name: field, valueOf }: TokenField,
  token: string,
): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const [name, one] of pairsOf(headers)) {
    const before = fields[name]
    fields[name] = before === undefined ? one : [before, one].flat()
  }
  return { ...fields, [field]: valueOf(token) }
}

function toHeaders(fields: Headers_): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(fields)) {
    for (const one of [value ?? []].flat()) headers.append(name, one)
  }
  return headers
}

function concatenate({ chunks, length }: Held): Uint8Array {
  const bytes = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.byteLength
  }
  return bytes
}
