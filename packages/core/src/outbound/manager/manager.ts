import {
  type HeldToken,
  livesFor,
  refusedOf,
  stateOf,
  tooShort,
  compileReusePolicy,
  type ReusePolicy,
  reuseOf,
} from './reuse-policy.ts'
import { promisesCanBeShared } from '../../base/single-flight.ts'
import type { Clock } from '../../base/clock.ts'
import {
  clockOption,
  optionalBoolean,
  optionalFunction,
  optionalNumber,
} from '../../base/options.ts'
import {
  type ManagerEvent,
  isPlain,
  requireManagerOptions,
  requireSource,
  type TokenManagerOptions,
  type TokenManagerStats,
} from './options.ts'
import { Minter, type MintOrder } from './minter.ts'
import { notify, type Observe } from '../../base/observe.ts'
import { type SharedToken, sharedToken } from './shared-token.ts'
import { CLOCK_STEP_MS, offsetOf, originOf } from '../learned-clock.ts'
import type {
  AccessToken,
  Credential,
  GetTokenOptions,
  RefusalResponse,
  ReuseHints,
  TokenSource,
  TokenHeader,
} from '../token.ts'
import { MayflyError } from '../../base/errors.ts'

const NO_OPTIONS: GetTokenOptions = Object.freeze({})

/** The end of what is not fresh at any time. */
const NEVER = Number.NEGATIVE_INFINITY

interface Wanted {
  readonly forceRefresh: boolean
  readonly minLifetime: number
  readonly clock: Clock
}

/**
 * Keeps one token of a source: mints it once, gives it out while it is fresh, refreshes it in the
 * background before it ends, and replaces it when the server refuses it. It is a token source itself.
 *
 * A token is *fresh* until `refreshMargin` before its end, then *stale* (given out, while one refresh
 * runs in the background), and from `expiryMargin` before its end *expired* (callers wait for the one
 * refresh). When a refresh fails, the old token serves until its very end.
 *
 * No timer runs: freshness is judged when a token is asked for, so a manager never keeps a process
 * alive.
 *
 * @throws {OptionError} `ERR_OPTION_INVALID` for a margin that cannot fit the source's tokens;
 * `ERR_OPTION_UNKNOWN` for an option that does not exist.
 *
 * @example
 * ```ts
 * import { createAccessToken, systemClock, TokenManager, type TokenSource } from '@mayfly/core'
 *
 * const source: TokenSource = {
 *   id: 'example',
 *   origins: ['https://api.example.com'],
 *   async getToken({ clock = systemClock } = {}) {
 *     const issuedAt = Math.floor(clock.now() / 1000)
 *     return createAccessToken({ value: 'opaque', issuedAt, expiresAt: issuedAt + 1200 })
 *   },
 * }
 * const manager = new TokenManager(source, { refreshMargin: 120 })
 * const token = await manager.getToken()
 * ```
 */
export class TokenManager implements TokenSource {
  readonly id: string
  readonly origins: readonly string[]
  readonly lifetime?: number
  readonly propagationDelay?: number
  readonly maxLifetime?: number
  readonly revokesPrevious?: boolean
  /** How it reuses tokens, by its own options or the source's. */
  readonly reuse: ReuseHints
  readonly judgesSuccess?: boolean
  readonly header?: TokenHeader
  readonly allowHttp?: readonly string[]
  readonly isRefusal?: (answer: RefusalResponse) => boolean
  readonly isKeyRefusal?: (answer: RefusalResponse) => boolean
  readonly credential?: () => Promise<Credential>
  readonly #source: TokenSource
  readonly #clock: Clock
  readonly #observe: Observe<ManagerEvent> | undefined
  readonly #policy: ReusePolicy
  readonly #minter: Minter
  readonly #shared: SharedToken | undefined
  #held: HeldToken | undefined
  /** The token before the one in hand, if the server had accepted it. */
  #previous: HeldToken | undefined
  #mintedAt: number | undefined
  #rejections = 0
  /** The next token has to come from the source, whatever a store has. */
  #wantsNew = false
  #serverClock: Clock
  #closed = false

  constructor(source: TokenSource, options: TokenManagerOptions = {}) {
    requireSource(source, 'TokenManager')
    requireManagerOptions(options, 'TokenManager')
    this.id = source.id
    this.origins = source.origins
    if (source.lifetime !== undefined) this.lifetime = source.lifetime
    if (source.propagationDelay !== undefined) this.propagationDelay = source.propagationDelay
    if (source.maxLifetime !== undefined) this.maxLifetime = source.maxLifetime
    if (source.revokesPrevious !== undefined) this.revokesPrevious = source.revokesPrevious
    if (source.judgesSuccess !== undefined) this.judgesSuccess = source.judgesSuccess
    if (source.header !== undefined) this.header = source.header
    if (source.allowHttp !== undefined) this.allowHttp = source.allowHttp
    if (source.isRefusal !== undefined) {
      this.isRefusal = (answer) => source.isRefusal?.(answer) ?? false
    }
    if (source.isKeyRefusal !== undefined) this.isKeyRefusal = source.isKeyRefusal.bind(source)
    if (source.credential !== undefined) this.credential = source.credential.bind(source)
    this.#source = source
    this.#clock = clockOption(options.clock)
    this.#serverClock = this.#clock
    this.#observe = optionalFunction(options.observe, 'observe')
    this.reuse = reuseOf(options, source.reuse)
    this.#policy = compileReusePolicy({ ...options, ...this.reuse }, source.lifetime)
    const cooldown = optionalNumber(options.failureCooldown, 'failureCooldown', { max: 3600 }) ?? 5
    const limit = { min: 1, max: 3_600_000, unit: 'milliseconds' }
    this.#shared = sharedToken(source, options)
    this.#minter = new Minter({
      source,
      policy: this.#policy,
      clock: this.#clock,
      random: optionalFunction(options.random, 'random') ?? Math.random,
      timeoutMs: optionalNumber(options.timeoutMs, 'timeoutMs', limit) ?? 10_000,
      failureCooldownMs: cooldown * 1000,
      share: optionalBoolean(options.shareInFlight, 'shareInFlight') ?? promisesCanBeShared(),
      observe: this.#observe,
      shared: this.#shared,
      hasUsable: () => this.#hasUsable(this.#serverClock),
      install: (held) => this.#install(held),
      keepSpare: (held) => this.#keepSpare(held),
    })
  }

  /**
   * Gives the token out, or a new one where it has to be.
   *
   * @throws {SourceError} `ERR_MINT_FAILED`, `ERR_MINT_REFUSED` or `ERR_MINT_TIMEOUT` when there is no
   * usable token and none could be minted. Calls that come before the next try get an error of their own,
   * with the time that is left as `retryAfterMs`: a quarter of a second at first, doubling to 30 seconds,
   * a minute after a permanent refusal, or what the server's `Retry-After` says. `forceRefresh`, and a key
   * or secret that was replaced, are tried at once. `ERR_TOKEN_TOO_SHORT` when `minLifetime` is more than the
   * source's tokens live. `ERR_TOKEN_STORE` when a new token would end the one of other processes, and
   * their store does not tell which that is.
   * @throws {MayflyError} `ERR_CLOSED` after {@link TokenManager.close}.
   */
  getToken(options?: GetTokenOptions): Promise<AccessToken> {
    const held = this.#held
    if (held !== undefined && !this.#minter.busy && isPlain(options)) {
      const clock = options?.clock ?? this.#clock
      if (clock.now() < held.freshUntil) {
        this.#serverClock = clock
        if (this.#shared?.isLookDue) void this.#look(this.#shared, held)
        held.served++
        return held.promise ?? Promise.resolve(held.token)
      }
    }
    return this.#getToken(options ?? NO_OPTIONS)
  }

  /**
   * Mints a new token at once, for a key or a secret that was replaced. Within `minAge` it gives the one
   * in hand, and mints as soon as that allows. The old token goes on serving until the new one is there.
   *
   * @throws {SourceError} when none could be minted.
   *
   * @example
   * ```ts
   * import type { TokenManager } from '@mayfly/core'
   *
   * export async function onKeyReplaced(manager: TokenManager): Promise<void> {
   *   await manager.refresh()
   * }
   * ```
   */
  refresh(options: Pick<GetTokenOptions, 'signal'> = {}): Promise<AccessToken> {
    const held = this.#held
    if (held !== undefined) this.#held = { ...held, freshUntil: NEVER, staleUntil: NEVER }
    this.#wantsNew = true
    return this.getToken({ ...options, forceRefresh: true })
  }

  /**
   * Drops a token that the server refused, if it is still the one in hand, and remembers it, so that
   * it is not given out again. While `minAge` forbids a new token the refused one stays, as it does where
   * the source gives back the very same.
   *
   * A token that was refused before it was ever accepted gives way to the one before it, if that one
   * had been accepted and is still good; another is then minted in the background.
   */
  invalidate(rejected: AccessToken): void {
    if (!this.#drop(rejected)) return
    this.#source.invalidate?.(rejected)
    this.#shared?.refused(rejected)
  }

  /** Tells whether a token was the one in hand, and had not been refused before. */
  #drop({ value }: AccessToken): boolean {
    this.#minter.reject(value)
    if (this.#previous?.token.value === value) this.#previous = undefined
    const held = this.#held
    if (held === undefined || held.refused || held.token.value !== value) return false
    this.#rejections++
    const previous = this.#fallbackOf(held)
    this.#previous = undefined
    this.#held = previous ?? (this.#tooYoung() ? refusedOf(held) : undefined)
    const fallback = previous === undefined ? 'none' : 'previous'
    notify(this.#observe, { type: 'invalidate', fallback })
    return true
  }

  /** Notes that the server accepted a token. */
  confirm(accepted: AccessToken): void {
    const held = this.#held
    if (held === undefined || held.confirmed || held.token.value !== accepted.value) return
    held.confirmed = true
    this.#source.confirm?.(accepted)
  }

  /** Tells where the manager stands, without the token. */
  stats(): TokenManagerStats {
    const held = this.#held
    const minter = this.#minter
    return {
      state: this.#closed ? 'closed' : stateOf(held, this.#serverClock.now()),
      issuedAt: held?.token.issuedAt,
      expiresAt: held?.token.expiresAt,
      refreshAt: held === undefined || held.refused ? undefined : held.freshUntil / 1000,
      refreshing: minter.busy,
      served: held?.served ?? 0,
      mints: minter.mints,
      failures: minter.failures,
      rejected: this.#rejections,
      clockOffsetMs: offsetOf(this.#serverClock),
      clockOrigin: originOf(this.#serverClock),
    }
  }

  /** Forgets the token and ends a running mint; whoever waits for it gets `ERR_CLOSED`. */
  close(): void {
    this.#closed = true
    this.#held = undefined
    this.#previous = undefined
    this.#minter.abort(closedError())
  }

  /** Closes it, as `await using` does at the end of a block. */
  [Symbol.asyncDispose](): Promise<void> {
    this.close()
    return Promise.resolve()
  }

  async #getToken(options: GetTokenOptions): Promise<AccessToken> {
    const { signal, forceRefresh = false, clock = this.#clock } = options
    const minLifetime = optionalNumber(options.minLifetime, 'minLifetime') ?? 0
    if (this.#closed) throw closedError()
    signal?.throwIfAborted()
    this.#serverClock = clock
    const wanted: Wanted = { forceRefresh, minLifetime, clock }
    const ready = this.#serve(wanted)
    if (ready !== undefined) return ready
    try {
      if (!forceRefresh) {
        const refusal = this.#minter.refusalOf(this.#hasUsable(clock))
        if (refusal !== undefined) await refusal
      }
      const reason = forceRefresh || this.#wantsNew ? 'forced' : this.#mintReason()
      const minted = await this.#mint({ reason, clock, minLifetime }, signal)
      const now = clock.now()
      if (!livesFor(minted, now, minLifetime)) throw tooShort(minLifetime, minted)
      if (now >= minted.freshUntil) this.#minter.mintInBackground(clock)
      minted.served++
      return minted.token
    } catch (error) {
      signal?.throwIfAborted()
      const old = this.#held
      if (forceRefresh || old === undefined || old.refused) throw error
      if (!livesFor(old, clock.now(), minLifetime)) throw error
      return this.#give(old)
    }
  }

  /** Follows what other processes did: they were refused with the token in hand, or replaced it. */
  async #look(shared: SharedToken, held: HeldToken): Promise<void> {
    const found = await shared.look(held.token)
    if (this.#held !== held || found === undefined) return
    if (found === 'refused') this.#drop(held.token)
    else this.#minter.mintInBackground(this.#serverClock)
  }

  #hasUsable(clock: Clock): boolean {
    const held = this.#held
    return held !== undefined && !held.refused && livesFor(held, clock.now(), 0)
  }

  /** Mints. What another caller's mint took from the store may live too short for this one. */
  async #mint(order: MintOrder, signal: AbortSignal | undefined): Promise<HeldToken> {
    const { held, from } = await this.#minter.mint(order).wait(signal)
    const good = from === 'source' || livesFor(held, order.clock.now(), order.minLifetime)
    return good ? held : this.#mint(order, signal)
  }

  /** Answers from what is in hand, or `undefined` where a mint has to be awaited. */
  #serve({ forceRefresh, minLifetime, clock }: Wanted): AccessToken | undefined {
    const held = this.#held
    if (held === undefined) return undefined
    const now = clock.now()
    if (this.#tooYoung() && now < held.usableUntil) return this.#give(held)
    if (forceRefresh) return undefined
    if (held.refused) {
      return this.#minter.isBraked && livesFor(held, now, minLifetime)
        ? this.#give(held)
        : undefined
    }
    // While this token is fresh another of its kind would be as short: no mint can help.
    if (now < held.freshUntil && minLifetime > held.lifetime) throw tooShort(minLifetime, held)
    if (!livesFor(held, now, minLifetime)) return undefined
    if (now >= held.staleUntil) return this.#minter.coolingDown ? this.#give(held) : undefined
    if (now >= held.freshUntil) this.#minter.mintInBackground(clock)
    return this.#give(held)
  }

  #give(held: HeldToken): AccessToken {
    this.#minter.cachedTokenServed()
    held.served++
    return held.token
  }

  #install(held: HeldToken): void {
    if (this.#closed) return
    this.#shared?.seen()
    const before = this.#held
    this.#previous = before?.confirmed === true && !before.refused ? before : undefined
    this.#held = held
    this.#wantsNew &&= held.mintedAt < this.#clock.now()
    this.#mintedAt = held.mintedAt
  }

  /** Takes a token of the store that may have to do, if none in hand lives as long. */
  #keepSpare(spare: HeldToken): void {
    const held = this.#held
    if (held === undefined || held.refused || held.usableUntil < spare.usableUntil) {
      this.#install(spare)
    }
  }

  /** The token before a refused one, to be used as long as it lives, if that makes sense. */
  #fallbackOf(refused: HeldToken): HeldToken | undefined {
    const previous = this.#previous
    if (refused.confirmed || previous === undefined || this.revokesPrevious === true)
      return undefined
    // A clock that was set since explains the refusal, and speaks against the older token as well.
    const stepMs = Math.abs(offsetOf(this.#serverClock) - previous.offsetMs)
    if (stepMs > CLOCK_STEP_MS || !livesFor(previous, this.#serverClock.now(), 0)) return undefined
    const { usableUntil } = previous
    return { ...previous, freshUntil: NEVER, staleUntil: usableUntil }
  }

  /** Whether the last mint was so recent that no other may follow. */
  #tooYoung(): boolean {
    if (this.#mintedAt === undefined) return false
    // The local clock measures the age: the learned one may have been corrected meanwhile.
    const age = this.#clock.now() - this.#mintedAt
    return age >= 0 && age < this.#policy.minAgeMs
  }

  #mintReason(): 'cold' | 'expired' | 'rejected' {
    if (this.#held !== undefined) return this.#held.refused ? 'rejected' : 'expired'
    return this.#rejections === 0 ? 'cold' : 'rejected'
  }
}

/** Says that a manager is of no more use. */
function closedError(): MayflyError {
  return new MayflyError('ERR_CLOSED', 'This token manager was closed.')
}
