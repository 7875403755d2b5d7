import { startAppStoreConnectSandbox } from '@mayfly/sandboxes'
import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { createObservers, report } from '../observability/metrics.ts'

it('counts mints, calls, refusals and checks, under labels of few values', async () => {
  await using sandbox = await startAppStoreConnectSandbox({ clockOffsetMs: -600_000 })
  const { credentials, origin } = sandbox
  const text = await report({ credentials, upstream: origin, close: () => Promise.resolve() })

  const lines = text.split('\n')
  expect(lines).toContain('mayfly_mint_seconds_count{reason="cold",result="source"} 1')
  expect(lines).toContain(`mayfly_call_seconds_count{origin="${origin}",status="2xx"} 1`)
  expect(lines).toContain(
    `mayfly_refusals_total{origin="${origin}",cause="clock-fast",outcome="resent"} 1`,
  )
  expect(text).toMatch(/^mayfly_skew_seconds\{origin="[^"]+"\} -(599|600|601)/m)
  expect(lines).toContain('mayfly_verify_seconds_count{result="accepted"} 1')
  expect(lines).toContain('mayfly_verify_seconds_count{result="audience_mismatch"} 1')
  expect(text).not.toContain('eyJ')
})

it('counts what fails under its code', async () => {
  const registry = new Registry()
  const observe = createObservers(registry)
  const origin = 'https://api.example.com'
  const failed = { reason: 'stale', durationMs: 20, permanent: false, cooldownMs: 5000 } as const
  observe.manager({ type: 'refresh-failed', code: undefined, ...failed })
  observe.manager({ type: 'store-failed', operation: 'get' })
  observe.fetch({ type: 'token-failed', origin, code: 'ERR_MINT_TIMEOUT' })

  const jwks = { from: 'https://auth.example.com', trigger: 'due', durationMs: 30 } as const
  const left = { keysLeft: true, cooldownMs: 5000 }
  observe.verifier({ type: 'jwks-refresh-failed', code: 'ERR_KEYS_FETCH', ...jwks, ...left })

  const lines = (await registry.metrics()).split('\n')
  expect(lines).toContain('mayfly_mint_seconds_sum{reason="stale",result="failed"} 0.02')
  expect(lines).toContain('mayfly_manager_events_total{type="store-failed"} 1')
  expect(lines).toContain('mayfly_jwks_refresh_seconds_sum{result="ERR_KEYS_FETCH"} 0.03')
  expect(lines).toContain(
    `mayfly_token_failures_total{origin="${origin}",code="ERR_MINT_TIMEOUT"} 1`,
  )
})
