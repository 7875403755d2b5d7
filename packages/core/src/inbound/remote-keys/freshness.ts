import { parseDate } from '../../base/clock.ts'
/** Between which two lifetimes a server may choose, in milliseconds. */
export interface LifetimeBounds {
  readonly minMs: number
  readonly maxMs: number
}

/**
 * Reads how long an answer stays fresh (RFC 9111 section 4.2), in milliseconds and within bounds. A
 * server that does not say gets the longest; one that says it wrongly, or wants nothing kept, the
 * shortest.
 */
export function lifetimeOf(headers: Headers, { minMs, maxMs }: LifetimeBounds): number {
  const stated = statedLifetime(headers)
  if (stated === undefined) return maxMs
  const lifetime = (stated - secondsIn(headers.get('age'), 0)) * 1000
  return lifetime > minMs ? Math.min(lifetime, maxMs) : Math.min(minMs, maxMs)
}

/** Seconds, counted from when the answer was made. What cannot be read counts as none. */
function statedLifetime(headers: Headers): number | undefined {
  const directives = (headers.get('cache-control') ?? '')
    .split(',')
    .map((directive) => directive.trim().toLowerCase())
  if (directives.some((one) => /^no-(?:store|cache)(?:$|=)/.test(one))) return 0
  const ages = directives.flatMap((one) => /^max-age=(.*)$/.exec(one)?.[1] ?? [])
  if (ages.length > 0) return Math.min(...ages.map((age) => secondsIn(unquoted(age), 0)))
  const expires = headers.get('expires')
  if (expires === null) return undefined
  const seconds = (parseDate(expires) - parseDate(headers.get('date') ?? '')) / 1000
  return Number.isNaN(seconds) ? 0 : seconds
}

function unquoted(text: string): string {
  return text.replace(/^"(.*)"$/, '$1')
}

function secondsIn(text: string | null, otherwise: number): number {
  return text !== null && /^\d{1,12}$/.test(text.trim()) ? Number(text) : otherwise
}
