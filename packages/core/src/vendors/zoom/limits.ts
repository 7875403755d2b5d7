import { describe, invalid, requireOneOf } from '../../base/options.ts'
import type { LifetimeLimits } from '../../outbound/sources/signed-payload.ts'

/** Who somebody is in a session or a meeting. */
export type ZoomRole = 'host' | 'participant'

/** Zoom's way to say no or yes. */
export type ZoomSwitch = 0 | 1

/** From `iat`, on both SDKs. */
export const SDK_LIFETIME: LifetimeLimits = Object.freeze({
  min: 1800,
  max: 172_800,
  usual: 7200,
  rule: 'Zoom takes SDK tokens of 1800 (30 minutes) to 172800 (48 hours)',
})

/** Zoom's servers are known to find a clock that is right a little fast. */
export const SDK_BACKDATE = 30

/** Reads a role as the number that goes into the token. */
export function roleNumber(role: unknown): ZoomSwitch {
  const written = typeof role === 'string' && role !== '' ? Number(role) : role
  if (written === 0 || written === 1) {
    const word = written === 1 ? 'host' : 'participant'
    throw invalid(
      'role',
      `"role" must be "host" or "participant": what Zoom calls ${written} is "${word}".`,
    )
  }
  return requireOneOf<ZoomRole>(role, 'role', ['host', 'participant']) === 'host' ? 1 : 0
}

/** Checks a claim that is one of a few numbers, and may be left out. */
export function optionalChoice<Choice extends number>(
  value: unknown,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  if (value === undefined) return undefined
  const found = choices.find((choice) => choice === value)
  if (found !== undefined) return found
  throw invalid(
    name,
    `"${name}" must be the number ${choices.join(' or ')}, not ${describe(value)}.`,
  )
}
