import type { Clock } from '../../base/clock.ts'
import {
  clockOption,
  refuseUnknownOptions,
  requireNumber,
  requireOptions,
} from '../../base/options.ts'

/** Counts a subject's generations of tokens; tokens of an older one are refused. */
export interface Generations {
  /**
   * Seconds that the longest-lived token may be good for: what is older is not remembered. Left out where
   * nothing is ever forgotten.
   */
  readonly maxLifetime?: number
  /** Gives the generation that the subject's tokens must have at the least. What it throws refuses the token. */
  current(subject: string): number | Promise<number>
  /** Begins a new generation, and gives it. All tokens issued before are refused from now on. */
  bump(subject: string): number | Promise<number>
}

/** What a {@link MemoryGenerations} may be told. */
export interface MemoryGenerationsOptions {
  /**
   * Seconds that the longest-lived token is good for: the `maxLifetime` of the issuer, which takes no store
   * that remembers less. Default 86 400, a day.
   */
  readonly maxLifetime?: number
  /** Subjects with a recent new generation, at the most. Default 100 000. */
  readonly max?: number
  readonly clock?: Clock
}

interface Generation {
  readonly number: number
  /** Milliseconds since the epoch: all tokens of older generations have expired by then. */
  readonly neededUntilMs: number
}

/**
 * Counts generations in memory: for one process. A generation's number is the time that it began at,
 * so a subject can be forgotten once its older tokens have expired: what comes later is larger still.
 *
 * @example
 * ```ts
 * import { MemoryGenerations, TokenIssuer, TokenVerifier } from '@mayfly/core'
 *
 * const generations = new MemoryGenerations()
 * const issuer = new TokenIssuer({ issuer: 'https://auth.example.com', generations })
 * const verifier = new TokenVerifier({
 *   issuer: 'https://auth.example.com',
 *   audience: null,
 *   keys: issuer.keys,
 *   generations,
 * })
 * const token = await issuer.issue({ subject: 'alice', expiresIn: 300 })
 * await verifier.verify(token.value)
 * generations.bump('alice') // from now on the token is refused
 * ```
 */
export class MemoryGenerations implements Generations {
  readonly #generations = new Map<string, Generation>()
  readonly maxLifetime: number
  readonly #retentionMs: number
  readonly #max: number
  readonly #clock: Clock

  /** @throws {OptionError} when an option is unknown or unsound. */
  constructor(options: MemoryGenerationsOptions = {}) {
    requireOptions(options, 'MemoryGenerations')
    refuseUnknownOptions(options, ['maxLifetime', 'max', 'clock'], 'MemoryGenerations')
    this.maxLifetime = requireNumber(options.maxLifetime ?? 86_400, 'maxLifetime', { min: 1 })
    // A verifier may accept a token for an hour of clock tolerance after it has expired.
    this.#retentionMs = (this.maxLifetime + 3600) * 1000
    this.#max = requireNumber(options.max ?? 100_000, 'max', {
      min: 1,
      max: 10_000_000,
      integer: true,
      unit: 'subjects',
    })
    this.#clock = clockOption(options.clock)
  }

  current(subject: string): number {
    return this.#generations.get(subject)?.number ?? 0
  }

  /** @throws {Error} when it is full of subjects that cannot be forgotten yet. */
  bump(subject: string): number {
    const nowMs = this.#clock.now()
    const number = Math.max(this.current(subject) + 1, Math.floor(nowMs))
    this.#makeRoom(subject, nowMs)
    // Set anew, so that the map stays in the order in which its subjects can be forgotten.
    this.#generations.delete(subject)
    this.#generations.set(subject, { number, neededUntilMs: nowMs + this.#retentionMs })
    return number
  }

  #makeRoom(subject: string, nowMs: number): void {
    for (const [known, { neededUntilMs }] of this.#generations) {
      if (neededUntilMs > nowMs) break
      this.#generations.delete(known)
    }
    if (this.#generations.size < this.#max || this.#generations.has(subject)) return
    throw new Error(`This in-memory store is full: it holds ${this.#max} subjects still in use.`)
  }
}
