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
export const systemClock: Required<Clock> = Object.freeze({
  now: (): number => Date.now(),
  timeout: (ms: number): AbortSignal => AbortSignal.timeout(countable(ms)),
})

/** The longest time that a timer can count; one that is longer would end at once. */
const LONGEST_MS = 2_147_483_647

/** The machine's timers take whole milliseconds. */
function countable(ms: number): number {
  return Math.min(Math.max(0, Math.ceil(ms)), LONGEST_MS)
}

/** Reads a clock as a NumericDate: whole seconds since the epoch (RFC 7519 section 2). */
export function nowInSeconds(clock: Clock): number {
  return Math.floor(clock.now() / 1000)
}

/** A signal that aborts after so many milliseconds, by the clock's own time where it can tell. */
export function timeoutSignal(clock: Clock, ms: number): AbortSignal {
  return clock.timeout?.(ms) ?? systemClock.timeout(ms)
}

/**
 * Calls back after so many milliseconds of a clock. It keeps no process alive; the function that it
 * gives calls it off.
 */
export function alarm(clock: Clock, ms: number, ring: () => void): () => void {
  const signal = timeoutSignal(clock, ms)
  if (signal.aborted) queueMicrotask(ring)
  else signal.addEventListener('abort', ring, { once: true })
  return () => signal.removeEventListener('abort', ring)
}

/** Waits so many milliseconds of a clock. Rejects with the signal's reason when that aborts. */
export async function pause(
  clock: Clock,
  ms: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted()
  const limit = timeoutSignal(clock, ms)
  const either = signal === undefined ? limit : AbortSignal.any([limit, signal])
  // A timeout signal keeps no process alive, but whoever waits here wants an answer.
  const keepAlive = setInterval(() => {}, LONGEST_MS)
  try {
    if (!either.aborted) {
      await new Promise<void>((resolve) => {
        either.addEventListener('abort', () => resolve(), { once: true })
      })
    }
    signal?.throwIfAborted()
  } finally {
    clearInterval(keepAlive)
  }
}

/** Reads a date that somebody else wrote, as in `Date` and `Expires`, in milliseconds; `NaN` for no date. */
export function parseDate(text: string): number {
  return Date.parse(text)
}
