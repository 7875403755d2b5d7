import { UsageError } from '../usage-error.ts'

/**
 * Reads a time as seconds since 1970: a number of them, or an ISO date, in UTC unless it says otherwise.
 *
 * @throws {UsageError} which names the option.
 */
export function parseTime(text: string, flag: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text)
  const isDate = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/i
  if (isDate.test(text)) {
    const hasZone = /(?:Z|[+-]\d\d:?\d\d)$/i.test(text) || text.length === 10
    const ms = Date.parse(hasZone ? text : `${text}Z`)
    if (!Number.isNaN(ms)) return Math.floor(ms / 1000)
  }
  throw new UsageError(`${flag} takes a time: 2026-11-21T20:00:00Z, or seconds since 1970.`)
}
