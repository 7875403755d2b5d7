import type { Express } from 'express'
import { consolePage } from '../console/page.ts'
import { consoleVerifier } from '../contracts/console-tokens.ts'
import type { ServiceContext } from '../contracts/context.ts'
import { publishedDocuments } from '../contracts/documents.ts'
import type { ServiceEvent } from '../contracts/events.ts'
import { healthOperations } from '../contracts/health.ts'
import { keyOperations } from '../contracts/keys.ts'
import { oauthOperations } from '../contracts/oauth.ts'
import { recordOperations } from '../contracts/records.ts'
import { telesignOperations } from '../contracts/telesign.ts'
import { tokenOperations } from '../contracts/tokens.ts'
import { voicegainOperations } from '../contracts/voicegain.ts'
import { consoleAuthentication } from '../http/authenticate.ts'
import { bodyReader } from '../http/body.ts'
import type { Operation } from '../http/operation.ts'
import { RateLimiter } from '../http/rate-limits.ts'
import type { LimiterRedis } from '../http/rate-limits/redis.ts'
import { createRouter } from '../http/router.ts'
import type { TokenServiceSettings } from './options.ts'
import type { Telling } from './telling.ts'

/** Puts the service's operations together, with what stands before them. */
export function serviceRouter({
  settings,
  context,
  redis,
  telling,
}: {
  readonly settings: TokenServiceSettings
  readonly context: ServiceContext
  readonly redis: LimiterRedis | undefined
  readonly telling: Telling
}): Express {
  const { rateLimits, trustProxy, bodyLimit } = settings
  return createRouter(operationsOf(settings, context, { redis, onEvent: telling.onEvent }), {
    before: [telling.watch, consolePage()],
    authenticate: consoleAuthentication(consoleVerifier(context)),
    limiter: new RateLimiter(rateLimits, redis),
    readBody: bodyReader(bodyLimit),
    trustProxy,
    onRefusal: ({ status, code }) => telling.onEvent({ type: 'refuse', status, code }),
    onFailure: (error) => telling.onEvent({ type: 'failure', what: 'request', error }),
  })
}

function operationsOf(
  { telesign, voicegain, clock }: TokenServiceSettings,
  context: ServiceContext,
  { redis, onEvent }: { redis: LimiterRedis | undefined; onEvent: (event: ServiceEvent) => void },
): readonly Operation[] {
  const access = telesign?.access
  const checks = {
    ledger: () => context.ledger.ping(),
    ...(redis !== undefined && { redis: () => redis.ping() }),
  }
  return [
    ...(telesign === undefined ? [] : telesignOperations(telesign, context)),
    ...(voicegain ? voicegainOperations(context) : []),
    ...tokenOperations(context),
    ...recordOperations(context),
    ...oauthOperations(context),
    ...keyOperations(context.keys),
    ...publishedDocuments(context, {
      voicegain,
      ...(access !== undefined && { telesign: access }),
    }),
    ...healthOperations(checks, {
      clock,
      onFailure: (_check, error) => onEvent({ type: 'failure', what: 'ready', error }),
    }),
  ]
}
