import { UsageError } from '../usage-error.ts'

const SECONDS: Readonly<Record<string, number>> = { w: 604_800, d: 86_400, h: 3600, m: 60, s: 1 }
const PARTS = /^(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?$/

/**
 * Reads a duration as whole seconds: `20m`, `48h`, `90s`, `1h30m`, `7d`, `2w`, or a number of seconds.
 *
 * @throws {UsageError} which names the option, and not what it was set to.
 */
export function parseDuration(text: string, flag: string): number {
  const trimmed = text.trim().toLowerCase()
  const seconds = /^\d+$/.test(trimmed) ? Number(trimmed) : secondsOf(trimmed)
  if (seconds !== undefined && Number.isSafeInteger(seconds)) return seconds
  throw new UsageError(
    `${flag} takes a duration: 90s, 20m, 48h, 7d, 1h30m, or a whole number of seconds.`,
  )
}

function secondsOf(text: string): number | undefined {
  if (text === '' || !PARTS.test(text)) return undefined
  return [...text.matchAll(/(\d+)([wdhms])/g)].reduce(
    (sum, [, count, unit = '']) => sum + Number(count) * (SECONDS[unit] ?? Number.NaN),
    0,
  )
}

/** Writes seconds as {@link parseDuration} reads them, with the largest units that fit: `1h30m`. */
export function formatDuration(seconds: number): string {
  let rest = Math.round(Math.abs(seconds))
  if (rest === 0) return '0s'
  let text = ''
  for (const [unit, size] of Object.entries(SECONDS)) {
    if (unit === 'w' || rest < size) continue
    text += `${Math.floor(rest / size)}${unit}`
    rest %= size
  }
  return text
}
