import { expect, test } from 'vitest'
import { openLedger } from '../../src/index.ts'
import { breakable } from '../support/breakable.ts'
import { openService } from '../support/service.ts'

test('Prometheus reads what was answered, issued and refused, by routes and not by paths', async () => {
  const { ask } = await openService()
  await ask('/v1/token/15555551212')
  await ask('/v1/token/15555551213')
  await ask('/v1/tokens')
  const { status, headers, text } = await ask('/metrics')
  expect([status, headers.get('content-type')]).toStrictEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
  ])
  const lines = text.split('\n')
  expect(lines).toContain(
    'mayfly_http_requests_total{method="GET",route="/v1/token/:phone",status="200"} 2',
  )
  expect(lines).toContain('mayfly_tokens_issued_total{kind="telesign"} 2')
  expect(lines).toContain('mayfly_denials_total{reason="ERR_TOKEN_MISSING"} 1')
  expect(lines).toContain('# TYPE mayfly_http_request_duration_seconds histogram')
  expect(text).not.toMatch(/1555555121/)
})

test('the metrics are read past the limits, which hold whoever else comes from there', async () => {
  const { ask } = await openService({ rateLimits: { address: { limit: 1, window: 60 } } })
  await ask('/v1/tokens')
  expect((await ask('/v1/tokens')).status).toBe(429)
  for (let count = 0; count < 3; count += 1) expect((await ask('/metrics')).status).toBe(200)
})

test('where they are for clients, the metrics take the scope metrics:read', async () => {
  const { ask, client } = await openService({ metrics: 'client' })
  expect((await ask('/metrics')).status).toBe(401)
  const reader = await client('reader', 'tokens:read', 'admin')
  expect((await ask('/metrics', { token: reader })).status).toBe(403)
  const prometheus = await client('prometheus', 'metrics:read')
  expect((await ask('/metrics', { token: prometheus })).text).toContain('mayfly_denials_total')
})

test('there are no metrics for anybody where that is chosen', async () => {
  const { ask, admin } = await openService({ metrics: null })
  expect((await ask('/metrics', { token: admin })).status).toBe(404)
})

test('a ledger that fails is counted, and signing keys that cannot be read or rotated', async () => {
  const store = breakable(await openLedger({ database: ':memory:' }))
  const { ask, clock, service, admin } = await openService({ ledger: store.ledger })
  const failures = async (): Promise<string[]> =>
    (await ask('/metrics')).text.split('\n').filter((line) => line.startsWith('mayfly_failures'))
  expect(await failures()).toStrictEqual([])
  store.broken = ['record']
  await ask('/v1/token/15555551212')
  expect(await failures()).toStrictEqual(['mayfly_failures_total{what="ledger"} 1'])
  store.broken = ['addKey']
  expect((await ask('/keys/rotate', { method: 'POST', token: admin })).status).toBe(503)
  expect(await failures()).toContain('mayfly_failures_total{what="keys"} 1')
  // Nobody asks for this one: the service rotates by itself, and publishes what it has meanwhile.
  clock.advance(31 * 86_400_000)
  expect((await ask('/.well-known/jwks.json')).status).toBe(200)
  expect(await failures()).toContain('mayfly_failures_total{what="keys"} 2')
  store.broken = false
  expect(await service.rotateKeys()).toMatchObject({ algorithm: 'ES256' })
})

test('limits that cannot be counted are counted as failures, and so is their Redis', async () => {
  const { ask } = await openService({ redis: 'redis://127.0.0.1:9', rateLimits: {} })
  expect((await ask('/v1/token/15555551212')).status).toBe(503)
  const { text } = await ask('/metrics')
  expect(text).toContain('mayfly_failures_total{what="limits"} 1')
  expect(text).toMatch(/mayfly_failures_total\{what="redis"\} [1-9]/)
})
