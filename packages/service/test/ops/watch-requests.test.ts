import express, { type Express } from 'express'
import { FakeClock } from '@mayfly/testing'
import supertest from 'supertest'
import { describe, expect, it } from 'vitest'
import { createLogger } from '../../src/ops/log.ts'
import { ServiceMetrics } from '../../src/ops/metrics.ts'
import { watchRequests } from '../../src/ops/watch-requests.ts'

function watched(): { app: Express; lines: Record<string, unknown>[]; metrics: ServiceMetrics } {
  const clock = new FakeClock()
  const metrics = new ServiceMetrics()
  const lines: Record<string, unknown>[] = []
  const logger = createLogger({}, { write: (line) => void lines.push(JSON.parse(line)) })
  const app = express()
  app.use(watchRequests({ clock, metrics, logger }))
  const router = express.Router()
  router.get('/v1/token/:phone', (_req, res) => {
    clock.advance(20)
    res.send('made')
  })
  router.get('/v1/broken', (_req, res) => void res.status(503).end())
  app.use('/auth', router)
  return { app, lines, metrics }
}

describe('watchRequests', () => {
  it('tells the pattern of a route, never its path or query', async () => {
    const { app, lines, metrics } = watched()
    await supertest(app).get('/auth/v1/token/15555551212?access_token=secret')
    expect(lines).toMatchObject([
      { level: 'info', method: 'GET', route: '/v1/token/:phone', status: 200, durationMs: 20 },
    ])
    const told = JSON.stringify(lines) + (await metrics.read())
    expect(told).not.toMatch(/15555551212|secret/)
    expect(await metrics.read()).toContain(
      'mayfly_http_requests_total{method="GET",route="/v1/token/:phone",status="200"} 1',
    )
    expect(await metrics.read()).toContain(
      'mayfly_http_request_duration_seconds_bucket{le="0.025",route="/v1/token/:phone"} 1',
    )
  })

  it('counts all that met no route as one, whatever the path and the method', async () => {
    const { app, metrics } = watched()
    for (const path of ['/a', '/b', '/v1/c']) await supertest(app).get(path)
    await supertest(app).propfind('/a')
    const read = await metrics.read()
    expect(read).toContain('{method="GET",route="unmatched",status="404"} 3')
    expect(read).toContain('{method="other",route="unmatched",status="404"} 1')
  })

  it('writes an error for an answer that is our fault', async () => {
    const { app, lines } = watched()
    await supertest(app).get('/auth/v1/broken')
    expect(lines).toMatchObject([{ level: 'error', status: 503, msg: 'request failed' }])
  })

  it('names a request as its caller does, if the name is sound, in the answer and the log', async () => {
    const { app, lines } = watched()
    const named = await supertest(app).get('/auth/v1/token/1').set('X-Request-Id', 'caller-0001')
    expect(named.headers['x-request-id']).toBe('caller-0001')
    const unsound = await supertest(app)
      .get('/auth/v1/token/1')
      .set('X-Request-Id', 'a b"c{}<script>')
    expect(unsound.headers['x-request-id']).toMatch(/^[\da-f-]{36}$/)
    expect(lines.map(({ requestId }) => requestId)).toEqual([
      'caller-0001',
      unsound.headers['x-request-id'],
    ])
  })
})
