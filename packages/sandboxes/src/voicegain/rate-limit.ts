import type { Clock } from '@mayfly/core'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

/** How many requests an account may make in a minute and in an hour. */
export interface VoicegainLimits {
  readonly perMinute: number
  readonly perHour: number
}

/** What is left of the limit that ends first, or that is reached. */
export interface LimitState {
  readonly allowed: boolean
  readonly headers: Readonly<Record<string, string>>
}

/** Counts requests in windows that begin and end with the minute and the hour. */
export class RateLimit {
  readonly #clock: Clock
  readonly #limits: VoicegainLimits
  readonly #used = new Map<number, { window: number; count: number }>()

  constructor(limits: VoicegainLimits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
  }

  /** Takes one request from what is left, and tells the headers of its answer. */
  take(): LimitState {
    const { perMinute, perHour } = this.#limits
    const minute = this.#left(MINUTE_MS, perMinute)
    const hour = this.#left(HOUR_MS, perHour)
    const allowed = minute > 0 && hour > 0
    if (allowed) for (const windowMs of [MINUTE_MS, HOUR_MS]) this.#count(windowMs)
    const tight = hour < minute ? HOUR_MS : MINUTE_MS
    const limit = hour < minute ? perHour : perMinute
    const remaining = Math.max(0, Math.min(minute, hour) - (allowed ? 1 : 0))
    const reset = String(Math.ceil((tight - (this.#clock.now() % tight)) / 1000))
    const headers = {
      'ratelimit-limit': `${limit}, ${perMinute};window=60, ${perHour};window=3600`,
      'ratelimit-remaining': String(remaining),
      'ratelimit-reset': reset,
    }
    return { allowed, headers: allowed ? headers : { ...headers, 'retry-after': reset } }
  }

  #left(windowMs: number, limit: number): number {
    const used = this.#used.get(windowMs)
    return used?.window === this.#windowOf(windowMs) ? limit - used.count : limit
  }

  #count(windowMs: number): void {
    const window = this.#windowOf(windowMs)
    const used = this.#used.get(windowMs)
    const count = used?.window === window ? used.count : 0
    this.#used.set(windowMs, { window, count: count + 1 })
  }

  #windowOf(windowMs: number): number {
    return Math.floor(this.#clock.now() / windowMs)
  }
}
