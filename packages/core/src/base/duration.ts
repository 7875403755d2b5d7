import { describe, invalid, type NumberBounds, requireNumber } from './options.ts'

const SECONDS_PER: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/**
 * Reads a duration as people write it on a command line, and gives whole seconds: `20m`, `48h`, `90s`,
 * `1h30m`, `30d`; a number without a unit is seconds.
 *
 * @throws {OptionError} `ERR_OPTION_INVALID` when it is no duration, or out of bounds.
 *
 * @example
 * ```ts
 * import { requireDuration } from '@mayfly/core/options'
 *
 * console.log(requireDuration('1h30m', 'lifetime')) // 5400
 * ```
 */
export function requireDuration(value: unknown, name: string, bounds: NumberBounds = {}): number {
  if (typeof value !== 'string') throw noDuration(name, describe(value))
  const text = value.trim()
  if (/^\d{1,15}$/.test(text)) return requireNumber(Number(text), name, bounds)
  if (!/^(\d{1,12}d)?(\d{1,12}h)?(\d{1,12}m)?(\d{1,12}s)?$/.test(text) || text === '') {
    throw noDuration(name, `"${text.slice(0, 32)}"`)
  }
  let seconds = 0
  for (const [, amount, unit] of text.matchAll(/(\d+)([dhms])/g)) {
    seconds += Number(amount) * (SECONDS_PER[unit ?? ''] ?? Number.NaN)
  }
  return requireNumber(seconds, name, bounds)
}

function noDuration(name: string, found: string): Error {
  return invalid(name, `"${name}" must be a duration such as 90s, 20m, 48h or 30d, not ${found}.`)
}
