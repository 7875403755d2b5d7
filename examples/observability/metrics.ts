/**
 * Events as Prometheus metrics: a few calls and checks, and then what `/metrics` would answer.
 *
 *     node --conditions=source examples/observability/metrics.ts
 */
import {
  type BearerEvent,
  type ManagerEvent,
  type VerifierEvent,
  bearerFetch,
  TokenIssuer,
  TokenManager,
  TokenVerifier,
} from '@mayfly/core'
import { appStoreConnect } from '@mayfly/core/vendors'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { type Account, openAccount } from '../lib/account.ts'

const buckets = [0.0001, 0.001, 0.01, 0.1, 1, 10] // a known token takes microseconds, a call seconds

/** Makes metrics, and observers that feed them. Every label has a short list of values. */
export function createObservers(registry: Registry) {
  const registers = [registry]
  function histogram<Label extends string>(name: string, help: string, ...labelNames: Label[]) {
    return new Histogram({ name: `mayfly_${name}_seconds`, help, labelNames, buckets, registers })
  }
  function counter<Label extends string>(name: string, help: string, ...labelNames: Label[]) {
    return new Counter({ name: `mayfly_${name}_total`, help, labelNames, registers })
  }
  const mints = histogram('mint', 'New tokens, made or failed', 'reason', 'result')
  const manager = counter('manager_events', 'What else managers met', 'type')
  const calls = histogram('call', 'Calls with a token', 'origin', 'status')
  const refusals = counter('refusals', 'Refusals by a server', 'origin', 'cause', 'outcome')
  const failures = counter('token_failures', 'Calls without a token', 'origin', 'code')
  const ahead = { name: 'mayfly_skew_seconds', help: 'How far a server is ahead' }
  const skew = new Gauge({ ...ahead, labelNames: ['origin'], registers })
  const checks = histogram('verify', 'Tokens verified here', 'result')
  const keys = histogram('jwks_refresh', 'Key sets fetched', 'result')
  return {
    manager: (event: ManagerEvent) => {
      if (event.type === 'mint' || event.type === 'refresh-failed') {
        const result = event.type === 'mint' ? event.from : (event.code ?? 'failed')
        mints.observe({ reason: event.reason, result }, event.durationMs / 1000)
      } else manager.inc({ type: event.type })
    },
    fetch: (event: BearerEvent) => {
      const { origin } = event // one of the source's own
      if (event.type === 'response') {
        const status = `${Math.floor(event.status / 100)}xx`
        calls.observe({ origin, status }, event.durationMs / 1000)
      } else if (event.type === 'refused') {
        refusals.inc({ origin, cause: event.diagnosis.cause, outcome: event.outcome })
      } else if (event.type === 'proof-refused') {
        refusals.inc({ origin, cause: event.error, outcome: event.outcome })
      } else if (event.type === 'skew') skew.set({ origin }, event.offsetMs / 1000)
      else if (event.type === 'token-failed') failures.inc({ origin, code: event.code ?? 'failed' })
    },
    verifier: (event: VerifierEvent) => {
      const seconds = event.durationMs / 1000
      if (event.type === 'verify') checks.observe({ result: 'accepted' }, seconds)
      else if (event.type === 'deny') checks.observe({ result: event.reason }, seconds)
      else keys.observe({ result: event.type === 'jwks-refresh' ? 'new' : event.code }, seconds)
    },
  }
}

/** Calls the vendor, checks a good token and a bad one, and gives the metrics as text. */
export async function report({ credentials, upstream }: Account): Promise<string> {
  const registry = new Registry()
  const observe = createObservers(registry)
  const source = appStoreConnect({ ...credentials, origins: [upstream] })
  const manager = new TokenManager(source, { observe: observe.manager })
  await bearerFetch(manager, { observe: observe.fetch })(`${upstream}/v1/apps`)
  const issuer = new TokenIssuer({ issuer: 'us' })
  const checked = { issuer: 'us', audience: 'orders', keys: issuer.keys }
  const verifier = new TokenVerifier({ ...checked, observe: observe.verifier })
  for (const audience of ['orders', 'invoices']) {
    const { value } = await issuer.issue({ audience, expiresIn: 60 })
    await verifier.verify(value).catch(() => {}) // the observer has heard of it
  }
  return registry.metrics()
}

if (import.meta.main) {
  const account = await openAccount()
  console.log(await report(account))
  await account.close()
}
