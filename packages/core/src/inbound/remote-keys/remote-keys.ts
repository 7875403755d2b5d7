import type { Algorithm } from '../../keys/algorithms.ts'
import { Cooldown } from '../../base/cooldown.ts'
import { promisesCanBeShared, Flight } from '../../base/single-flight.ts'
import type { Clock } from '../../base/clock.ts'
import { clockOption } from '../../base/options.ts'
import { KeyError } from '../../base/errors.ts'
import type { Key } from '../../keys/key.ts'
import type { KeyLookup } from '../../keys/static-keys.ts'
import { notify } from '../../base/observe.ts'
import { keysUnavailable, RefreshError } from './failure.ts'
import type { HeldSet } from './held-set.ts'
import { KeySource } from './key-source.ts'
import {
  publicKeyAlgorithms,
  readLimits,
  type RemoteKeysLimits,
  type RemoteKeysOptions,
  requireRemoteKeysOptions,
  type RefreshTrigger,
  type RemoteKeysEvent,
  type RemoteKeysHealth,
} from './options.ts'

/** The first pause after a failure; each further one is twice as long, up to a minute. */
const FIRST_PAUSE_MS = 1000

/** No server keeps its users without keys for longer than this by a `Retry-After`. */
const MAX_RETRY_AFTER_MS = 300_000

const NO_KEYS: readonly Key[] = Object.freeze([])

/**
 * The public keys of an issuer, fetched over HTTP: from a `jwksUri`, or from where the issuer's own
 * metadata says (RFC 8414, OpenID Connect Discovery 1.0).
 *
 * A set is fetched once for however many ask, refreshed in the background before it runs out, and used
 * on for a day while no newer one can be had. A token whose key is not in it leads to one more fetch
 * per `cooldownMs`, and never holds up a token whose key is. Without usable keys {@link RemoteKeys.find}
 * rejects with a `RequestError` of 503 and `keys_unavailable`.
 *
 * A verifier makes one of `keys: { jwksUri }` and of `keys: { issuer }`; make it yourself where several
 * verifiers are to share it.
 *
 * @example
 * ```ts
 * import { RemoteKeys, TokenVerifier } from '@mayfly/core'
 *
 * const issuer = 'https://login.example.com'
 * const keys = new RemoteKeys({ issuer, algorithms: ['RS256'] })
 * const orders = new TokenVerifier({ issuer, audience: 'orders', keys })
 * const invoices = new TokenVerifier({ issuer, audience: 'invoices', keys })
 * ```
 */
export class RemoteKeys implements KeyLookup {
  /** What the keys may be used for. */
  readonly algorithms: readonly Algorithm[]
  readonly #source: KeySource
  readonly #limits: RemoteKeysLimits
  readonly #clock: Clock
  readonly #observe: ((event: RemoteKeysEvent) => void) | undefined
  readonly #cooldown: Cooldown
  /** Whether a request may wait for a fetch that another request began. */
  readonly #share: boolean = promisesCanBeShared()
  #held: HeldSet | undefined
  #flight: Flight<HeldSet> | undefined
  /** Counts the refreshes. Where they are not shared, one may be overtaken by a later one. */
  #started = 0
  #heldFrom = 0
  #version = 0
  /** The set ran out unseen, and what it verified is not relied on before it has been fetched anew. */
  #ranOut = false
  #failure: KeyError | undefined
  #failures = 0
  #unknownAt: number | undefined

  /** @throws {OptionError} when an option is missing, unknown or unsound. */
  constructor(options: RemoteKeysOptions) {
    requireRemoteKeysOptions(options)
    this.algorithms = publicKeyAlgorithms(options.algorithms)
    this.#limits = readLimits(options)
    this.#clock = clockOption(options.clock)
    this.#observe = options.observe
    const { cacheMaxAgeMs: maxMs, cooldownMs: minMs } = this.#limits
    const parts = { algorithms: this.algorithms, clock: this.#clock, bounds: { minMs, maxMs } }
    this.#source = new KeySource(options, parts)
    this.#cooldown = new Cooldown(this.#clock, { firstMs: FIRST_PAUSE_MS })
  }

  /**
   * Changes when a key is gone, and when the keys have run out before anybody asked for newer ones.
   * Reading it begins a refresh that is due.
   */
  get version(): number {
    this.#tend()
    return this.#version
  }

  /**
   * Gives the keys of that algorithm which go by that id, and those that go by none.
   *
   * @throws {RequestError} 503 `ERR_KEYS_UNAVAILABLE` with `Retry-After`, when there are no usable keys,
   * or when it cannot be found out whether there is a new one.
   */
  find(algorithm: Algorithm, keyId: string | undefined): readonly Key[] | Promise<readonly Key[]> {
    if (!this.algorithms.includes(algorithm)) return NO_KEYS
    const held = this.#tend()
    if (held === undefined) return this.#findAfter('first', algorithm, keyId)
    if (this.#mustWait(held)) return this.#findAfter('expired', algorithm, keyId)
    const found = held.index.find(algorithm, keyId)
    if (found.length > 0) return found
    if (this.#flight === undefined && !this.#mayAskForUnknown()) return this.#requireFound(found)
    return this.#findAfter('unknown-key', algorithm, keyId)
  }

  /**
   * Fetches the keys unless there are fresh ones, so that the first request need not wait.
   *
   * @throws {KeyError} `ERR_KEYS_TIMEOUT`, `ERR_KEYS_FETCH`, `ERR_KEYS_FORMAT` or `ERR_KEYS_ISSUER` when
   * no keys could be had, and `ERR_KEYS_NONE` when none of those there are can be used.
   */
  async warmUp(): Promise<void> {
    const held = this.#tend()
    if (held === undefined || this.#isOld(held)) await this.#refresh('warm-up')
    if (this.#held === undefined) throw this.#failure ?? noneUsable(this.#source.name)
    if (this.#held.size === 0) throw noneUsable(this.#source.name, this.#held.refused[0])
  }

  /** Says where the keys stand. Asking begins a refresh that is due. */
  health(): RemoteKeysHealth {
    const held = this.#tend()
    const isOld = held !== undefined && this.#isOld(held)
    // A server that gets no requests before it is ready would otherwise never be.
    if (held === undefined || isOld) this.#refreshInBackground(isOld ? 'expired' : 'first')
    return {
      from: this.#source.name,
      state: held === undefined ? 'empty' : isOld ? 'stale' : 'fresh',
      keys: held?.size ?? 0,
      refused: held?.refused.length ?? 0,
      ageMs: held?.ageMs(this.#clock.now()),
      refreshing: this.#flight !== undefined,
      failures: this.#failures,
      lastFailure: this.#failure?.code,
      retryInMs: this.#cooldown.remainingMs,
    }
  }

  /** Looks after the set in hand: drops one that has ended, refreshes one that is about to run out. */
  #tend(): HeldSet | undefined {
    const held = this.#held
    if (held === undefined) return undefined
    const now = this.#clock.now()
    if (!held.isDue(now)) return held
    if (held.isPast(now, this.#limits.staleIfErrorMs)) {
      this.#held = undefined
      this.#version += 1
      return undefined
    }
    if (this.#mustWait(held)) {
      if (!this.#ranOut) this.#version += 1
      this.#ranOut = true
    } else {
      this.#refreshInBackground(this.#isOld(held) ? 'expired' : 'due')
    }
    return held
  }

  #isOld(held: HeldSet): boolean {
    return held.isPast(this.#clock.now(), 0)
  }

  /** Old keys count only once a newer set could not be had. Then nobody waits for the next try. */
  #mustWait(held: HeldSet): boolean {
    if (!this.#isOld(held)) return false
    return this.#failure === undefined || (!this.#share && !this.#cooldown.active)
  }

  async #findAfter(
    trigger: RefreshTrigger,
    algorithm: Algorithm,
    keyId: string | undefined,
  ): Promise<readonly Key[]> {
    await this.#refresh(trigger)
    return this.#requireFound(this.#held?.index.find(algorithm, keyId) ?? NO_KEYS)
  }

  /** After a failure nobody knows whether a key that was not found is a new one. */
  #requireFound(found: readonly Key[]): readonly Key[] {
    if (found.length > 0 || this.#failure === undefined) return found
    throw keysUnavailable(this.#failure, this.#cooldown.remainingMs)
  }

  /** Whoever invents key ids gets one fetch per `cooldownMs` out of all of them together. */
  #mayAskForUnknown(): boolean {
    if (this.#cooldown.active) return false
    const now = this.#clock.now()
    const passed = this.#unknownAt === undefined ? Infinity : now - this.#unknownAt
    if (passed >= 0 && passed < this.#limits.cooldownMs) return false
    this.#unknownAt = now
    return true
  }

  #refreshInBackground(trigger: RefreshTrigger): void {
    if (this.#share && this.#flight === undefined && !this.#cooldown.active) this.#start(trigger)
  }

  /** Waits for a refresh, the one under way or a new one. What became of it is noted, not thrown. */
  async #refresh(trigger: RefreshTrigger): Promise<void> {
    const running = this.#flight
    if (running === undefined && this.#cooldown.active) return
    const flight = running ?? this.#start(trigger)
    await flight.wait().catch(() => {})
  }

  #start(trigger: RefreshTrigger): Flight<HeldSet> {
    const { timeoutMs } = this.#limits
    const startedAt = this.#clock.now()
    const number = ++this.#started
    const flight = new Flight<HeldSet>((signal) => this.#source.fetch(signal), {
      background: true,
      clock: this.#clock,
      timeoutMs,
      limitError: () => {
        const message = `The keys of ${this.#source.name} did not come within ${timeoutMs} ms.`
        return new RefreshError('ERR_KEYS_TIMEOUT', message)
      },
      settled: (outcome) => {
        if (this.#flight === flight) this.#flight = undefined
        const durationMs = this.#clock.now() - startedAt
        if (outcome.status === 'rejected') this.#fail(outcome.reason, trigger, durationMs)
        else if (number > this.#heldFrom) {
          this.#heldFrom = number
          this.#succeed(outcome.value, trigger, durationMs)
        }
      },
    })
    if (this.#share) this.#flight = flight
    return flight
  }

  #succeed(set: HeldSet, trigger: RefreshTrigger, durationMs: number): void {
    const held = this.#held
    const keysRemoved = held !== undefined && !set.hasAllOf(held)
    this.#failure = undefined
    this.#failures = 0
    this.#cooldown.succeed()
    if (keysRemoved) this.#version += 1
    this.#held = set
    this.#ranOut = false
    notify(this.#observe, {
      type: 'jwks-refresh',
      from: this.#source.name,
      trigger,
      durationMs,
      keys: set.size,
      refused: set.refused.length,
      keysRemoved,
    })
  }

  #fail(reason: unknown, trigger: RefreshTrigger, durationMs: number): void {
    const failure = reason instanceof KeyError ? reason : unexpected(this.#source.name, reason)
    const asked = failure instanceof RefreshError ? failure.retryAfterMs : undefined
    const retryAfterMs = asked === undefined ? undefined : Math.min(asked, MAX_RETRY_AFTER_MS)
    this.#failure = failure
    this.#failures += 1
    this.#ranOut = false
    // It told nothing about the key. The pause after a failure is what spaces out the next tries.
    this.#unknownAt = undefined
    const cooldownMs = this.#cooldown.fail({ permanent: false, retryAfterMs })
    notify(this.#observe, {
      type: 'jwks-refresh-failed',
      from: this.#source.name,
      trigger,
      durationMs,
      code: failure.code,
      keysLeft: this.#held !== undefined,
      cooldownMs,
    })
  }
}

function unexpected(name: string, cause: unknown): KeyError {
  return new KeyError('ERR_KEYS_FETCH', `The keys of ${name} could not be fetched.`, { cause })
}

function noneUsable(name: string, cause?: KeyError): KeyError {
  const hint = 'Are its keys for other algorithms than those allowed here?'
  const message = `No key of ${name} can be used. ${cause === undefined ? hint : 'The cause says what is wrong with the first one.'}`
  return new KeyError('ERR_KEYS_NONE', message, { cause })
}
