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
  if (clock.timeout === undefined || clock === systemClock) {
    // A timer of the machine can be taken back; a signal of its would stay until it fired.
    const timer: unknown = setTimeout(ring, countable(ms))
    if (typeof timer === 'object') (timer as { unref?: () => void }).unref?.()
    return () => clearTimeout(timer as number)
  }
  const signal = clock.timeout(ms)
  if (signal.aborted) queueMicrotask(ring)
  else signal.addEventListener('abort', ring, { once: true })
  return () => signal.removeEventListener('abort', ring)
}

/** A limit in time on something that runs, and what leaves nothing behind once that has ended. */
export interface Deadline {
  /** Aborts when the time is up, or the signal from outside does. */
  readonly signal: AbortSignal
  /** Whether the time is up. */
  readonly isOver: boolean
  /** Counts from now on, so many milliseconds. */
  readonly restart: (ms: number) => void
  /** Calls the timer off and lets go of the signal from outside. */
  end(): void
}

/** Begins a {@link Deadline}. It needs neither `AbortSignal.any` nor `AbortSignal.timeout`. */
export function deadline(clock: Clock, ms: number, outside?: AbortSignal): Deadline {
  return deadlineOf(clock, ms, { outside, parts: 1 })
}

/**
 * Begins a {@link Deadline} for somebody else's answer: it runs in four parts, each begun when the one
 * before has ended. A process that is busy itself is late with one part at a time, and between two of
 * them it reads what has come, so that its own delay does not count as the other's.
 */
export function answerDeadline(clock: Clock, ms: number, outside?: AbortSignal): Deadline {
  return deadlineOf(clock, ms, { outside, parts: 4 })
}

function deadlineOf(
  clock: Clock,
  ms: number,
  { outside, parts }: { readonly outside: AbortSignal | undefined; readonly parts: number },
): Deadline {
  const controller = new AbortController()
  let isOver = false
  let callOff: (() => void) | undefined
  const begin = (forMs: number, left: number): void => {
    callOff?.()
    callOff = alarm(clock, forMs / left, () => {
      if (left > 1) {
        begin(forMs - forMs / left, left - 1)
        return
      }
      isOver = true
      controller.abort(new DOMException('The operation timed out', 'TimeoutError'))
    })
  }
  begin(ms, parts)
  const onOutside = (): void => controller.abort(outside?.reason)
  if (outside?.aborted === true) onOutside()
  else outside?.addEventListener('abort', onOutside, { once: true })
  return {
    signal: controller.signal,
    get isOver() {
      return isOver
    },
    restart: (afterMs) => begin(afterMs, parts),
    end() {
      callOff?.()
      outside?.removeEventListener('abort', onOutside)
    },
  }
}

/** Waits for a promise whose maker may ignore its signal; rejects with the reason of that. */
export function untilAborted<Value>(pending: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise<Value>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    pending.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

/** Waits so many milliseconds of a clock. Rejects with the signal's reason when that aborts. */
export async function pause(
  clock: Clock,
  ms: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted()
  // Such a timer keeps no process alive, but anyone who waits here wants an answer.
  const letGo = holdProcess()
  let callOff: (() => void) | undefined
  const rung = new Promise<void>((resolve) => {
    callOff = alarm(clock, ms, resolve)
  })
  try {
    await (signal === undefined ? rung : untilAborted(rung, signal))
  } finally {
    callOff?.()
    letGo()
  }
}

/** Keeps the process alive, until the function that it gives is called. */
export function holdProcess(): () => void {
  const timer = setInterval(() => {}, LONGEST_MS)
  return () => clearInterval(timer)
}

/** Reads a date that somebody else wrote, as in `Date` and `Expires`, in milliseconds; `NaN` for no date. */
export function parseDate(text: string): number {
  return Date.parse(text)
}
