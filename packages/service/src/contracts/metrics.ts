import type { Operation } from '../http/operation.ts'
import type { ServiceMetrics } from '../ops/metrics.ts'

/** Who may read the metrics: everybody, or who has a console token with the scope `metrics:read`. */
export type MetricsAccess = 'public' | 'client'

/** `GET /metrics`: what the service counts, as Prometheus reads it. */
export function metricsOperations(
  metrics: Pick<ServiceMetrics, 'contentType' | 'read'>,
  access: MetricsAccess,
): readonly Operation[] {
  return [
    {
      method: 'GET',
      path: '/metrics',
      // Who reads them for everybody does so every few seconds, and must not be kept from it by others.
      ...(access === 'client' ? { access: ['metrics:read'] } : { counted: false }),
      handle: async () => ({
        status: 200,
        headers: { 'content-type': metrics.contentType },
        body: await metrics.read(),
      }),
    },
  ]
}
