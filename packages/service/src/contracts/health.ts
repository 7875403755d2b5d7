import type { Clock } from '@mayfly/core'
import { jsonResponse } from '../http/answer.ts'
import type { Operation } from '../http/operation.ts'
import { type HealthCheck, judgeReadiness } from '../ops/health.ts'

/** `GET /healthz`: the process answers. `GET /readyz`: what it needs does too. */
export function healthOperations(
  checks: Readonly<Record<string, HealthCheck>>,
  options: {
    readonly clock: Clock
    readonly isDraining: () => boolean
    readonly onFailure: (check: string, error: unknown) => void
  },
): readonly Operation[] {
  return [
    {
      method: 'GET',
      path: '/healthz',
      counted: false,
      handle: () => jsonResponse({ status: 'ok' }),
    },
    {
      method: 'GET',
      path: '/readyz',
      counted: false,
      handle: async () => {
        if (options.isDraining()) return jsonResponse({ status: 'draining', checks: {} }, 503)
        const { ready, checks: verdicts } = await judgeReadiness(checks, options)
        const status = ready ? 'ok' : 'unavailable'
        return jsonResponse({ status, checks: verdicts }, ready ? 200 : 503)
      },
    },
  ]
}
