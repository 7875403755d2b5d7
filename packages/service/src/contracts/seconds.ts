import type { Clock } from '@mayfly/core'

/** Reads a clock in seconds. */
export function seconds(clock: Clock): number {
  return Math.floor(clock.now() / 1000)
}
