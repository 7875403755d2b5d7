import { BearerSession, type BearerSessionOptions, type TokenUse } from './bearer-session.ts'
import {
  invalid,
  optionalBoolean,
  optionalString,
  refuseUnknownOptions,
  requireOptions,
} from './encoding/options.ts'
import { isMayflyError, RequestError, SourceError } from './errors.ts'
import {
  type EditableRequest,
  withField,
  withoutFields,
  withoutQueryParameters,
} from './http/incoming-request.ts'
import type { TokenSource } from './token.ts'

/** Header fields by which a caller shows who it is. They are not for the server behind. */
const CALLER_CREDENTIALS = ['authorization', 'proxy-authorization', 'cookie', 'dpop'] as const

/** Options of `injectBearer`. */
export interface InjectOptions extends BearerSessionOptions {
  /**
   * The URL or origin that the proxy behind this calls. Needed where the source's tokens go to
   * several origins; checked against them when given.
   */
  readonly upstream?: string
  /**
   * Header fields of the caller's that go upstream although they hold credentials, such as
   * `['cookie']`. `authorization` is always replaced. Default: none.
   */
  readonly keepHeaders?: readonly string[]
  /** Query parameters that are taken off because they may hold a token. Default `['access_token']`. */
  readonly stripQuery?: readonly string[]
  /**
   * Whether the answer is watched: a 401 drops the token, and a `Date` that the proxy copied teaches
   * the server's clock. Switch it off where a handler behind this answers 401 of its own accord.
   * Default `true`.
   */
  readonly watchAnswers?: boolean
}

/** What is watched of an answer: that of a Node `ServerResponse`. */
export interface WatchableAnswer {
  readonly statusCode: number
  /** Gives a header field that was set, by its name in lower case. */
  getHeader(name: string): number | string | string[] | undefined
  /** Tells once that the answer is written. */
  once(event: 'finish', listener: () => void): unknown
}

const OPTIONS = [
  'origins',
  'clocks',
  'clock',
  'observe',
  'upstream',
  'keepHeaders',
  'stripQuery',
  'watchAnswers',
] as const

/**
 * Replaces a request's own credentials with a fresh bearer token, for a proxy or a handler behind it.
 * The adapters' `injectBearer` is this, in their framework's clothes.
 */
export class BearerInjector {
  readonly #session: BearerSession
  readonly #origin: string
  readonly #strip: ReadonlySet<string>
  readonly #stripQuery: readonly string[]
  readonly #watch: boolean

  /** @throws {OptionError} when an option is unsound, or the upstream is not for this source's tokens. */
  constructor(source: TokenSource, options: InjectOptions = {}) {
    requireOptions(options, 'injectBearer')
    refuseUnknownOptions(options, OPTIONS, 'injectBearer')
    this.#session = new BearerSession(source, options)
    this.#origin = this.#requireUpstream(optionalString(options.upstream, 'upstream'))
    const kept = new Set(options.keepHeaders?.map((name) => name.toLowerCase()))
    if (kept.has('authorization')) {
      throw invalid('keepHeaders', '"keepHeaders": the Authorization header is always replaced.')
    }
    this.#strip = new Set(CALLER_CREDENTIALS.filter((name) => !kept.has(name)))
    this.#stripQuery = [...(options.stripQuery ?? ['access_token'])]
    this.#watch = optionalBoolean(options.watchAnswers, 'watchAnswers') ?? true
  }

  /**
   * Puts the token on a request. When none can be had the request is left without any credentials.
   *
   * @throws {RequestError} `ERR_TOKEN_UNAVAILABLE` (503) when no token can be had.
   */
  async inject(request: EditableRequest, answer: WatchableAnswer): Promise<void> {
    // First of all: whatever happens next, the caller's own credentials are gone.
    withoutFields(request, this.#strip)
    withoutQueryParameters(request, this.#stripQuery)
    const use = await this.#begin()
    withField(request, 'authorization', `Bearer ${use.token.value}`)
    if (this.#watch) answer.once('finish', () => this.#watched(use, answer))
  }

  async #begin(): Promise<TokenUse> {
    try {
      return await this.#session.begin(this.#origin, undefined)
    } catch (cause) {
      if (!isMayflyError(cause)) throw cause
      const retryAfterMs = cause instanceof SourceError ? cause.retryAfterMs : undefined
      throw new RequestError(
        'ERR_TOKEN_UNAVAILABLE',
        'The token for the server behind this gateway cannot be had just now.',
        {
          reason: 'token_unavailable',
          status: 503,
          headers:
            retryAfterMs === undefined
              ? {}
              : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) },
          cause,
        },
      )
    }
  }

  #watched(use: TokenUse, answer: WatchableAnswer): void {
    const { statusCode: status } = answer
    const date = textOf(answer.getHeader('date'))
    const age = textOf(answer.getHeader('age'))
    const { refused } = this.#session.end(use, { status, date, age })
    if (refused) this.#session.giveUp(use)
  }

  #requireUpstream(upstream: string | undefined): string {
    const { destinations } = this.#session
    const [only] = destinations
    if (upstream === undefined) {
      if (only !== undefined && destinations.size === 1) return only
      throw invalid(
        'upstream',
        only === undefined
          ? 'This source’s tokens are not sent over HTTP: they go to no origin at all.'
          : `This source’s tokens go to ${[...destinations].join(', ')}: say with "upstream" which of them the proxy calls.`,
      )
    }
    const origin = URL.canParse(upstream) ? new URL(upstream).origin : undefined
    if (origin !== undefined && destinations.has(origin)) return origin
    throw invalid(
      'upstream',
      `"upstream" must be at one of the origins that this source's tokens are for: ${[...destinations].join(', ') || 'none'}.`,
    )
  }
}

function textOf(value: number | string | string[] | undefined): string | undefined {
  if (Array.isArray(value)) return value.join(', ')
  return value === undefined ? undefined : String(value)
}
