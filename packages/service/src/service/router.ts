import type { Express } from 'express'
import { consolePage } from '../console/page.ts'
import { consoleVerifier } from '../contracts/console-tokens.ts'
import type { ServiceContext } from '../contracts/context.ts'
import { publishedDocuments } from '../contracts/documents.ts'
import type { FailedPart } from '../contracts/events.ts'
import { healthOperations } from '../contracts/health.ts'
import { keyOperations } from '../contracts/keys.ts'
import { metricsOperations } from '../contracts/metrics.ts'
import { oauthOperations } from '../contracts/oauth.ts'
import { recordOperations } from '../contracts/records.ts'
import { telesignOperations } from '../contracts/telesign.ts'
import { tokenOperations } from '../contracts/tokens.ts'
import { voicegainOperations } from '../contracts/voicegain.ts'
import { consoleAuthentication } from '../http/authenticate.ts'
import { bodyReader } from '../http/body.ts'
import type { Operation } from '../http/operation.ts'
import { ServiceProblem } from '../http/problem.ts'
import { RateLimiter } from '../http/rate-limits.ts'
import type { LimiterRedis } from '../http/rate-limits/redis.ts'
import { createRouter } from '../http/router.ts'
import type { LedgerProbe } from '../ledger/probe.ts'
import type { TokenServiceSettings } from './options.ts'
import type { ServiceObservers } from './telling.ts'

/** What `/readyz` tells, beside its checks. */
export interface ReadyState {
  /** Whether the service is about to end. */
  draining: boolean
  readonly probe: LedgerProbe
}

/** Puts the service's operations together, with what stands before them. */
export function serviceRouter({
  settings,
  context,
  redis,
  telling,
  ready,
}: {
  readonly settings: TokenServiceSettings
  readonly context: ServiceContext
  readonly redis: LimiterRedis | undefined
  readonly telling: ServiceObservers
  readonly ready: ReadyState
}): Express {
  const { rateLimits, trustProxy, bodyLimit } = settings
  return createRouter(operationsOf(settings, context, { redis, telling, ready }), {
    before: [telling.watch, consolePage()],
    authenticate: consoleAuthentication(consoleVerifier(context)),
    limiter: new RateLimiter(rateLimits, redis),
    readBody: bodyReader(bodyLimit),
    trustProxy,
    onRefusal: ({ status, code }) => telling.onEvent({ type: 'refuse', status, code }),
    onFailure: (error) => {
      const what = partOf(error)
      if (what === 'ledger') ready.probe.suspect()
      telling.onEvent({ type: 'failure', what, error })
    },
  })
}

function operationsOf(
  { telesign, voicegain, metrics, clock }: TokenServiceSettings,
  context: ServiceContext,
  {
    redis,
    telling,
    ready,
  }: { redis: LimiterRedis | undefined; telling: ServiceObservers; ready: ReadyState },
): readonly Operation[] {
  const access = telesign?.access
  const checks = {
    ledger: () => ready.probe.check(),
    ...(redis !== undefined && { redis: () => redis.ping() }),
  }
  return [
    ...(telesign === undefined ? [] : telesignOperations(telesign, context)),
    ...(voicegain ? voicegainOperations(context) : []),
    ...tokenOperations(context),
    ...recordOperations(context),
    ...oauthOperations(context, telesign),
    ...keyOperations(context.keys),
    ...publishedDocuments(context, {
      voicegain,
      metrics,
      ...(access !== undefined && { telesign: access }),
    }),
    ...healthOperations(checks, {
      clock,
      isDraining: () => ready.draining,
      onFailure: (_check, error) => telling.onEvent({ type: 'failure', what: 'ready', error }),
    }),
    ...(metrics === null ? [] : metricsOperations(telling.metrics, metrics)),
  ]
}

/** What it was that failed a request. */
function partOf(error: unknown): FailedPart {
  const code = error instanceof ServiceProblem ? error.code : undefined
  if (code === 'ERR_LEDGER_UNAVAILABLE') return 'ledger'
  return code === 'ERR_LIMITER_UNAVAILABLE' ? 'limits' : 'request'
}
