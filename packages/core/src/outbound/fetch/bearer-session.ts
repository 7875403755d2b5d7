import { Bounded } from '../../base/bounded.ts'
import {
  type BearerEvent,
  type BearerSessionOptions,
  type RefusalOutcome,
  requireSessionOptions,
} from './options.ts'
import type { Clock } from '../../base/clock.ts'
import { type Diagnosis, explainRefusal } from '../diagnose/diagnose.ts'
import { ForeignOriginError, isMayflyError } from '../../base/errors.ts'
import { compileDestinations, type Destinations } from '../../http/destination.ts'
import { requireSource } from '../manager/options.ts'
import { notify, type Observe } from '../../base/observe.ts'
import type { LearnedClock, LearnedClocks } from '../learned-clock.ts'
import {
  type AccessToken,
  adoptAccessToken,
  type GetTokenOptions,
  type RefusalResponse,
  type TokenSource,
} from '../token.ts'

/** How much longer each pause is before a token is sent again that the server may not know yet. */
const SETTLE_STEP_MS = 1000

/** Answers that refuse, whether or not the token is to blame. */
const REFUSALS: ReadonlySet<number> = new Set([401, 403, 429])

/** One use of a token: which, where, and since when. */
export interface TokenUse {
  readonly token: AccessToken
  readonly origin: string
  /** The local clock when the request was sent, in milliseconds. */
  readonly sentAt: number
  /** The local clock when the token was issued, in milliseconds. */
  readonly bornAt: number
  readonly attempt: 1 | 2
}

/** How a request goes on whose token the server may not know yet. */
export interface PropagationWait {
  /** How long to wait first. */
  readonly pauseMs: number
  /** Begins the next use, then. */
  readonly resume: () => TokenUse
}

/** The head of an answer. */
export interface ResponseHead {
  readonly status: number
  readonly date: string | null | undefined
  readonly age: string | null | undefined
}

/** An answer that refused, its body as far as it was read. */
export interface RefusedResponse {
  readonly status: number
  readonly body: string
  readonly headers?: Headers
}

type OwnOutcome = Extract<BearerEvent, { readonly type: 'own-authorization' }>['outcome']

type RefusedProof = Extract<BearerEvent, { readonly type: 'proof-refused' }>

/**
 * What `bearerFetch` and `injectBearer` have in common: which origins may get the token, what each
 * answer teaches about the server's clock, and what follows from a refusal.
 */
export class BearerSession {
  readonly #source: TokenSource
  readonly #destinations: Destinations
  readonly #explicit: boolean
  readonly #clocks: LearnedClocks
  readonly #clock: Clock
  readonly #observe: Observe<BearerEvent> | undefined
  /** Tokens and keys that the server has accepted, for what explains a refusal. */
  readonly #worked = new Bounded<string>(64)

  constructor(source: TokenSource, options: BearerSessionOptions = {}) {
    requireSource(source, 'bearer')
    this.#source = source
    const { origins, clock, clocks, observe } = requireSessionOptions(options)
    this.#explicit = origins !== undefined
    this.#destinations = origins ?? compileDestinations(source.origins, 'origins')
    this.#clock = clock
    this.#clocks = clocks
    this.#observe = observe
  }

  /** The origins that may get a token. */
  get destinations(): Destinations {
    return this.#destinations
  }

  /** The clock of an origin, as far as it is known. */
  clockOf(origin: string): LearnedClock {
    return this.#clocks.of(origin)
  }

  /** Begins another use of the same token, for a refusal that had nothing to do with it. */
  again(use: TokenUse): TokenUse {
    return { ...use, sentAt: this.#clock.now() }
  }

  /** Gets a token for one of the origins. */
  async begin(origin: string, signal: AbortSignal | undefined): Promise<TokenUse> {
    const token = await this.#token(origin, signal)
    return this.#use(token, origin, 1)
  }

  /** Learns from an answer; tells whether the server refused the token. */
  end(use: TokenUse, answer: ResponseHead): boolean {
    const receivedAt = this.#clock.now()
    const { origin, sentAt, attempt } = use
    const { status, date, age } = answer
    const clock = this.#clocks.of(origin)
    const changeMs = clock.learn({ date, age, sentAt, receivedAt })
    if (changeMs !== 0) {
      notify(this.#observe, { type: 'skew', origin, offsetMs: clock.offsetMs, changeMs })
    }
    const durationMs = receivedAt - sentAt
    notify(this.#observe, { type: 'response', origin, status, durationMs, attempt })
    if (status < 400) this.#noteAccepted(use.token)
    return status === 401
  }

  /** Tells whether the body of an answer is worth a look: to explain a refusal, or to judge by. */
  wantsBody(status: number): boolean {
    if (this.#observe !== undefined && REFUSALS.has(status)) return true
    return this.#source.isRefusal !== undefined && status >= 400 && status < 500 && status !== 401
  }

  /** Asks the source whether an answer refuses the token that is no 401. */
  judge(answer: RefusalResponse): boolean {
    return this.#source.isRefusal?.(answer) === true
  }

  /**
   * Tells how to go on after a refusal of a token that the server may not know yet; `undefined` for any
   * other token.
   *
   * @param sends how often the request was sent so far.
   */
  settle(use: TokenUse, answer: RefusedResponse, sends: number): PropagationWait | undefined {
    if (!this.#isUnsettled(use)) return undefined
    this.#report(use, 'same-token', this.#explain(use, answer))
    return {
      pauseMs: sends * SETTLE_STEP_MS,
      resume: () => ({ ...use, sentAt: this.#clock.now(), attempt: 2 }),
    }
  }

  /** Explains an answer that another token would not change, if it is a refusal at all. */
  keep(use: TokenUse, answer: RefusedResponse): void {
    if (REFUSALS.has(answer.status)) this.#report(use, 'token-kept', this.#explain(use, answer))
  }

  /** Drops a refused token without a replacement, unless the server may not know it yet. */
  giveUp(use: TokenUse, answer: RefusedResponse): void {
    const diagnosis = this.#explain(use, answer)
    if (!this.#isUnsettled(use)) this.#source.invalidate?.(use.token)
    this.#report(use, 'not-resent', diagnosis)
  }

  /** Tells that a server refused the proof that came with a token. */
  reportProof({ origin }: TokenUse, refused: Omit<RefusedProof, 'type' | 'origin'>): void {
    notify(this.#observe, { type: 'proof-refused', origin, ...refused })
  }

  /** Tells what became of an `Authorization` header of the caller's own. */
  reportOwn(origin: string, outcome: OwnOutcome): void {
    if (!this.#destinations.has(origin)) return
    notify(this.#observe, { type: 'own-authorization', origin, outcome })
  }

  /** Finds another token after a refusal, or `undefined` where there is none. */
  async replace(
    use: TokenUse,
    answer: RefusedResponse,
    signal: AbortSignal | undefined,
  ): Promise<TokenUse | undefined> {
    const diagnosis = this.#explain(use, answer)
    const { origin } = use
    this.#source.invalidate?.(use.token)
    const token = await this.#another(use, signal)
    this.#report(use, token === undefined ? 'no-other-token' : 'resent', diagnosis)
    return token && this.#use(token, origin, 2)
  }

  /**
   * Notes that the second token was refused too. Where it was the older one of the two it must not be
   * gone back to again; a new one is left alone, as yet another would hardly do better.
   */
  refusedAgain(first: TokenUse, second: TokenUse, answer: RefusedResponse): void {
    const diagnosis = this.#explain(second, answer, first)
    if (second.token.issuedAt < first.token.issuedAt) this.#source.invalidate?.(second.token)
    this.#report(second, 'not-resent', diagnosis)
  }

  #use(token: AccessToken, origin: string, attempt: 1 | 2): TokenUse {
    const sentAt = this.#clock.now()
    // By the clock that the token was dated by: the answer to come may set another one.
    const ageMs = this.#clocks.of(origin).now() - token.issuedAt * 1000
    return { token, origin, sentAt, bornAt: sentAt - ageMs, attempt }
  }

  #isUnsettled({ bornAt }: TokenUse): boolean {
    const { propagationDelay } = this.#source
    return propagationDelay !== undefined && this.#clock.now() - bornAt < propagationDelay * 1000
  }

  async #another(use: TokenUse, signal: AbortSignal | undefined): Promise<AccessToken | undefined> {
    try {
      const token = await this.#token(use.origin, signal)
      return token.value === use.token.value ? undefined : token
    } catch (error) {
      signal?.throwIfAborted()
      this.#reportFailure(use.origin, error)
      return undefined
    }
  }

  async #token(origin: string, signal: AbortSignal | undefined): Promise<AccessToken> {
    const token = adoptAccessToken(await this.#source.getToken(this.#options(origin, signal)))
    if (this.#mayGo(token, origin)) return token
    throw new ForeignOriginError(
      origin,
      `The token may not be sent to ${origin}: its own "origins" do not name it.`,
    )
  }

  #options(origin: string, signal: AbortSignal | undefined): GetTokenOptions {
    const clock = this.#clocks.of(origin)
    return signal === undefined ? { clock } : { clock, signal }
  }

  #mayGo(token: AccessToken, origin: string): boolean {
    return (
      this.#explicit ||
      token.origins.includes(origin) ||
      compileDestinations(token.origins, 'origins').has(origin)
    )
  }

  #noteAccepted(token: AccessToken): void {
    this.#worked.add(token.value)
    this.#worked.add(keyName(token))
    this.#source.confirm?.(token)
  }

  #explain(
    { token, origin }: TokenUse,
    answer: RefusedResponse,
    before?: TokenUse,
  ): Diagnosis | undefined {
    if (this.#observe === undefined) return undefined
    const tokenWorked = this.#worked.has(token.value)
    return explainRefusal(answer, token, {
      source: this.#source,
      clock: this.#clocks.of(origin),
      tokenWorked,
      keyWorked: tokenWorked || this.#worked.has(keyName(token)),
      anotherRefused: before !== undefined && keyName(before.token) === keyName(token),
    })
  }

  #report({ origin }: TokenUse, outcome: RefusalOutcome, diagnosis: Diagnosis | undefined): void {
    if (diagnosis === undefined) return
    notify(this.#observe, { type: 'refused', origin, outcome, diagnosis })
  }

  #reportFailure(origin: string, error: unknown): void {
    const code = isMayflyError(error) ? error.code : undefined
    notify(this.#observe, { type: 'token-failed', origin, code })
  }
}

/**
 * Names the key that a token was signed with; where nothing tells keys apart, those of the source are
 * one. Keys and tokens share one memory; no token has a space in it.
 */
function keyName({ keyId, keyFingerprint }: AccessToken): string {
  return `key ${JSON.stringify([keyId, keyFingerprint])}`
}
