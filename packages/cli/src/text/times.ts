/** Past this a NumericDate can only be milliseconds (the year 5138 in seconds). */
export const MILLISECONDS_FROM = 1e11

const UNITS: readonly (readonly [name: string, seconds: number])[] = [
  ['y', 31_557_600],
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
]

/** Writes a number of seconds as a person says it, in at most two units: `2 h 5 min`. */
export function durationText(seconds: number): string {
  const whole = Math.round(Math.abs(seconds))
  const index = UNITS.findIndex(([, size]) => whole >= size)
  const [name, size] = UNITS[index] ?? ['s', 1]
  const count = Math.floor(whole / size)
  const [nextName, nextSize] = UNITS[index + 1] ?? ['s', 1]
  const next = Math.floor((whole - count * size) / nextSize)
  return index < 0 || index === UNITS.length - 1 || next === 0
    ? `${count} ${name}`
    : `${count} ${name} ${next} ${nextName}`
}

/** Writes how far a moment is away: `in 12 min`, `3 h ago`, `now`. Both in seconds. */
export function relativeText(at: number, now: number): string {
  const seconds = Math.round(at - now)
  if (seconds === 0) return 'now'
  return seconds > 0 ? `in ${durationText(seconds)}` : `${durationText(seconds)} ago`
}

/** Writes a NumericDate in UTC: `2026-11-21 13:17:02 UTC`. `undefined` where it is no moment. */
export function utcText(seconds: number): string | undefined {
  const date = new Date(seconds * 1000)
  if (Number.isNaN(date.getTime())) return undefined
  return `${date
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, '')} UTC`
}
