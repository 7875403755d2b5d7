import type { Clock } from '@mayfly/core'
import { requireNumber } from '@mayfly/core/adapter'

/** A clock that goes with another one, so many milliseconds ahead of it or behind. */
export class OffsetClock implements Clock {
  readonly #base: Clock
  #offsetMs = 0

  constructor(base: Clock) {
    this.#base = base
  }

  get offsetMs(): number {
    return this.#offsetMs
  }

  set offsetMs(ms: number) {
    this.#offsetMs = requireNumber(ms, 'clockOffsetMs', {
      min: -Number.MAX_SAFE_INTEGER,
      unit: 'milliseconds',
    })
  }

  now(): number {
    return this.#base.now() + this.#offsetMs
  }

  timeout(ms: number): AbortSignal {
    return this.#base.timeout?.(ms) ?? AbortSignal.timeout(ms)
  }
}
