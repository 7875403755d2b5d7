import { Bounded } from '../../base/bounded.ts'
import { Cooldown } from '../../base/cooldown.ts'
import { type HeldToken, livesFor, refusedOf, type ReusePolicy } from './reuse-policy.ts'
import { Flight } from '../../base/single-flight.ts'
import type { Clock } from '../../base/clock.ts'
import { isMayflyError, SourceError } from '../../base/errors.ts'
import type { ManagerEvent, MintOrigin, MintReason } from './options.ts'
import { notify, type Observe } from '../../base/observe.ts'
import type { SharedToken } from './shared-token.ts'
import { CLOCK_STEP_MS, offsetOf } from '../learned-clock.ts'
import {
  type AccessToken,
  adoptAccessToken,
  credentialIdOf,
  type GetTokenOptions,
  type TokenSource,
} from '../token.ts'

/** So many refused tokens are remembered. */
const MAX_REJECTED = 32

/** Without a usable token the tries are spaced out by so much. */
const BRAKE = { firstMs: 250, mostMs: 30_000, obeys: true }

/** What a {@link Minter} works with. */
export interface MinterOptions {
  readonly source: TokenSource
  readonly policy: ReusePolicy
  readonly clock: Clock
  readonly random: () => number
  readonly timeoutMs: number
  readonly failureCooldownMs: number
  /** Whether callers share a running mint. */
  readonly share: boolean
  readonly observe: Observe<ManagerEvent> | undefined
  readonly shared: SharedToken | undefined
  /** Whether a token in hand still serves. */
  readonly hasUsable: () => boolean
  /** Takes a new token before any caller does. */
  readonly install: (held: HeldToken) => void
  /** Takes a token of the store that is not good enough, for when no better one comes. */
  readonly keepSpare: (held: HeldToken) => void
}

/** One mint that is asked for. */
export interface MintOrder {
  readonly reason: MintReason
  /** The server's clock as far as it is known. */
  readonly clock: Clock
  /** Seconds that a token of the store must still live. */
  readonly minLifetime: number
}

/** A new token, and where it came from. */
export interface Minted {
  readonly held: HeldToken
  readonly from: MintOrigin
}

interface Failure {
  readonly error: unknown
  /** What the source made tokens with then, where it tells. */
  readonly credential: Promise<string | undefined> | undefined
}

interface RunningMint {
  readonly flight: Flight<Minted>
  /** A cached token was given out since it began: it may bring one that is no newer. */
  outdated: boolean
}

/** Mints tokens for a manager: one at a time, within a time limit, spaced out after failures. */
export class Minter {
  readonly #options: MinterOptions
  /** Spaces the tries out while a token is good, and while there is none. */
  readonly #cooldown: Cooldown
  readonly #brake: Cooldown
  #lastFailure: Failure | undefined
  readonly #rejected = new Bounded<string>(MAX_REJECTED)
  #running: RunningMint | undefined
  #started = 0
  #installed = 0
  #mints = 0
  #failures = 0

  constructor(options: MinterOptions) {
    this.#options = options
    this.#cooldown = new Cooldown(options.clock, { firstMs: options.failureCooldownMs })
    this.#brake = new Cooldown(options.clock, BRAKE)
  }

  /** A mint is under way. */
  get busy(): boolean {
    return this.#running !== undefined
  }

  /** The next try is being put off after a failure. */
  get coolingDown(): boolean {
    return this.#cooldown.active
  }

  /** Without a usable token, the next try is being put off. */
  get isBraked(): boolean {
    return this.#brake.active
  }

  /**
   * Rejects a call that comes before the next try may be made, with an error of its own; `undefined`
   * where one may. A key or secret that was replaced since the failure lifts the brake.
   */
  refusalOf(hasUsable: boolean): Promise<void> | undefined {
    const cooldown = hasUsable ? this.#cooldown : this.#brake
    const failure = this.#lastFailure
    if (!cooldown.active || failure === undefined || this.busy) return undefined
    return this.#refuse(failure, cooldown)
  }

  async #refuse({ error, credential }: Failure, cooldown: Cooldown): Promise<void> {
    const { source } = this.#options
    if (source.credential !== undefined && (await credential) !== (await credentialIdOf(source)))
      return
    throw putOff(error, cooldown.remainingMs)
  }

  /** Tokens minted so far. */
  get mints(): number {
    return this.#mints
  }

  /** Mints that failed so far. */
  get failures(): number {
    return this.#failures
  }

  /** Joins the running mint, or starts one. A forced caller joins none that may be too old. */
  mint(order: MintOrder): Flight<Minted> {
    const running = this.#running
    const joinable =
      running !== undefined &&
      this.#options.share &&
      !running.flight.over &&
      !(order.reason === 'forced' && running.outdated)
    return joinable ? running.flight : this.#start(order, false)
  }

  /** Starts a mint that nobody waits for, unless one is under way or has just failed. */
  mintInBackground(clock: Clock): void {
    if (this.#running?.flight.over === false || this.#cooldown.active) return
    this.#start({ reason: 'stale', clock, minLifetime: 0 }, true)
  }

  /** Says that a cached token was given out. */
  cachedTokenServed(): void {
    if (this.#running !== undefined) this.#running.outdated = true
  }

  /** Remembers a token that the server refused, so that it is not taken from the source again. */
  reject(value: string): void {
    this.#rejected.add(value)
  }

  /** Ends a running mint for everyone who waits for it. */
  abort(reason: Error): void {
    this.#running?.flight.abort(reason)
    this.#running = undefined
  }

  #start(order: MintOrder, background: boolean): Flight<Minted> {
    const { clock, timeoutMs, shared } = this.#options
    const number = ++this.#started
    const startedAt = clock.now()
    const flight = new Flight<Minted>((...run) => this.#obtain(order, ...run), {
      background,
      clock,
      // The time for the mint itself begins when its turn has come.
      timeoutMs: shared?.longestTurnMs(timeoutMs) ?? timeoutMs,
      limitError: () =>
        new SourceError('ERR_MINT_TIMEOUT', `No token came within ${timeoutMs} ms.`),
      settled: (outcome) => {
        if (this.#running === running) this.#running = undefined
        const durationMs = clock.now() - startedAt
        if (outcome.status === 'fulfilled') {
          // A mint that was overtaken must not replace the newer token.
          if (number > this.#installed) this.#succeed(number, outcome.value, order, durationMs)
        } else if (!flight.aborted) this.#fail(outcome.reason, order, durationMs)
      },
    })
    const running: RunningMint = { flight, outdated: false }
    this.#running = running
    return flight
  }

  async #obtain(
    order: MintOrder,
    signal: AbortSignal,
    restart: (ms: number) => void,
  ): Promise<Minted> {
    const { shared, random, timeoutMs, hasUsable } = this.#options
    if (shared === undefined) return { held: await this.#fromSource(order, signal), from: 'source' }
    let refused = false
    const accept = (token: AccessToken): HeldToken | undefined => {
      refused = this.#rejected.has(token.value)
      return refused ? undefined : this.#fromStore(token, order)
    }
    // A forced caller wants no token of the store, and no other process is to wait for its.
    const turn = await (order.reason === 'forced'
      ? shared.freeTurn()
      : shared.turn(accept, { signal, random, timeoutMs, hasUsable }))
    if (turn.found !== undefined) return { held: turn.found, from: 'store' }
    if (refused) shared.forget()
    restart(timeoutMs)
    try {
      const held = await this.#fromSource(order, signal)
      turn.end(held.token)
      return { held, from: 'source' }
    } catch (error) {
      turn.end()
      throw error
    }
  }

  async #fromSource({ clock, reason }: MintOrder, signal: AbortSignal): Promise<HeldToken> {
    const { source } = this.#options
    const options = { signal, clock, ...(reason === 'forced' && { forceRefresh: true }) }
    const offset = offsetOf(clock)
    signal.throwIfAborted()
    let token = await ask(source, options)
    if (Math.abs(offsetOf(clock) - offset) > CLOCK_STEP_MS) token = await ask(source, options)
    const held = this.#hold(token, clock, clock.now())
    // A source that cannot do better leaves the refused one in service.
    if (held.lifetime > 0) return this.#rejected.has(token.value) ? refusedOf(held) : held
    throw unusable('The source gave a token that had already ended. Is the local clock right?')
  }

  /** A token that another process minted, if it is as good as one in memory would have to be. */
  #fromStore(token: AccessToken, { clock, reason, minLifetime }: MintOrder): HeldToken | undefined {
    // Its margins are those of its whole life: what is left of it would always look fresh.
    const now = clock.now()
    const { lifetime = Number.POSITIVE_INFINITY } = this.#options.source
    const backdate = Math.max(0, token.expiresAt - token.issuedAt - lifetime)
    const ageMs = Math.max(0, now - (token.issuedAt + backdate) * 1000)
    const received = this.#hold(token, clock, token.issuedAt * 1000)
    const held = { ...received, mintedAt: received.mintedAt - ageMs }
    const until = reason === 'stale' ? held.freshUntil : held.staleUntil
    if (now < until && livesFor(held, now, minLifetime)) return held
    if (livesFor(held, now, 0)) this.#options.keepSpare(held)
    return undefined
  }

  #hold(token: AccessToken, clock: Clock, receivedAt: number): HeldToken {
    const { policy, clock: local, random, share } = this.#options
    const window = policy.windowOf(token, receivedAt, random())
    const promise = share ? Promise.resolve(token) : undefined
    return {
      ...window,
      token,
      promise,
      mintedAt: local.now(),
      offsetMs: offsetOf(clock),
      confirmed: false,
      refused: false,
      served: 0,
    }
  }

  #succeed(number: number, minted: Minted, order: MintOrder, durationMs: number): void {
    const { held, from } = minted
    const { observe, install } = this.#options
    this.#installed = number
    if (from === 'source') this.#mints++
    install(held)
    if (held.refused) {
      const message = 'The source gave back a token that the server had refused.'
      this.#fail(unusable(message), order, durationMs)
      return
    }
    this.#cooldown.succeed()
    this.#brake.succeed()
    const { expiresAt } = held.token
    notify(observe, { type: 'mint', reason: order.reason, from, durationMs, expiresAt })
    if (held.adjusted) notify(observe, { type: 'margins-adjusted', lifetime: held.lifetime })
  }

  #fail(error: unknown, order: MintOrder, durationMs: number): void {
    this.#failures++
    const source = error instanceof SourceError ? error : undefined
    const permanent = source?.permanent ?? false
    const { source: asked } = this.#options
    const credential = asked.credential === undefined ? undefined : credentialIdOf(asked)
    this.#lastFailure = { error, credential }
    const verdict = { permanent, retryAfterMs: source?.retryAfterMs }
    const cooldownMs = this.#cooldown.fail(verdict)
    // A refresh in the background failed beside a good token: the first call without one may try.
    if (order.reason !== 'stale' || permanent || source?.retryAfterMs !== undefined) {
      this.#brake.fail(verdict)
    }
    notify(this.#options.observe, {
      type: 'refresh-failed',
      reason: order.reason,
      durationMs,
      code: isMayflyError(error) ? error.code : undefined,
      permanent,
      cooldownMs,
    })
  }
}

async function ask(source: TokenSource, options: GetTokenOptions): Promise<AccessToken> {
  let token: AccessToken
  try {
    token = await source.getToken(options)
  } catch (cause) {
    if (isMayflyError(cause)) throw cause
    const message = 'The token source failed; the cause says why.'
    throw new SourceError('ERR_MINT_FAILED', message, { cause })
  }
  try {
    return adoptAccessToken(token)
  } catch (cause) {
    throw unusable('The source gave no usable token; the cause says why.', { cause })
  }
}

/** Makes a call's own error of the failure that the next try is put off for. */
function putOff(cause: unknown, retryAfterMs: number): SourceError {
  const { code, permanent } = cause instanceof SourceError ? cause : NO_VERDICT
  const said = isMayflyError(cause) ? ` It said: ${cause.message}` : ''
  const seconds = Math.ceil(retryAfterMs / 100) / 10
  const message = `No token could be had at the last try, and the next one is ${seconds} s away.${said}`
  return new SourceError(code, message, { cause, permanent, retryAfterMs })
}

const NO_VERDICT = { code: 'ERR_MINT_FAILED', permanent: false } as const

function unusable(message: string, options?: ErrorOptions): SourceError {
  return new SourceError('ERR_TOKEN_UNUSABLE', message, options)
}
