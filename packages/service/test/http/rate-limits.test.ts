import { createClient } from 'redis'
import { describe, expect, test } from 'vitest'
import { hasRedis, startRedis } from '../../../../scripts/servers/redis.ts'
import { type LiveService, openService } from '../support/service.ts'

const PHONE = '/v1/token/15555551212'
const one = (limit: number, window = 60) => ({ limit, window })

async function statuses(live: LiveService, count: number, target = PHONE): Promise<number[]> {
  const answers = await Promise.all(Array.from({ length: count }, () => live.ask(target)))
  return answers.map(({ status }) => status)
}

test('requests of one address are counted, and the one too many is told how long to wait', async () => {
  const live = await openService({ rateLimits: { address: one(2), phone: null } })
  const first = await live.ask(PHONE)
  expect(first.headers.get('ratelimit-limit')).toBe('2')
  expect(first.headers.get('ratelimit-remaining')).toBe('1')
  expect(first.headers.get('ratelimit-policy')).toBe('2;w=60')
  expect(Number(first.headers.get('ratelimit-reset'))).toBeGreaterThan(58)
  expect((await live.ask(PHONE)).headers.get('ratelimit-remaining')).toBe('0')
  const third = await live.ask(PHONE)
  expect([third.status, third.json['code']]).toStrictEqual([429, 'ERR_RATE_LIMITED'])
  expect(third.headers.get('retry-after')).toBe(third.headers.get('ratelimit-reset'))
})

test('of many at once, as many pass as the limit says', async () => {
  const live = await openService({ rateLimits: { address: one(5), phone: null } })
  const all = await statuses(live, 20)
  expect(all.filter((status) => status === 200)).toHaveLength(5)
})

test('a number has a limit of its own, and the answer tells the limit that is nearer', async () => {
  const live = await openService({ rateLimits: { address: one(100), phone: one(1, 600) } })
  const { headers } = await live.ask(PHONE)
  expect(headers.get('ratelimit-limit')).toBe('1')
  expect(headers.get('ratelimit-policy')).toBe('100;w=60, 1;w=600')
  expect((await live.ask(PHONE)).status).toBe(429)
  expect((await live.ask('/v1/token/15555551213')).status).toBe(200)
})

test('what is refused for its form counts for no number', async () => {
  const live = await openService({ rateLimits: { phone: one(1) } })
  expect((await live.ask(`${PHONE}/no xid`)).status).toBe(400)
  expect((await live.ask(PHONE)).status).toBe(200)
})

test('a client has a limit, whatever its tokens and addresses are', async () => {
  const live = await openService({ rateLimits: { client: one(2) }, trustProxy: 1 })
  const tokens = [await live.client('a', 'tokens:read'), await live.client('a', 'tokens:read')]
  const asked = []
  for (const [index, token] of [...tokens, ...tokens].entries()) {
    const headers = { 'x-forwarded-for': `192.0.2.${index}` }
    asked.push((await live.ask('/v1/tokens', { token, headers })).status)
  }
  expect(asked).toStrictEqual([200, 200, 429, 429])
  expect((await live.ask('/v1/tokens', { token: live.admin })).status).toBe(200)
})

test('who has no console token uses up no client’s limit', async () => {
  const live = await openService({ rateLimits: { client: one(1) } })
  for (let at = 0; at < 3; at++) expect((await live.ask('/keys')).status).toBe(401)
  expect((await live.ask('/keys', { token: live.admin })).status).toBe(200)
})

const askFrom = async (live: LiveService, forwarded: string): Promise<number> =>
  (await live.ask(PHONE, { headers: { 'x-forwarded-for': forwarded } })).status

test('nobody gets more by naming other addresses, unless the proxy is trusted', async () => {
  const live = await openService({ rateLimits: { address: one(1), phone: null } })
  expect(await askFrom(live, '192.0.2.1')).toBe(200)
  expect(await askFrom(live, '192.0.2.2')).toBe(429)
})

test('behind a trusted proxy its word counts, and what is before it does not', async () => {
  const live = await openService({ rateLimits: { address: one(1), phone: null }, trustProxy: 1 })
  expect(await askFrom(live, '192.0.2.1')).toBe(200)
  expect(await askFrom(live, '192.0.2.2')).toBe(200)
  expect(await askFrom(live, '198.51.100.9, 192.0.2.2')).toBe(429)
})

test('all addresses of one /64 are one', async () => {
  const live = await openService({ rateLimits: { address: one(1), phone: null }, trustProxy: 1 })
  expect(await askFrom(live, '2001:db8:1:2::1')).toBe(200)
  expect(await askFrom(live, '2001:db8:1:2:ffff::9')).toBe(429)
  expect(await askFrom(live, '2001:db8:1:3::1')).toBe(200)
})

test('documents are not counted', async () => {
  const live = await openService({ rateLimits: { address: one(1) } })
  for (let at = 0; at < 3; at++) {
    expect((await live.ask('/.well-known/jwks.json')).status).toBe(200)
    expect((await live.ask('/healthz')).status).toBe(200)
  }
})

describe.skipIf(!hasRedis())('with Redis', () => {
  test('two nodes together let through what one would', async () => {
    await using redis = await startRedis()
    const options = { rateLimits: { address: one(10), phone: null }, redis: redis.url }
    const nodes = [await openService(options), await openService(options)]
    const all = await Promise.all(nodes.map((node) => statuses(node, 30)))
    expect(all.flat().filter((status) => status === 200)).toHaveLength(10)
    expect(all.flat().filter((status) => status === 429)).toHaveLength(50)
    for (const node of nodes) await node.service.close()
  })

  test('while Redis is away nobody passes, and when it is back all is well', async () => {
    await using redis = await startRedis()
    const live = await openService({ rateLimits: { address: one(100) }, redis: redis.url })
    expect((await live.ask(PHONE)).status).toBe(200)
    await redis.kill()
    const refused = await live.ask(PHONE)
    expect([refused.status, refused.json['code']]).toStrictEqual([503, 'ERR_LIMITER_UNAVAILABLE'])
    expect((await live.ask('/readyz')).json).toMatchObject({
      status: 'unavailable',
      checks: { ledger: 'ok', redis: 'failed' },
    })
    const { tokens } = await live.ledger.list({ kind: 'telesign', limit: 10 })
    expect(tokens).toHaveLength(1)
    await redis.start()
    await expect.poll(async () => (await live.ask(PHONE)).status, { timeout: 5000 }).toBe(200)
    await live.service.close()
  })

  test('a Redis that hangs is one that is away', async () => {
    await using redis = await startRedis()
    const live = await openService({ rateLimits: { address: one(100) }, redis: redis.url })
    const control = await createClient({ url: redis.url }).connect()
    await control.sendCommand(['CLIENT', 'PAUSE', '60000', 'ALL'])
    const refused = await live.ask(PHONE)
    expect([refused.status, refused.json['code']]).toStrictEqual([503, 'ERR_LIMITER_UNAVAILABLE'])
    control.destroy()
    await live.service.close()
  })

  test('a Redis that is not there yet is waited for, closed', async () => {
    await using redis = await startRedis()
    await redis.kill()
    const live = await openService({ rateLimits: { address: one(100) }, redis: redis.url })
    expect((await live.ask(PHONE)).status).toBe(503)
    await redis.start()
    await expect.poll(async () => (await live.ask(PHONE)).status, { timeout: 5000 }).toBe(200)
    await live.service.close()
  })
})

test('a URL that is none of a Redis is refused, without its password', async () => {
  const failed = openService({ redis: 'http://user:s3cret@localhost' })
  await expect(failed).rejects.toMatchObject({ option: 'redis' })
  await expect(failed).rejects.not.toThrow(/s3cret/)
})
