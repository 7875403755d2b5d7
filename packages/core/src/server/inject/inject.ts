import type { BearerSession } from '../../outbound/fetch/bearer-session.ts'
import type { RequestTarget, TokenUse } from '../../outbound/fetch/token-use.ts'
import type { BearerEvent } from '../../outbound/fetch/options.ts'
import { optionalBoolean, optionalString, optionalStrings } from '../../base/options.ts'
import { MayflyError, RequestError, SourceError } from '../../base/errors.ts'
import {
  type EditableRequest,
  withField,
  withoutConnectionOptions,
  withoutFields,
  withoutQueryParameters,
} from '../incoming-request.ts'
import { type InjectOptions, requireInjectOptions, strippedFields } from './options.ts'
import { compileSourceChoice, type SourceChoice, type Upstream } from './upstream.ts'
import { notify, type Observe } from '../../base/observe.ts'

/** What is watched of an answer: that of a Node `ServerResponse`. */
export interface WatchableResponse {
  readonly statusCode: number
  readonly headersSent: boolean
  /** Gives a header field that was set, by its name in lower case. */
  getHeader(name: string): number | string | string[] | undefined
  /** Sets a header field. */
  setHeader(name: string, value: string): unknown
  /** Takes a header field off. */
  removeHeader(name: string): void
  /** Tells once that the answer is written. */
  once(event: 'finish', listener: () => void): unknown
}

const PROBE = 'x-probe'

/** It announces fields behind the body, which no proxy passes on. */
const TRAILER: ReadonlySet<string> = new Set(['trailer'])

/**
 * Replaces a request's own credentials with a fresh bearer token, for a proxy or a handler behind it.
 * The adapters' `injectBearer` is this, in their framework's clothes.
 *
 * @example
 * ```ts
 * import type { IncomingMessage, ServerResponse } from 'node:http'
 * import { BearerInjector, type TokenSource } from '@mayfly/core'
 *
 * export function gateway(
 *   source: TokenSource,
 *   proxy: (request: IncomingMessage, response: ServerResponse) => void,
 * ): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
 *   const injector = new BearerInjector(source)
 *   return async (request, response) => {
 *     await injector.inject(request, response)
 *     proxy(request, response)
 *   }
 * }
 * ```
 */
export class BearerInjector<Context = void> {
  readonly #upstreamOf: (context: Context) => Upstream | Promise<Upstream>
  readonly #strip: ReadonlySet<string>
  readonly #stripQuery: readonly string[]
  readonly #watch: boolean
  readonly #observe: Observe<BearerEvent> | undefined

  /**
   * @param source one for all requests, or what chooses one by the context that `inject` is given.
   * @throws {OptionError} when an option is unsound, or the upstream is not for this source's tokens.
   */
  constructor(source: SourceChoice<Context>, options: InjectOptions = {}) {
    requireInjectOptions(options)
    const { upstream, keepHeaders, stripQuery, watchResponses, ...session } = options
    const url = optionalString(upstream, 'upstream')
    this.#upstreamOf = compileSourceChoice(source, session, url)
    this.#strip = strippedFields(keepHeaders, options.header)
    this.#stripQuery = optionalStrings(stripQuery, 'stripQuery') ?? ['access_token']
    this.#watch = optionalBoolean(watchResponses, 'watchResponses') ?? true
    this.#observe = options.observe
  }

  /**
   * Puts the token on a request. Whatever this comes to, the caller's own credentials are gone.
   *
   * @param answer is watched; an upgrade has none.
   * @param context what the source is chosen by, where it is chosen for each request.
   * @throws {RequestError} `ERR_TOKEN_UNAVAILABLE` (503) when no token can be had;
   * `ERR_RECONNECT_NEEDED` (409) where the user has to connect an account (again).
   */
  async inject(
    request: EditableRequest,
    answer: WatchableResponse | undefined,
    context: Context,
  ): Promise<void> {
    const use = await this.#begin(request, context)
    const { name, valueOf } = use.session.header
    const field = new Set([name])
    withoutFields(request, field)
    withoutConnectionOptions(request, field)
    withField(request, name, valueOf(use.token.value))
    if (this.#watch && answer?.headersSent === false) watch(use, answer)
  }

  async #begin(request: EditableRequest, context: Context): Promise<SessionUse> {
    let origin: string | undefined
    try {
      const upstream = await this.#choose(request, context)
      origin = upstream.origin
      const use = await upstream.session.begin(origin, targetOf(request), undefined)
      return { ...use, session: upstream.session }
    } catch (error) {
      // A mistake in code stays one: no later try can help.
      if (!(error instanceof MayflyError) || error instanceof RequestError) throw error
      if (origin !== undefined) {
        notify(this.#observe, { type: 'token-failed', origin, code: error.code })
      }
      throw reconnectNeeded(error) ?? tokenUnavailable(error)
    }
  }

  async #choose(request: EditableRequest, context: Context): Promise<Upstream> {
    try {
      return await this.#upstreamOf(context)
    } finally {
      // Only now, since the choice may need to know who calls.
      withoutFields(request, this.#strip)
      // Node ends a proxy that passes it on without a body in chunks.
      withoutFields(request, TRAILER)
      withoutQueryParameters(request, this.#stripQuery)
    }
  }
}

interface SessionUse extends TokenUse {
  readonly session: BearerSession
}

function watch(use: SessionUse, answer: WatchableResponse): void {
  // Node forgets what a proxy gives to writeHead, unless a field was set before.
  answer.setHeader(PROBE, '')
  answer.removeHeader(PROBE)
  answer.once('finish', () => {
    const { session } = use
    const { statusCode: status } = answer
    const date = textOf(answer.getHeader('date'))
    const age = textOf(answer.getHeader('age'))
    const refusal = { status, body: '' }
    if (session.end(use, { status, date, age })) session.giveUp(use, refusal)
    else session.keep(use, refusal)
  })
}

/** Only the user can mend a grant that is gone or has ended. */
function reconnectNeeded(cause: MayflyError): RequestError | undefined {
  if (cause.code !== 'ERR_GRANT_MISSING' && cause.code !== 'ERR_GRANT_ENDED') return undefined
  return new RequestError('ERR_RECONNECT_NEEDED', 'The account has to be connected again.', {
    reason: 'reconnect_needed',
    status: 409,
    cause,
  })
}

function tokenUnavailable(cause: MayflyError): RequestError {
  const retryAfterMs = cause instanceof SourceError ? cause.retryAfterMs : undefined
  return new RequestError(
    'ERR_TOKEN_UNAVAILABLE',
    'The token for the server behind this gateway cannot be had just now.',
    {
      reason: 'token_unavailable',
      status: 503,
      headers:
        retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) },
      cause,
    },
  )
}

/** The request as the server behind the proxy will most likely get it. */
function targetOf({ method = 'GET', url = '/', originalUrl }: EditableRequest): RequestTarget {
  return { method, path: originalUrl ?? url }
}

function textOf(value: number | string | string[] | undefined): string | undefined {
  if (Array.isArray(value)) return value.join(', ')
  return value === undefined ? undefined : String(value)
}
