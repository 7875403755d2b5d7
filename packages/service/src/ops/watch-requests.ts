import { randomUUID } from 'node:crypto'
import type { NextFunction, Request, Response } from 'express'
import type { Clock } from '@mayfly/core'
import type { ServiceLogger } from './log.ts'
import type { ServiceMetrics } from './metrics.ts'

/** What watches requests. */
export interface RequestWatch {
  readonly clock: Clock
  readonly metrics: ServiceMetrics
  readonly logger: ServiceLogger
}

/** What a caller may name a request; anything else gets a name of ours. */
const REQUEST_ID = /^[\w.-]{8,64}$/

/**
 * Counts each request and writes a line about it once it is answered: its route's pattern, never its
 * path or its query. Names it by `X-Request-Id`, the caller's or a new one, in the answer and the log.
 */
export function watchRequests({ clock, metrics, logger }: RequestWatch) {
  return function watchRequest(req: Request, res: Response, next: NextFunction): void {
    const startedMs = clock.now()
    const given = req.get('x-request-id')
    const requestId = given !== undefined && REQUEST_ID.test(given) ? given : randomUUID()
    res.setHeader('x-request-id', requestId)
    res.once('close', () => {
      const route = routeOf(req)
      // The clock may have been set meanwhile.
      const durationMs = Math.max(0, clock.now() - startedMs)
      const { method } = req
      const status = res.writableFinished ? res.statusCode : 499
      metrics.answered({ method, route, status, seconds: durationMs / 1000 })
      const line = { requestId, method, route, status, durationMs, address: req.ip }
      if (status >= 500) logger.error(line, 'request failed')
      else logger.info(line, 'request')
    })
    next()
  }
}

/** The pattern that a request was routed by; all that met none are one. */
function routeOf(req: Request): string {
  const route: unknown = req.route
  if (typeof route !== 'object' || route === null || !('path' in route)) return 'unmatched'
  return typeof route.path === 'string' ? route.path : 'unmatched'
}
