import { Bounded } from '../../base/bounded.ts'
import {
  type BearerEvent,
  type BearerSessionOptions,
  type RefusalOutcome,
  compileHeader,
  requireSessionOptions,
  type TokenField,
} from './options.ts'
import { type Clock, untilAborted } from '../../base/clock.ts'
import { type Diagnosis, explainRefusal } from '../diagnose/diagnose.ts'
import { ForeignOriginError, isMayflyError } from '../../base/errors.ts'
import { compileDestinations, type Destinations, isSecure } from '../../http/destination.ts'
import { requireSource } from '../manager/options.ts'
import { notify, type Observe } from '../../base/observe.ts'
import type { LearnedClock, LearnedClocks } from '../learned-clock.ts'
import { memoryOf, nameRequest, type RefusalBrake } from './refusal-brake.ts'
import type {
  PropagationWait,
  RefusedResponse,
  Replacement,
  RequestTarget,
  ResponseHead,
  TokenUse,
} from './token-use.ts'
import {
  type AccessToken,
  adoptAccessToken,
  credentialIdOf,
  type GetTokenOptions,
  keyHasChanged,
  type RefusalResponse,
  type TokenSource,
  keyName,
} from '../token.ts'

/** How much longer each pause is before a token is sent again that the server may not know yet. */
const SETTLE_STEP_MS = 1000

/** Answers that refuse, whether or not the token is to blame. */
const REFUSALS: ReadonlySet<number> = new Set([401, 403, 429])

type Verdict = ReturnType<RefusalBrake['refused']>

type OwnOutcome = Extract<BearerEvent, { readonly type: 'own-authorization' }>['outcome']

type RefusedProof = Extract<BearerEvent, { readonly type: 'proof-refused' }>

/**
 * What `bearerFetch` and `injectBearer` have in common: which origins may get the token, what each
 * answer teaches about the server's clock, and what follows from a refusal.
 */
export class BearerSession {
  readonly #source: TokenSource
  #destinations: Destinations
  /** The source's list that they were compiled from. */
  #origins: readonly string[] | undefined
  readonly #explicit: boolean
  readonly #clocks: LearnedClocks
  readonly #brakeOf: (origin: string) => RefusalBrake
  readonly #clock: Clock
  readonly #allowHttp: readonly string[]
  /** Origins over plain http that were reported. */
  readonly #plain = new Set<string>()
  /** The field that the token goes into. */
  readonly header: TokenField
  readonly #observe: Observe<BearerEvent> | undefined
  /** Tokens and keys that the server has accepted, for what explains a refusal. */
  readonly #worked = new Bounded<string>(64)

  constructor(source: TokenSource, options: BearerSessionOptions = {}) {
    requireSource(source, 'bearer')
    this.#source = source
    const { allowHttp, origins, clock, clocks, header, observe } = requireSessionOptions(
      options,
      source.allowHttp,
    )
    this.#allowHttp = allowHttp ?? []
    this.header = header ?? compileHeader(source.header)
    this.#explicit = origins !== undefined
    this.#origins = source.origins
    this.#destinations = origins ?? compileDestinations(source.origins, 'origins', allowHttp)
    this.#clock = clock
    const memory = memoryOf(source, clock)
    this.#brakeOf = memory.brakeOf
    this.#clocks = clocks ?? memory.clocks
    this.#observe = observe
  }

  /** The origins that may get a token. */
  get destinations(): Destinations {
    const { origins } = this.#source
    if (!this.#explicit && origins !== this.#origins) {
      this.#origins = origins
      this.#destinations = compileDestinations(origins, 'origins', this.#allowHttp)
    }
    return this.#destinations
  }

  /** Whether a token may go to a URL. */
  reaches(url: URL): boolean {
    // The origin of a blob: URL is that of the page that made it, and it is fetched from nowhere.
    return isSecure(url, this.#allowHttp) && this.destinations.has(url.origin)
  }

  /** Lets the source learn where its tokens go, where it has to. */
  get load(): (() => Promise<void>) | undefined {
    return this.#explicit ? undefined : this.#source.load?.bind(this.#source)
  }

  /** The clock of an origin, as far as it is known. */
  clockOf(origin: string): LearnedClock {
    return this.#clocks.of(origin)
  }

  /** Begins another use of the same token, for a refusal that had nothing to do with it. */
  again(use: TokenUse): TokenUse {
    return { ...use, sentAt: this.#clock.now(), trial: this.#clocks.of(use.origin).trial }
  }

  /** Gets a token for one of the origins. */
  async begin(
    origin: string,
    { method, path }: RequestTarget,
    signal: AbortSignal | undefined,
  ): Promise<TokenUse> {
    if (!this.#plain.has(origin) && !isSecure(new URL(origin))) {
      this.#plain.add(origin)
      notify(this.#observe, { type: 'plain-http', origin })
    }
    return this.#use({ origin, name: nameRequest(method, path), attempt: 1 }, signal)
  }

  /** Whether a proof that was refused is worth another one, by another clock. */
  proofRefused({ origin, trial }: TokenUse): boolean {
    return this.#clocks.of(origin).refused(trial)
  }

  /** Learns from an answer; tells whether the server refused the token. */
  end(use: TokenUse, answer: ResponseHead): boolean {
    const receivedAt = this.#clock.now()
    const { origin, sentAt, attempt } = use
    const { status, date, age } = answer
    this.#clocks.of(origin).learn({ date, age, sentAt, receivedAt })
    const durationMs = receivedAt - sentAt
    notify(this.#observe, { type: 'response', origin, status, durationMs, attempt })
    // What is judged by its body is no acceptance yet.
    if (status < 400 && !this.wantsBody(status)) this.#noteAccepted(use)
    else if (status < 500 && status !== 401 && !this.wantsBody(status)) this.#notRefused(use)
    return status === 401
  }

  /** Tells whether the body of an answer is worth a look: to explain a refusal, or to judge by. */
  wantsBody(status: number): boolean {
    if (this.#observe !== undefined && REFUSALS.has(status)) return true
    const { isRefusal, isKeyRefusal, judgesSuccess } = this.#source
    if ((isRefusal ?? isKeyRefusal) === undefined || status === 401) return false
    return (status >= 400 && status < 500) || (judgesSuccess === true && status < 300)
  }

  /** Asks the source whether an answer refuses the token that is no 401. */
  async judge(answer: RefusalResponse, { token }: TokenUse): Promise<boolean> {
    if (this.#source.isRefusal?.(answer) === true) return true
    return this.#source.isKeyRefusal?.(answer) === true && keyHasChanged(this.#source, token)
  }

  /**
   * Tells how to go on after a refusal of a token that the server may not know yet; `undefined` for any
   * other token.
   *
   * @param sends how often the request was sent so far.
   */
  settle(use: TokenUse, answer: RefusedResponse, sends: number): PropagationWait | undefined {
    const { token, origin, name } = use
    if (!this.#isUnsettled(use) || this.#brakeOf(origin).holds(token.value, name)) return undefined
    this.#report(use, 'same-token', this.#explain(use, answer))
    return {
      pauseMs: sends * SETTLE_STEP_MS,
      resume: () => ({ ...use, sentAt: this.#clock.now(), attempt: use.attempt + 1 }),
    }
  }

  /** Explains an answer that another token would not change, if it is a refusal at all. */
  keep(use: TokenUse, answer: RefusedResponse): void {
    if (answer.status < 400) this.#noteAccepted(use)
    else this.#notRefused(use)
    if (REFUSALS.has(answer.status)) this.#report(use, 'token-kept', this.#explain(use, answer))
  }

  /**
   * Drops a refused token without a replacement, unless the server may not know it yet, or another would
   * fare no better.
   */
  giveUp(use: TokenUse, answer: RefusedResponse): void {
    const diagnosis = this.#explain(use, answer)
    const report = (verdict?: Verdict): void =>
      this.#report(use, verdict === 'keep' ? 'token-kept' : 'not-resent', diagnosis)
    const verdict = this.#isUnsettled(use) ? undefined : this.#drop(use)
    if (verdict instanceof Promise) void verdict.then(report)
    else report(verdict)
  }

  /** Tells that a server refused the proof that came with a token. */
  reportProof({ origin }: TokenUse, refused: Omit<RefusedProof, 'type' | 'origin'>): void {
    notify(this.#observe, { type: 'proof-refused', origin, ...refused })
  }

  /** Tells what became of an `Authorization` header of the caller's own. */
  reportOwn(origin: string, outcome: OwnOutcome): void {
    if (!this.destinations.has(origin)) return
    notify(this.#observe, { type: 'own-authorization', origin, outcome })
  }

  /** Finds another token after a refusal, or `undefined` where there is none, or none would help. */
  async replace(
    use: TokenUse,
    answer: RefusedResponse,
    signal: AbortSignal | undefined,
  ): Promise<Replacement | undefined> {
    const diagnosis = this.#explain(use, answer)
    if ((await this.#drop(use)) === 'keep') {
      this.#report(use, 'token-kept', diagnosis)
      return undefined
    }
    const probe = this.#brakeOf(use.origin).probe(use.name)
    if (typeof probe !== 'function') {
      const helps = await (signal === undefined ? probe : untilAborted(probe, signal))
      if (!helps) {
        this.#report(use, 'token-kept', diagnosis)
        return undefined
      }
    }
    const conclude = typeof probe === 'function' ? probe : (): void => {}
    try {
      const next = await this.#another(use, signal)
      this.#report(use, next === undefined ? 'no-other-token' : 'resent', diagnosis)
      if (next === undefined) conclude(false)
      return next && { use: next, conclude }
    } catch (error) {
      conclude(true)
      throw error
    }
  }

  /**
   * Notes that the second token was refused too. Where it was dated by a clock that was only tried, and
   * the one before had proved right, gives one more, dated by that.
   */
  async refusedAgain(
    first: TokenUse,
    second: TokenUse,
    answer: RefusedResponse,
    signal: AbortSignal | undefined,
  ): Promise<TokenUse | undefined> {
    const { token, origin, name, trial } = second
    const diagnosis = this.#explain(second, answer, first)
    const brake = this.#brakeOf(origin)
    brake.failed(token.value, name)
    brake.credential = credentialIdOf(this.#source)
    const clock = this.#clocks.of(origin)
    const isTrial = trial !== undefined && trial === clock.trial
    const isWorthOne = clock.refused(trial, token) && isTrial
    // The next token will be dated anew, and may be refused as well: that is one more mint.
    if (isTrial && !isWorthOne) brake.prolong()
    // An older token must not be gone back to again; a new one is left alone, as yet another would
    // hardly do better.
    if (isTrial || token.issuedAt < first.token.issuedAt) this.#source.invalidate?.(token)
    const next = isWorthOne ? await this.#another(second, signal) : undefined
    this.#report(second, next === undefined ? 'not-resent' : 'resent', diagnosis)
    return next
  }

  /** Drops a refused token for good reasons, and has the next one dated by the likelier clock. */
  #drop(use: TokenUse): Verdict | Promise<Verdict> {
    const { token, origin, name, trial } = use
    const brake = this.#brakeOf(origin)
    const verdict = brake.refused(token.value, name)
    if (verdict === 'keep' && this.#source.credential !== undefined) {
      return this.#dropIfRekeyed(use)
    }
    if (verdict !== 'replace') return verdict
    this.#clocks.of(origin).refused(trial, token)
    this.#source.invalidate?.(token)
    return verdict
  }

  /** A key or secret that was replaced since a new token was refused is worth another. */
  async #dropIfRekeyed(use: TokenUse): Promise<Verdict> {
    const brake = this.#brakeOf(use.origin)
    brake.credential ??= credentialIdOf(this.#source)
    const [before, now] = await Promise.all([brake.credential, credentialIdOf(this.#source)])
    if (before === now || now === undefined) return 'keep'
    brake.release()
    return this.#drop(use)
  }

  async #use(
    { origin, name, attempt }: Pick<TokenUse, 'origin' | 'name' | 'attempt'>,
    signal: AbortSignal | undefined,
  ): Promise<TokenUse> {
    const clock = this.#clocks.of(origin)
    const { trial } = clock
    const token = await this.#token(origin, signal)
    const sentAt = this.#clock.now()
    // By the clock that the token was dated by: the answer to come may set another one.
    const ageMs = clock.now() - token.issuedAt * 1000
    return { token, origin, sentAt, bornAt: sentAt - ageMs, attempt, name, trial }
  }

  #isUnsettled({ bornAt }: TokenUse): boolean {
    const { propagationDelay } = this.#source
    return propagationDelay !== undefined && this.#clock.now() - bornAt < propagationDelay * 1000
  }

  async #another(use: TokenUse, signal: AbortSignal | undefined): Promise<TokenUse | undefined> {
    try {
      const next = await this.#use({ ...use, attempt: use.attempt + 1 }, signal)
      return next.token.value === use.token.value ? undefined : next
    } catch (error) {
      signal?.throwIfAborted()
      this.#reportFailure(use.origin, error)
      // The 401 says nothing then: there may be a good token, where this process cannot see it.
      if (isMayflyError(error) && error.code === 'ERR_TOKEN_STORE') throw error
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
      compileDestinations(token.origins, 'origins', this.#allowHttp).has(origin)
    )
  }

  #noteAccepted({ token, origin, name, trial }: TokenUse): void {
    this.#worked.add(token.value)
    this.#worked.add(keyName(token))
    this.#brakeOf(origin).accepted(token.value, name)
    const clock = this.#clocks.of(origin)
    const changeMs = clock.accepted(trial, token)
    if (changeMs !== 0) {
      notify(this.#observe, { type: 'skew', origin, offsetMs: clock.offsetMs, changeMs })
    }
    this.#source.confirm?.(token)
  }

  /** The token is not what an answer was about, as with most 403s and 404s. */
  #notRefused({ token, origin, name }: TokenUse): void {
    this.#brakeOf(origin).accepted(token.value, name)
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
