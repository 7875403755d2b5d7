import { isNumericDate } from '../signed-jwt.ts'

/** Why the dates of an SDK token are wrong. */
export type ZoomTimesFault = 'dates' | 'too-short' | 'too-long' | 'iat-in-future' | 'expired'

/** Zoom's limits from `iat` to an end, in seconds. */
export const MIN_LIFETIME = 1800
const MAX_LIFETIME = 172_800

/** Judges when a token begins and ends: 30 minutes to 48 hours apart, and now is between them. */
export function judgeZoomTimes(
  { from, until }: { readonly from: unknown; readonly until: unknown },
  now: number,
): ZoomTimesFault | undefined {
  if (!isNumericDate(from) || !isNumericDate(until)) return 'dates'
  if (until - from < MIN_LIFETIME) return 'too-short'
  if (until - from > MAX_LIFETIME) return 'too-long'
  if (from > now) return 'iat-in-future'
  return until <= now ? 'expired' : undefined
}
