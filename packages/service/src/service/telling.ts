import { OptionError } from '@mayfly/core'
import type { ServiceEvent } from '../contracts/events.ts'
import { createLogger } from '../ops/log.ts'
import { ServiceMetrics } from '../ops/metrics.ts'
import { watchRequests } from '../ops/watch-requests.ts'
import type { TlsEvent } from '../server/tls.ts'
import type { TokenServiceSettings } from './options.ts'

/** What is told of what the service does. */
export interface ServiceObservers {
  readonly metrics: ServiceMetrics
  readonly watch: ReturnType<typeof watchRequests>
  readonly onEvent: (event: ServiceEvent) => void
  readonly onTlsEvent: (event: TlsEvent) => void
}

/** Tells the log, the metrics and the observer what happens. None of them can stop it. */
export function openObservers({
  clock,
  logger: given,
  observe,
}: TokenServiceSettings): ServiceObservers {
  const logger = given ?? createLogger({ level: 'warn' })
  const metrics = new ServiceMetrics()
  const onEvent = (event: ServiceEvent): void => {
    if (event.type === 'issue') metrics.issued(event.kind)
    if (event.type === 'refuse') metrics.denied(event.code)
    if (event.type === 'failure') {
      metrics.failed(event.what)
      logger.error({ what: event.what, err: event.error }, 'failure')
    }
    try {
      observe?.(event)
    } catch (error) {
      logger.warn({ err: error }, 'the observer failed')
    }
  }
  const onTlsEvent = (event: TlsEvent): void => {
    if (event.type === 'tls-reload') return logger.info('the certificate was read again')
    const error = new OptionError('ERR_OPTION_INVALID', 'tls', event.message)
    onEvent({ type: 'failure', what: 'certificate', error })
  }
  return { metrics, onEvent, onTlsEvent, watch: watchRequests({ clock, metrics, logger }) }
}
