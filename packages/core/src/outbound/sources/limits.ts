import { invalid, optionalNumber } from '../../base/options.ts'

/** How long a vendor lets its tokens live, in seconds. */
export interface LifetimeLimits {
  readonly min: number
  readonly max: number
  /** What it is where nothing is asked for. */
  readonly usual: number
  /** Says what the vendor takes, for the message. */
  readonly rule: string
}

/** Reads a `lifetime` that is within a vendor's limits; what is beyond them is refused. */
export function requireLifetime(asked: number | undefined, limits: LifetimeLimits): number {
  const { min, max, usual, rule } = limits
  const lifetime = optionalNumber(asked, 'lifetime', { min: 1, integer: true }) ?? usual
  if (lifetime >= min && lifetime <= max) return lifetime
  throw invalid('lifetime', `"lifetime" is ${lifetime} seconds; ${rule}.`)
}
