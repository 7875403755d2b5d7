import { type Clock } from '@mayfly/core'
import { alarm } from '@mayfly/core/adapter'

/** Something that must work for the service to do so: it rejects while it does not. */
export type HealthCheck = () => Promise<void>

/** What a readiness probe is told. */
export interface Readiness {
  readonly ready: boolean
  /** Each check by its name. No reasons: those are in the log. */
  readonly checks: Readonly<Record<string, 'ok' | 'failed' | 'timeout'>>
}

const TIMEOUT_MS = 2000

/** Asks what the service needs, all at once, and waits two seconds for each at the most. */
export async function judgeReadiness(
  checks: Readonly<Record<string, HealthCheck>>,
  { clock, onFailure }: { clock: Clock; onFailure: (check: string, error: unknown) => void },
): Promise<Readiness> {
  const verdicts = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      try {
        return [name, await within(clock, check)] as const
      } catch (error) {
        onFailure(name, error)
        return [name, 'failed'] as const
      }
    }),
  )
  return {
    ready: verdicts.every(([, verdict]) => verdict === 'ok'),
    checks: Object.fromEntries(verdicts),
  }
}

async function within(clock: Clock, check: HealthCheck): Promise<'ok' | 'timeout'> {
  let callOff: (() => void) | undefined
  const late = new Promise<'timeout'>((resolve) => {
    callOff = alarm(clock, TIMEOUT_MS, () => resolve('timeout'))
  })
  try {
    return await Promise.race([check().then(() => 'ok' as const), late])
  } finally {
    callOff?.()
  }
}
