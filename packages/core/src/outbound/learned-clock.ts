import { type Clock, timeoutSignal, parseDate } from '../base/clock.ts'
import { clockOption } from '../base/options.ts'

/** Slower than this an answer says too little about the server's clock. */
const MAX_ROUND_TRIP_MS = 10_000

/** A learned offset that changes by more than this means that a clock was set. */
export const CLOCK_STEP_MS = 1000

/** `Date` has a resolution of one second (RFC 9110 section 5.6.7). */
const DATE_RESOLUTION_MS = 1000

const IMF_FIXDATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/

/** What one answer tells about the server's clock. */
export interface ClockSample {
  /** The `Date` header field. */
  readonly date: string | null | undefined
  /** The `Age` header field; where it is present the answer came from a cache. */
  readonly age?: string | null | undefined
  /** The local clock when the request was sent, in milliseconds. */
  readonly sentAt: number
  /** The local clock when the head of the answer had arrived, in milliseconds. */
  readonly receivedAt: number
}

/**
 * Keeps a server's time: the local clock plus an offset learned from the server's answers.
 *
 * Each answer bounds the offset to an interval; intervals are intersected, and one that does not
 * overlap means that a clock stepped. Zero stays in force while it is possible at all.
 */
export class LearnedClock implements Clock {
  readonly #local: Clock
  #low = Number.NEGATIVE_INFINITY
  #high = Number.POSITIVE_INFINITY
  #offsetMs = 0

  /** @param local default: the machine's. */
  constructor(local?: Clock) {
    this.#local = clockOption(local)
  }

  /** How far the server's clock is ahead of the local one, in milliseconds. */
  get offsetMs(): number {
    return this.#offsetMs
  }

  now(): number {
    return this.#local.now() + this.#offsetMs
  }

  timeout(ms: number): AbortSignal {
    return timeoutSignal(this.#local, ms)
  }

  /** Learns from an answer; returns by how much the offset changed, in milliseconds. */
  learn(sample: ClockSample): number {
    const interval = offsetInterval(sample)
    if (interval === undefined) return 0
    const low = Math.max(this.#low, interval.low)
    const high = Math.min(this.#high, interval.high)
    const stepped = low > high
    this.#low = stepped ? interval.low : low
    this.#high = stepped ? interval.high : high
    const before = this.#offsetMs
    this.#offsetMs = this.#low <= 0 && this.#high >= 0 ? 0 : (this.#low + this.#high) / 2
    return this.#offsetMs - before
  }
}

/** The offsets that an answer allows, or `undefined` where it tells nothing. */
function offsetInterval(sample: ClockSample): { low: number; high: number } | undefined {
  const { date, age, sentAt, receivedAt } = sample
  if (typeof date !== 'string' || !IMF_FIXDATE.test(date)) return undefined
  if (age !== undefined && age !== null) return undefined
  const roundTrip = receivedAt - sentAt
  // A negative round trip means that the local clock itself was set back meanwhile.
  if (!(roundTrip >= 0 && roundTrip <= MAX_ROUND_TRIP_MS)) return undefined
  const serverTime = parseDate(date)
  if (Number.isNaN(serverTime)) return undefined
  return { low: serverTime - receivedAt, high: serverTime + DATE_RESOLUTION_MS - sentAt }
}

/** Keeps one {@link LearnedClock} per origin. Share it between wrappers that call the same servers. */
export class LearnedClocks {
  readonly #local: Clock
  readonly #clocks = new Map<string, LearnedClock>()

  /** @param local default: the machine's. */
  constructor(local?: Clock) {
    this.#local = clockOption(local)
  }

  /** The clock of an origin such as `https://api.example.com`. */
  of(origin: string): LearnedClock {
    let clock = this.#clocks.get(origin)
    if (clock === undefined) {
      clock = new LearnedClock(this.#local)
      this.#clocks.set(origin, clock)
    }
    return clock
  }

  /** The learned offsets in milliseconds, by origin. */
  offsets(): Record<string, number> {
    return Object.fromEntries([...this.#clocks].map(([origin, clock]) => [origin, clock.offsetMs]))
  }
}

/** How far a clock is known to be off the local one, in milliseconds. */
export function offsetOf(clock: Clock): number {
  const offset: unknown = Reflect.get(clock, 'offsetMs')
  return typeof offset === 'number' ? offset : 0
}
