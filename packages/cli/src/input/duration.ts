import { OptionError } from '@mayfly/core'
import { requireDuration } from '@mayfly/core/adapter'
import { UsageError } from '../usage-error.ts'

/**
 * Reads a duration as whole seconds: `20m`, `48h`, `90s`, `1h30m`, `7d`, or a number of seconds.
 *
 * @throws {UsageError} which names the option, and not what it was set to.
 */
export function parseDuration(text: string, flag: string): number {
  try {
    return requireDuration(text, flag, { integer: true })
  } catch (cause) {
    if (!(cause instanceof OptionError)) throw cause
    throw new UsageError(
      `${flag} takes a duration: 90s, 20m, 48h, 7d, 1h30m, or a whole number of seconds.`,
    )
  }
}
