import type { Clock } from '@mayfly/core'

const HOUR_MS = 3_600_000

/** When a key was used, oldest first; what lies before `from` is more than an hour ago. */
interface Uses {
  readonly atMs: number[]
  from: number
}

/** Counts the requests of each key over a rolling hour. */
export class RateLimit {
  readonly #clock: Clock
  readonly #limit: number
  readonly #uses = new Map<string, Uses>()

  constructor(limit: number, clock: Clock) {
    this.#limit = limit
    this.#clock = clock
  }

  /** Takes one request from what a key has left. `false`: there was nothing left. */
  take(keyId: string): boolean {
    const uses = this.#uses.get(keyId) ?? { atMs: [], from: 0 }
    this.#uses.set(keyId, uses)
    if (this.#remaining(uses) <= 0) return false
    uses.atMs.push(this.#clock.now())
    return true
  }

  /** The value of `X-Rate-Limit` for a key. */
  header(keyId: string): string {
    const uses = this.#uses.get(keyId)
    const remaining = uses === undefined ? this.#limit : this.#remaining(uses)
    return `user-hour-lim:${this.#limit};user-hour-rem:${remaining};`
  }

  #remaining(uses: Uses): number {
    const since = this.#clock.now() - HOUR_MS
    while ((uses.atMs[uses.from] ?? Number.POSITIVE_INFINITY) <= since) uses.from += 1
    if (uses.from > 1024) {
      uses.atMs.splice(0, uses.from)
      uses.from = 0
    }
    return this.#limit - (uses.atMs.length - uses.from)
  }
}
