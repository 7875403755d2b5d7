import { type Clock, OptionError } from '@mayfly/core'

/** 2023-11-14T22:13:20Z: a round number of seconds, so that test values are easy to read. */
const DEFAULT_START_MS = 1_700_000_000_000

interface Timeout {
  readonly due: number
  readonly controller: AbortController
}

/**
 * Stands still until a test moves it. It goes wherever a `clock` option is taken, and makes a test of
 * expiry, skew or timeouts exact and instant.
 *
 * Time passes in {@link FakeClock.advance} alone: that moves what {@link FakeClock.now} says, and ends
 * the timeouts that fall due on the way. {@link FakeClock.set} is somebody setting the clock: the time
 * of day jumps, in either direction, and timeouts do not notice, as with the machine's own.
 *
 * @example
 * ```ts
 * import { FakeClock } from '@mayfly/testing'
 *
 * const clock = new FakeClock()
 * const signal = clock.timeout(10_000)
 * clock.advance(9_999)
 * console.log(signal.aborted) // false
 * clock.advance(1)
 * console.log(signal.aborted, clock.now()) // true 1700000010000
 * ```
 */
export class FakeClock implements Clock {
  #nowMs: number
  /** Milliseconds that have passed, whatever the clock was set to: what timeouts are counted in. */
  #elapsedMs = 0
  #timeouts: readonly Timeout[] = []

  /**
   * @param startMs Milliseconds since the Unix epoch. Default 1 700 000 000 000, which as a
   *   NumericDate is 1 700 000 000.
   * @throws {OptionError} `ERR_OPTION_INVALID` when it is not a finite number.
   */
  constructor(startMs: number = DEFAULT_START_MS) {
    this.#nowMs = finite(startMs, 'startMs')
  }

  /** Tells the time in milliseconds since the Unix epoch. */
  now(): number {
    return this.#nowMs
  }

  /**
   * Lets milliseconds pass. Timeouts end in the order in which they fall due, and a listener that asks
   * for the time then is told the moment its timeout fell due.
   *
   * @throws {OptionError} `ERR_OPTION_INVALID` when `ms` is negative: use {@link FakeClock.set}.
   */
  advance(ms: number): void {
    if (finite(ms, 'ms') < 0) {
      throw new OptionError(
        'ERR_OPTION_INVALID',
        'ms',
        `Time cannot pass backwards: "ms" is ${ms}. To set the clock back, use set().`,
      )
    }
    const until = this.#elapsedMs + ms
    for (;;) {
      const next = this.#takeDue(until)
      if (next === undefined) break
      this.#pass(next.due - this.#elapsedMs)
      next.controller.abort(new DOMException('The operation timed out', 'TimeoutError'))
    }
    // A listener may itself have let time pass, and then there is less of it left, or none.
    this.#pass(Math.max(0, until - this.#elapsedMs))
  }

  /** Lets seconds pass: token time is counted in seconds. */
  advanceSeconds(seconds: number): void {
    this.advance(finite(seconds, 'seconds') * 1000)
  }

  /** Sets the clock, forwards or backwards, without any time passing: no timeout ends. */
  set(ms: number): void {
    this.#nowMs = finite(ms, 'ms')
  }

  /**
   * Makes a signal that aborts, with the `TimeoutError` of `AbortSignal.timeout`, once the clock has
   * been advanced by so many milliseconds.
   */
  timeout(ms: number): AbortSignal {
    const timeout = {
      due: this.#elapsedMs + Math.max(0, finite(ms, 'ms')),
      controller: new AbortController(),
    }
    this.#timeouts = [...this.#timeouts, timeout]
    return timeout.controller.signal
  }

  #pass(ms: number): void {
    this.#nowMs += ms
    this.#elapsedMs += ms
  }

  #takeDue(until: number): Timeout | undefined {
    let next: Timeout | undefined
    for (const timeout of this.#timeouts) {
      if (timeout.due <= until && (next === undefined || timeout.due < next.due)) next = timeout
    }
    if (next !== undefined) this.#timeouts = this.#timeouts.filter((timeout) => timeout !== next)
    return next
  }
}

function finite(value: number, name: string): number {
  if (Number.isFinite(value)) return value
  throw new OptionError(
    'ERR_OPTION_INVALID',
    name,
    `"${name}" must be a finite number, not ${typeof value === 'number' ? value : typeof value}.`,
  )
}
