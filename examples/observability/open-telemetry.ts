/**
 * Events as OpenTelemetry metrics: a few calls and checks, and then what would be exported.
 *
 *     node --conditions=source examples/observability/open-telemetry.ts
 */
import {
  type BearerEvent,
  type ManagerEvent,
  type VerifierEvent,
  bearerFetch,
  Guard,
  TokenIssuer,
  TokenManager,
  TokenVerifier,
} from '@mayfly/core'
import { type DenyEvent } from '@mayfly/core/adapter'
import { appStoreConnect } from '@mayfly/core/vendors'
import type { Meter } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { type Account, openAccount } from '../lib/account.ts'

/** Makes instruments, and observers that feed them. Every attribute has a short list of values. */
export function createObservers(meter: Meter) {
  const seconds = (name: string, description: string) =>
    meter.createHistogram(`mayfly.${name}.duration`, {
      description,
      unit: 's',
      advice: { explicitBucketBoundaries: [0.0001, 0.001, 0.01, 0.1, 1, 10] },
    })
  const count = (name: string, description: string) =>
    meter.createCounter(`mayfly.${name}`, { description, unit: '{event}' })
  const mints = seconds('mint', 'New tokens, made or failed')
  const calls = seconds('call', 'Calls with a token')
  const checks = seconds('verify', 'Tokens verified here')
  const keys = seconds('jwks_refresh', 'Key sets fetched')
  const denials = count('denials', 'Requests refused here')
  const refusals = count('refusals', 'Refusals by a server')
  const others = count('events', 'What else managers and calls met')
  const skew = meter.createGauge('mayfly.skew', { unit: 's', description: 'A server’s clock' })
  return {
    manager: (event: ManagerEvent) => {
      if (event.type === 'mint' || event.type === 'refresh-failed') {
        const result = event.type === 'mint' ? event.from : (event.code ?? 'failed')
        mints.record(event.durationMs / 1000, { reason: event.reason, result })
      } else others.add(1, { type: event.type })
    },
    fetch: (event: BearerEvent) => {
      const server = { 'server.address': event.origin }
      if (event.type === 'response') {
        const status = { 'http.response.status_code': event.status }
        calls.record(event.durationMs / 1000, { ...server, ...status })
      } else if (event.type === 'refused') {
        const { diagnosis, outcome } = event
        refusals.add(1, { ...server, 'error.type': diagnosis.cause, outcome })
      } else if (event.type === 'proof-refused') {
        refusals.add(1, { ...server, 'error.type': event.error, outcome: event.outcome })
      } else if (event.type === 'skew') skew.record(event.offsetMs / 1000, server)
      else if (event.type === 'token-failed') {
        others.add(1, { ...server, type: event.type, 'error.type': event.code ?? 'failed' })
      } else others.add(1, { ...server, type: event.type })
    },
    // The verifier and the guard each tell what the other has not seen.
    inbound: (event: VerifierEvent | DenyEvent) => {
      if (event.type === 'deny') {
        denials.add(1, { 'error.type': event.reason })
        if ('durationMs' in event) {
          checks.record(event.durationMs / 1000, { 'error.type': event.reason })
        }
      } else if (event.type === 'verify') checks.record(event.durationMs / 1000, {})
      else {
        const failed = event.type === 'jwks-refresh' ? {} : { 'error.type': event.code }
        keys.record(event.durationMs / 1000, failed)
      }
    },
  }
}

/** One line for each instrument and each set of attributes, with how often it was used. */
export type Line = readonly [name: string, attributes: string, count: number]

/** Calls the vendor, checks a good token, a bad one and none, and gives what would be exported. */
export async function report({ credentials, upstream }: Account): Promise<readonly Line[]> {
  // Put the exporter of your collector here: OTLPMetricExporter.
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 })
  const provider = new MeterProvider({ readers: [reader] })
  const observe = createObservers(provider.getMeter('mayfly'))

  const source = appStoreConnect({ ...credentials, origins: [upstream] })
  const manager = new TokenManager(source, { observe: observe.manager })
  await bearerFetch(manager, { observe: observe.fetch })(`${upstream}/v1/apps`)
  const issuer = new TokenIssuer({ issuer: 'us' })
  const checked = { issuer: 'us', audience: 'orders', keys: issuer.keys }
  const verifier = new TokenVerifier({ ...checked, observe: observe.inbound })
  const guard = new Guard(verifier, { observe: observe.inbound })
  for (const audience of ['orders', 'invoices', undefined]) {
    const token = audience && (await issuer.issue({ audience, expiresIn: 60 })).value
    const header = (name: string) => (name === 'authorization' && token ? [`Bearer ${token}`] : [])
    await guard.authenticate({ method: 'GET', url: '/', header })
  }

  await provider.forceFlush()
  const exported = exporter.getMetrics().at(-1)?.scopeMetrics ?? []
  await provider.shutdown()
  return exported
    .flatMap(({ metrics }) => metrics)
    .flatMap(({ descriptor, dataPoints }) =>
      dataPoints.map(({ attributes, value }): Line => {
        const times = typeof value === 'number' ? value : value.count
        return [descriptor.name, Object.values(attributes).join(' '), times]
      }),
    )
}

if (import.meta.main) {
  const account = await openAccount()
  console.table(await report(account))
  await account.close()
}
