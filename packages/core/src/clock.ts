/**
 * The seam for time. Everything that judges time takes one, so that a test can hold it still.
 */
export interface Clock {
  /** The time in milliseconds since the Unix epoch. */
  now(): number
  /**
   * A signal that aborts after so many milliseconds of this clock. Optional: the machine's timer is
   * used where a clock has none.
   */
  timeout?(ms: number): AbortSignal
}

/** The machine's clock. */
export const systemClock: Clock = Object.freeze({
  now: (): number => Date.now(),
  timeout: (ms: number): AbortSignal => AbortSignal.timeout(ms),
})

/** Reads a clock as a NumericDate: whole seconds since the epoch (RFC 7519 section 2). */
export function nowInSeconds(clock: Clock): number {
  return Math.floor(clock.now() / 1000)
}

/** A signal that aborts after so many milliseconds, by the clock's own time where it can tell. */
export function timeoutSignal(clock: Clock, ms: number): AbortSignal {
  return clock.timeout?.(ms) ?? AbortSignal.timeout(ms)
}
