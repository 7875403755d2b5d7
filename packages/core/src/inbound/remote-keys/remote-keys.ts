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
import type { HeldSet, KeysSnapshot } from './held-set.ts'
import { KeySource } from './key-source.ts'
import {
  publicKeyAlgorithms,
  readLimits,
  readSnapshot,
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

/** This many looks for a newer key may come at once, so that one made-up id locks no rotated key out. */
const BURST = 3

/**
 * The public keys of an issuer, fetched over HTTP: from a `jwksUri`, or from where the issuer's own
 * metadata says (RFC 8414, OpenID Connect Discovery 1.0).
 *
 * A set is fetched once for however many ask, refreshed in the background before it runs out, and used
 * on for a day while no newer one can be had. A set without any usable key never takes the place of
 * another. A token that no key of it verifies leads to one more fetch per `cooldownMs`, or three at once,
 * and never holds up a token that one does. Without usable keys {@link RemoteKeys.find}
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
  /** Looks for a newer key that may be taken at once, and since when they were not all there. */
  #looks = BURST
  #looksSince = 0
  /** Where it begins; looked through when it is first needed. */
  #snapshot: KeysSnapshot | undefined
  #restoring: Promise<void> | undefined

  /** @throws {OptionError} when an option is missing, unknown or unsound. */
  constructor(options: RemoteKeysOptions) {
    requireRemoteKeysOptions(options)
    this.algorithms = publicKeyAlgorithms(options.algorithms)
    this.#limits = readLimits(options)
    this.#clock = clockOption(options.clock)
    this.#observe = options.observe
    const { cacheMaxAgeMs: maxMs, cooldownMs: minMs, timeoutMs } = this.#limits
    this.#source = new KeySource(options, {
      algorithms: this.algorithms,
      clock: this.#clock,
      timeoutMs,
      bounds: { minMs, maxMs },
    })
    this.#cooldown = new Cooldown(this.#clock, { firstMs: FIRST_PAUSE_MS })
    const from = this.#source.name
    this.#snapshot = readSnapshot(options.snapshot, { from, now: this.#clock.now(), maxMs })
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
    if (this.#snapshot !== undefined) return this.#restore().then(() => this.find(algorithm, keyId))
    const held = this.#tend()
    if (held === undefined) return this.#findAfter('first', algorithm, keyId)
    if (this.#mustWait(held)) return this.#findAfter('expired', algorithm, keyId)
    const found = held.index.find(algorithm, keyId)
    if (found.length > 0) return found
    if (this.#flight === undefined && !this.#mayLook()) return this.#requireFound(found)
    return this.#findAfter('unknown-key', algorithm, keyId)
  }

  /**
   * Looks once more for keys, where none that {@link RemoteKeys.find} gave has verified a token: its issuer
   * may have replaced one without a new id. Beyond the budget of such looks it gives none, at once.
   */
  async findNewer(algorithm: Algorithm, keyId: string | undefined): Promise<readonly Key[]> {
    if (this.#flight === undefined && !this.#mayLook()) return NO_KEYS
    await this.#refresh('unknown-key')
    return this.#held?.index.find(algorithm, keyId) ?? NO_KEYS
  }

  /**
   * Fetches the keys unless there are fresh ones, so that the first request need not wait.
   *
   * @throws {KeyError} `ERR_KEYS_TIMEOUT`, `ERR_KEYS_FETCH`, `ERR_KEYS_FORMAT` or `ERR_KEYS_ISSUER` when
   * no keys could be had, and `ERR_KEYS_NONE` when none of those there are can be used.
   */
  async warmUp(): Promise<void> {
    if (this.#snapshot !== undefined) await this.#restore()
    const held = this.#tend()
    if (held === undefined || this.#isOld(held)) await this.#refresh('warm-up')
    if (this.#held === undefined) throw this.#failure ?? unexpected(this.#source.name, undefined)
  }

  /**
   * Fetches the keys now, whatever their age: for an issuer that has withdrawn one.
   *
   * @throws {KeyError} as {@link RemoteKeys.warmUp}; the keys that are there stay then.
   */
  async reload(): Promise<void> {
    // What runs already may have been answered before the key was withdrawn.
    if (this.#flight !== undefined) await this.#flight.wait().catch(() => {})
    const flight = this.#flight ?? this.#start('reload')
    await flight.wait().catch(() => {})
    if (this.#failure !== undefined) throw this.#failure
  }

  /**
   * Gives the keys as JSON, to be kept and given to the next process as `snapshot`; `undefined` while there
   * are none. They are public, but whoever can change what is kept can sign tokens.
   */
  snapshot(): KeysSnapshot | undefined {
    return this.#held?.snapshot(this.#source.name)
  }

  /** Says where the keys stand. Asking begins a refresh that is due. */
  health(): RemoteKeysHealth {
    if (this.#snapshot !== undefined) void this.#restore()
    const held = this.#tend()
    const isOld = held !== undefined && this.#isOld(held)
    // A server that gets no requests before it is ready would otherwise never be.
    const restores = this.#restoring !== undefined
    if ((held === undefined && !restores) || isOld) {
      this.#refreshInBackground(isOld ? 'expired' : 'first')
    }
    return {
      from: this.#source.name,
      state: held === undefined ? 'empty' : isOld ? 'stale' : 'fresh',
      keys: held?.size ?? 0,
      algorithms: held?.algorithms ?? [],
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

  /** Whoever sends what no key verifies gets a few fetches out of all of them together. */
  #mayLook(): boolean {
    if (this.#cooldown.active) return false
    const now = this.#clock.now()
    const { cooldownMs } = this.#limits
    const regained = Math.floor((now - this.#looksSince) / cooldownMs)
    if (regained < 0 || this.#looks + regained >= BURST) {
      // A clock that was set back proves no look to be long ago; nor does it keep any from coming back.
      this.#looks = regained < 0 ? this.#looks : BURST
      this.#looksSince = now
    } else {
      this.#looks += regained
      this.#looksSince += regained * cooldownMs
    }
    if (this.#looks === 0) return false
    this.#looks -= 1
    return true
  }

  /** Takes the snapshot for the set in hand, once. One that is of no use is forgotten. */
  async #restore(): Promise<void> {
    const snapshot = this.#snapshot
    if (snapshot === undefined) return
    this.#restoring ??= this.#begin(snapshot)
    await this.#restoring
    this.#snapshot = undefined
    this.#restoring = undefined
  }

  async #begin({ fetchedAtMs: askedAt, lifetimeMs, keys }: KeysSnapshot): Promise<void> {
    const set = await this.#source.read(keys, { askedAt, lifetimeMs }).catch(() => undefined)
    this.#held ??= set
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
    this.#looks = Math.min(this.#looks + 1, BURST)
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
