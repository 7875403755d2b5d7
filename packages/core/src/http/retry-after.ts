import { parseDate } from '../base/clock.ts'
/** `Retry-After` as a number of seconds (RFC 9110 section 10.2.3). */
const SECONDS = /^\d{1,9}$/

/**
 * Reads how long a server asks to be left alone, in milliseconds; `undefined` where it does not say.
 * A date is measured against the answer's own `Date`, so that a wrong local clock does no harm.
 */
export function retryAfterOf(headers: Headers, localNow: number): number | undefined {
  const value = headers.get('retry-after')?.trim()
  if (value === undefined || value === '') return undefined
  if (SECONDS.test(value)) return Number(value) * 1000
  const until = parseDate(value)
  if (Number.isNaN(until)) return undefined
  const serverNow = parseDate(headers.get('date') ?? '')
  return Math.max(0, until - (Number.isNaN(serverNow) ? localNow : serverNow))
}
