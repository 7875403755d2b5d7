import { parseDate, pause, systemClock, untilAborted, type Clock } from '../../base/clock.ts'
import { requireName } from '../../base/identifiers.ts'
import {
  clockOption,
  invalid,
  optionalStrings,
  refuseUnknownOptions,
  requireOptions,
} from '../../base/options.ts'
import { SourceError } from '../../base/errors.ts'
import {
  type GivenToken,
  readRefusal,
  readTokenResponse,
  type Refusal,
  refusalWithin,
  unusable,
} from './exchanged-oauth-answer.ts'
import { refusalError } from './exchanged-quote.ts'
import { compileDestinations } from '../../http/destination.ts'
import { BodyTooLong } from '../../http/call.ts'
import { nameOfUrl, requireEndpoint } from '../../http/endpoint.ts'
import {
  createExchange,
  type Exchange,
  type ExchangeResponse,
  type ExchangeOptions,
  type ExchangeRequest,
} from '../../http/exchange.ts'
import { LearnedClock } from '../learned-clock.ts'
import {
  type AccessToken,
  createAccessToken,
  type GetTokenOptions,
  type TokenSource,
} from '../token.ts'

/** Statuses of a server that may do better in a moment. */
const PASSING: ReadonlySet<number> = new Set([500, 502, 503, 504])

/** The second try comes after so long, and up to twice as much. */
const RETRY_PAUSE_MS = 100

/** What a request for a token may be made with. */
export interface Asking {
  /** The token server's clock as far as it is known: what an assertion is dated by. */
  readonly clock: Clock
  /** Ends the call. */
  readonly signal: AbortSignal | undefined
  /** Makes further calls that the request needs, within the same limits. */
  readonly exchange: Exchange
}

/** A request for a token. */
export interface TokenRequest extends ExchangeRequest {
  /**
   * Is told when the server answers 401, so that what authorised the request is not used again. The
   * request is then made once more; it is sent if its `Authorization` is another one.
   */
  readonly rejected?: () => void
}

/** How tokens are got over HTTP. */
export interface ExchangedSourceOptions extends ExchangeOptions {
  /** Names everything that changes the token; see `sourceId`. */
  readonly id: string
  /** Where the tokens may be sent. */
  readonly origins: readonly string[]
  /** Hosts among them that tokens may go to over plain http. Default: loopback alone. */
  readonly allowHttp?: readonly string[] | undefined
  /** Makes the request for one token. */
  readonly request: (asking: Asking) => TokenRequest | Promise<TokenRequest>
  /** Reads the token of an answer of 200 to 299. Default: that of RFC 6749 section 5.1. */
  readonly read?: (answer: ExchangeResponse) => GivenToken
  /** Reads any other answer. Default: that of RFC 6749 section 5.2, and the shapes that servers give instead. */
  readonly refuse?: (answer: ExchangeResponse) => Refusal
  /**
   * The request holds something that was dated here. When it is refused, and the answers' `Date` differs
   * from the local clock, it is made once more by that. Default `false`.
   */
  readonly dated?: boolean
  /**
   * Is told every answer. `true` for a refusal: the answer says how to ask better, and the request is
   * made once more.
   */
  readonly learnFrom?: (answer: ExchangeResponse, request: TokenRequest) => boolean
  /**
   * Whether a request that came to nothing is made once more: one whose connection was refused, reset or
   * cut off, or that was answered 500, 502, 503 or 504. Default `true`.
   */
  readonly retry?: boolean
  /** Names what the request is authorized by; see `TokenSource`. */
  readonly credential?: NonNullable<TokenSource['credential']> | undefined
  /** Seconds that a token lives, where that is known before the first one. */
  readonly lifetime?: number
  /** Seconds for which a refusal says nothing about a new token; see `TokenSource`. */
  readonly propagationDelay?: number
}

/**
 * Makes a source that asks a server for a new token at every call.
 *
 * Its `getToken` rejects with a `SourceError`: `ERR_MINT_TIMEOUT`; `ERR_MINT_FAILED` when no proper
 * answer came; `ERR_MINT_REFUSED` when the server said no, `permanent` where no other try can help, and
 * `retryAfterMs` where the server says when to come back; `ERR_TOKEN_UNUSABLE` for a token without an
 * end or of another kind.
 *
 * @throws {OptionError} `ERR_OPTION_INVALID` for `fetch`, `timeoutMs` or `origins`.
 */
export function exchangedSource(options: ExchangedSourceOptions): TokenSource {
  const { id, lifetime, propagationDelay, credential, retry = true } = options
  const local = clockOption(options.clock)
  requireSourceOptions(options)
  const { request, refuse = readRefusal, dated = false } = options
  const { read = (answer) => readTokenResponse(answer) } = options
  const allowHttp = optionalStrings(options.allowHttp, 'allowHttp')
  const origins = Object.freeze([...compileDestinations(options.origins, 'origins', allowHttp)])
  const exchange = createExchange(options)
  const clock = new LearnedClock(local, false)

  async function ask(wanted: GetTokenOptions, repeats: Repeats): Promise<AccessToken> {
    const { signal } = wanted
    const { trial } = clock
    const make = async (): Promise<TokenRequest> =>
      checked(await request({ clock, signal, exchange }), allowHttp)
    const sent = await (repeats.refused === undefined ? make() : another(make, repeats.refused))
    signal?.throwIfAborted()
    const countedFrom = (wanted.clock ?? local).now()
    const again = async (): Promise<AccessToken> => {
      await shortPause(local, RETRY_PAUSE_MS * (1 + Math.random()), signal)
      return ask(wanted, { ...repeats, passing: false })
    }
    let answer: ExchangeResponse
    try {
      answer = await exchange(sent, signal)
    } catch (error) {
      if (!repeats.passing || signal?.aborted === true || !brokeOff(error)) throw error
      return again()
    }
    const { status, headers } = answer
    clock.learn({ ...answer, date: headers.get('date'), age: headers.get('age') })
    const saysHow = options.learnFrom?.(answer, sent) ?? false
    if (repeats.passing && isPassing(answer)) return again()
    if (status >= 200 && status < 300) {
      if (dated) clock.accepted(trial)
      const give = (): AccessToken => toToken(read(answer), { answer, countedFrom, origins })
      return readWith(give, answer, sent)
    }
    if (saysHow && repeats.better !== false) return ask(wanted, { ...repeats, better: false })
    if (status === 401) sent.rejected?.()
    const isVerdict = status >= 400 && status < 500 && status !== 408 && status !== 429
    const isDatedWrong = dated && isVerdict && clock.refused(trial)
    if (isDatedWrong && repeats.dated) return ask(wanted, { ...repeats, dated: false })
    const { suspectedMs: offsetMs } = clock
    const error = refusalError(answer, refuse(answer), { request: sent, offsetMs })
    if (status !== 401 || !sent.rejected || repeats.refused !== undefined) throw error
    return ask(wanted, { ...repeats, dated: false, refused: { sent, error } })
  }

  return {
    id,
    origins,
    ...definedOf({ lifetime, allowHttp, propagationDelay, credential }),
    getToken: async (wanted: GetTokenOptions = {}): Promise<AccessToken> => {
      wanted.signal?.throwIfAborted()
      return ask(wanted, { dated, passing: retry })
    },
  }
}

const OPTIONS = [
  'id',
  'origins',
  'allowHttp',
  'request',
  'read',
  'refuse',
  'dated',
  'learnFrom',
].concat(['lifetime', 'propagationDelay', 'credential', 'retry', 'fetch', 'timeoutMs', 'clock'])

function requireSourceOptions(options: ExchangedSourceOptions): void {
  requireOptions(options, 'exchangedSource')
  refuseUnknownOptions(options, OPTIONS, 'exchangedSource')
  requireName(options.id, 'id', 4096)
  if (typeof options.request === 'function') return
  throw invalid('request', '"request" must be a function that makes the request for one token.')
}

/** Credentials go nowhere in the clear, whoever made the request. */
function checked(made: TokenRequest, allowHttp: readonly string[] | undefined): TokenRequest {
  return { ...made, url: requireEndpoint(made.url, 'url', allowHttp) }
}

type Hints = Pick<TokenSource, 'lifetime' | 'allowHttp' | 'propagationDelay' | 'credential'>

function definedOf(hints: { readonly [Name in keyof Hints]: Hints[Name] | undefined }): Hints {
  return Object.fromEntries(Object.entries(hints).filter(([, value]) => value !== undefined))
}

/** What may be tried again after a refusal. */
interface Repeats {
  /** The clock that a request was dated by may turn out to be wrong. */
  readonly dated: boolean
  /** What broke off, or was answered by a server in trouble, may work a moment later. */
  readonly passing: boolean
  /** The answer may say how to ask better. Default `true`. */
  readonly better?: boolean
  /** The request whose authorization was refused, where this is the try with another one. */
  readonly refused?: { readonly sent: TokenRequest; readonly error: SourceError }
}

/** Makes a request with another authorization than the refused one's, or throws its error. */
async function another(
  make: () => Promise<TokenRequest>,
  { sent, error }: NonNullable<Repeats['refused']>,
): Promise<TokenRequest> {
  const next = await make().catch(() => {
    throw error
  })
  if (authorizationOf(next) === authorizationOf(sent)) throw error
  return next
}

function authorizationOf({ headers = {} }: TokenRequest): string | undefined {
  return headers['authorization']
}

/** Waits a moment, by the machine's time as well: a clock that stands still must hold no mint up. */
async function shortPause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  const ended = new AbortController()
  const pauses = [clock, systemClock].map((each) => pause(each, ms, ended.signal))
  const first = Promise.race(pauses)
  await (signal === undefined ? first : untilAborted(first, signal)).finally(() => {
    for (const each of pauses) each.catch(() => {})
    ended.abort()
  })
}

/** Tells secrets apart for {@link ExchangedSourceOptions.credential}, and shows none. */
export function secretCredential(
  current: () => string | Promise<string>,
): NonNullable<TokenSource['credential']> {
  let last: string | undefined
  let generation = 0
  return async () => {
    const secret = await current()
    if (secret !== last) [last, generation] = [secret, generation + 1]
    return { id: String(generation) }
  }
}

/** Whether no answer came, or only a part of one. */
function brokeOff(error: unknown): boolean {
  if (!(error instanceof SourceError) || error.code !== 'ERR_MINT_FAILED') return false
  // A redirect has no cause; what is too long will be no shorter.
  return error.cause !== undefined && !(error.cause instanceof BodyTooLong)
}

/** Whether the server, or one before it, is only in trouble; one that says when to come back means it. */
function isPassing({ status, headers }: ExchangeResponse): boolean {
  return PASSING.has(status) && !headers.has('retry-after')
}

interface TokenParts {
  readonly answer: ExchangeResponse
  /** The clock that the token will be judged by, before the request was sent, in milliseconds. */
  readonly countedFrom: number
  readonly origins: readonly string[]
}

function toToken(given: GivenToken, { answer, countedFrom, origins }: TokenParts): AccessToken {
  const { value, expiresIn = remaining(given, answer) } = given
  if (!/^[\x21-\x7e]{1,65536}$/.test(value)) {
    throw unusable('The token has characters that no header field can carry, or is empty.')
  }
  const issuedAt = Math.floor(countedFrom / 1000)
  const expiresAt = issuedAt + Math.floor(expiresIn)
  if (!(expiresAt > issuedAt)) throw unusable('The token had already ended when it was given.')
  return createAccessToken({ value, issuedAt, expiresAt, origins })
}

/** Seconds to an end that the server gave as a date: both its own, so that no other clock matters. */
function remaining({ expiresAt = Number.NaN }: GivenToken, answer: ExchangeResponse): number {
  const date = parseDate(answer.headers.get('date') ?? '')
  return expiresAt - Math.ceil((Number.isNaN(date) ? answer.sentAt : date) / 1000)
}

/** Says of an answer that cannot be used where it came from, and what the server says in the token's place. */
function readWith<Value>(
  use: () => Value,
  answer: ExchangeResponse,
  request: ExchangeRequest,
): Value {
  try {
    return use()
  } catch (error) {
    if (!(error instanceof SourceError)) throw error
    const refusal = refusalWithin(answer)
    if (refusal !== undefined) throw refusalError(answer, refusal, { request, offsetMs: 0 })
    const { code, permanent, message } = error
    const name = `${nameOfUrl(request.url)} answered ${answer.status}`
    throw new SourceError(code, `${name}: ${message}`, { permanent })
  }
}
