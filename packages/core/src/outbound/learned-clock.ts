import { type Clock, timeoutSignal, parseDate } from '../base/clock.ts'
import { clockOption } from '../base/options.ts'

/** Slower than this an answer says too little about the server's clock. */
const MAX_ROUND_TRIP_MS = 10_000

/** Clocks that differ by less are one: `Date` tells no more. */
export const CLOCK_STEP_MS = 2000

/** A server may take a token so long after its end, or before its begin, and still have the right time. */
const LEEWAY_MS = 60_000

/** A candidate that failed is not tried again for so long; doubles with each failure. */
const FIRST_BAR_MS = 120_000
const LONGEST_BAR_MS = 3_600_000

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

/** When a token begins and ends, as NumericDates (seconds). */
export interface TokenDates {
  readonly issuedAt: number
  readonly expiresAt: number
}

/** The use of a candidate, until a token that was dated by it is accepted or refused. */
export interface ClockTrial {
  readonly offsetMs: number
  /** The clock in force had its tokens accepted: it is worth a further try. */
  readonly hadEvidence: boolean
}

/** Where the clock in force comes from: the machine, `Date` headers that proved right, or a trial of such. */
export type ClockOrigin = 'local' | 'learned' | 'trial'

/**
 * Keeps a server's time: the local clock plus an offset. `Date` headers only propose one, since a proxy
 * may have written them; tokens that are accepted or refused decide.
 *
 * Each answer bounds the offset to an interval; intervals are intersected, and one that does not
 * overlap means that a clock stepped. That makes the *candidate*. It is tried when a token is refused,
 * and comes into force when a token that was dated by it is accepted.
 */
export class LearnedClock implements Clock {
  readonly #local: Clock
  #low = Number.NEGATIVE_INFINITY
  #high = Number.POSITIVE_INFINITY
  #inForceMs = 0
  /** Nothing was judged yet, and nobody may ever tell: the candidate is in force. */
  #follows: boolean
  #trial: ClockTrial | undefined
  /** Tokens that were dated by the clock in force have been accepted. */
  #isProven = false
  /** Refusals of such tokens since the last acceptance. */
  #strikes = 0
  #bars = 0
  #barredMs: number | undefined
  #barredAt = 0

  /**
   * @param local default: the machine's.
   * @param follows whether the candidate is in force until a token has been judged, for those who only
   *   ever tell this clock of `Date` headers. Default `true`; the clocks of {@link LearnedClocks} do not.
   */
  constructor(local?: Clock, follows = true) {
    this.#local = clockOption(local)
    this.#follows = follows
  }

  /** How far the server's clock is taken to be ahead of the local one, in milliseconds. */
  get offsetMs(): number {
    return this.#trial?.offsetMs ?? (this.#follows ? this.candidateMs : this.#inForceMs)
  }

  /** How far the `Date` headers say that it is ahead, in milliseconds. */
  get candidateMs(): number {
    return this.#low <= 0 && this.#high >= 0 ? 0 : (this.#low + this.#high) / 2
  }

  /** Where {@link LearnedClock.offsetMs} comes from. */
  get origin(): ClockOrigin {
    if (this.#trial !== undefined) return 'trial'
    return this.offsetMs === 0 ? 'local' : 'learned'
  }

  /** The offset that explains a refusal best: the candidate's, unless evidence spoke against it. */
  get suspectedMs(): number {
    const candidate = this.candidateMs
    return this.#bars > 0 && this.#isBarred(candidate) ? this.offsetMs : candidate
  }

  /** The trial that is under way, for what is dated now. */
  get trial(): ClockTrial | undefined {
    return this.#trial
  }

  now(): number {
    return this.#local.now() + this.offsetMs
  }

  timeout(ms: number): AbortSignal {
    return timeoutSignal(this.#local, ms)
  }

  /** Learns from an answer; returns by how much the candidate changed, in milliseconds. */
  learn(sample: ClockSample): number {
    const interval = offsetInterval(sample)
    if (interval === undefined) return 0
    const before = this.candidateMs
    const low = Math.max(this.#low, interval.low)
    const high = Math.min(this.#high, interval.high)
    const stepped = low > high
    this.#low = stepped ? interval.low : low
    this.#high = stepped ? interval.high : high
    return this.candidateMs - before
  }

  /**
   * Notes that what was dated by this clock was accepted; returns by how much the clock in force
   * changed, in milliseconds.
   *
   * @param trial the one under way when it was dated.
   */
  accepted(trial: ClockTrial | undefined, dates?: TokenDates): number {
    if (trial !== undefined && trial !== this.#trial) return 0
    this.#follows = false
    this.#strikes = 0
    this.#isProven = true
    if (trial === undefined) {
      const candidate = this.candidateMs
      const isWrong = dates !== undefined && this.#forbids(candidate, dates, LEEWAY_MS)
      if (isWrong && this.#differs(candidate) && !this.#isBarred(candidate)) this.#bar(candidate)
      return 0
    }
    const changeMs = trial.offsetMs - this.#inForceMs
    this.#inForceMs = trial.offsetMs
    this.#trial = undefined
    this.#bars = 0
    return changeMs
  }

  /**
   * Notes that what was dated by this clock was refused. `true` where the next is dated by another
   * clock, and the refusal may be due to this one.
   *
   * @param trial the one under way when it was dated.
   * @param dates what it was dated, where that is known.
   */
  refused(trial: ClockTrial | undefined, dates?: TokenDates): boolean {
    this.#follows = false
    if (trial !== undefined) {
      if (trial !== this.#trial) return false
      this.#trial = undefined
      this.#bar(trial.offsetMs)
      return trial.hadEvidence
    }
    if (this.#trial !== undefined) return true
    if (++this.#strikes > 1) this.#isProven = false
    const offsetMs = this.#alternative(dates)
    if (offsetMs === undefined) return false
    this.#trial = { offsetMs, hadEvidence: this.#isProven }
    return true
  }

  #alternative(dates: TokenDates | undefined): number | undefined {
    const candidate = this.candidateMs
    // A clock that had been learned and is of no use any more gives way to the local one.
    const offsetMs = this.#differs(candidate) || this.#isProven ? candidate : 0
    if (!this.#differs(offsetMs) || this.#isBarred(offsetMs)) return undefined
    const isLikely = !this.#isProven || dates === undefined
    return isLikely || this.#forbids(offsetMs, dates, -CLOCK_STEP_MS) ? offsetMs : undefined
  }

  #differs(offsetMs: number): boolean {
    return Math.abs(offsetMs - this.#inForceMs) > CLOCK_STEP_MS
  }

  /** Whether a token would be no good by a clock, be it off by so much. */
  #forbids(offsetMs: number, { issuedAt, expiresAt }: TokenDates, leewayMs: number): boolean {
    const now = this.#local.now() + offsetMs
    return issuedAt * 1000 > now + leewayMs || expiresAt * 1000 < now - leewayMs
  }

  /** While the clock in force is proven, a candidate that failed speaks against every other as well. */
  #isBarred(offsetMs: number): boolean {
    if (this.#barredMs === undefined) return false
    const passed = this.#local.now() - this.#barredAt
    const until = Math.min(FIRST_BAR_MS * 2 ** (this.#bars - 1), LONGEST_BAR_MS)
    if (passed < 0 || passed >= until) return false
    return this.#isProven || Math.abs(offsetMs - this.#barredMs) <= CLOCK_STEP_MS
  }

  #bar(offsetMs: number): void {
    this.#barredMs = offsetMs
    this.#barredAt = this.#local.now()
    this.#bars++
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
      clock = new LearnedClock(this.#local, false)
      this.#clocks.set(origin, clock)
    }
    return clock
  }

  /** The offsets in force in milliseconds, by origin. */
  offsets(): Record<string, number> {
    return Object.fromEntries([...this.#clocks].map(([origin, clock]) => [origin, clock.offsetMs]))
  }
}

/** How far a clock is known to be off the local one, in milliseconds. */
export function offsetOf(clock: Clock): number {
  return numberIn(clock, 'offsetMs')
}

/** How far a clock is suspected to be off the local one, in milliseconds. */
export function suspectedOffsetOf(clock: Clock): number {
  return numberIn(clock, 'suspectedMs')
}

/** By its members, as it may be that of another copy of this library. */
function numberIn(clock: Clock, name: string): number {
  const value: unknown = Reflect.get(clock, name)
  return typeof value === 'number' ? value : 0
}

/** Where a clock's offset comes from. */
export function originOf(clock: Clock): ClockOrigin {
  const origin: unknown = Reflect.get(clock, 'origin')
  return origin === 'learned' || origin === 'trial' ? origin : 'local'
}
