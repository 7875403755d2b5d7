import { randomBytes } from 'node:crypto'
import { type OAuthSandbox, startOAuthSandbox } from '@mayfly/sandboxes'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { hasRedis, type RedisServer, startRedis } from '../../../scripts/servers/redis.ts'
import { type Caller, startCaller } from './processes/start.ts'

describe.runIf(hasRedis())('processes that share their tokens in Redis', () => {
  let server: RedisServer
  let redis: Redis
  const started: Caller[] = []
  beforeAll(async () => {
    server = await startRedis()
    redis = new Redis(server.url)
  })
  afterAll(async () => {
    redis.disconnect()
    await server[Symbol.asyncDispose]()
  })

  async function start(sandbox: OAuthSandbox, count: number, timeoutMs: number): Promise<Caller[]> {
    const key = randomBytes(32).toString('base64url')
    const { tokenEndpoint, credentials } = sandbox
    const options = { redis: server.url, key, tokenEndpoint, ...credentials, calls: 25, timeoutMs }
    const callers = await Promise.all(
      Array.from({ length: count }, async (_, index) =>
        startCaller({ ...options, client: index % 2 === 0 ? 'redis' : 'ioredis' }),
      ),
    )
    started.push(...callers)
    return callers
  }

  afterEach(async () => {
    await Promise.all(started.splice(0).map(async (caller) => caller.kill()))
  })

  /** So many attempts to take a lock, or to write a token. */
  async function setsOf(): Promise<number> {
    const stats = await redis.info('commandstats')
    return Number(/cmdstat_set:calls=(\d+)/.exec(stats)?.[1] ?? 0)
  }

  it('get one token for a hundred cold calls of four of them', async () => {
    await using sandbox = await startOAuthSandbox()
    const callers = await start(sandbox, 4, 20_000)
    await redis.config('RESETSTAT')
    // The token comes when all four have asked for the lock.
    sandbox.beforeAnswer = async () =>
      expect.poll(setsOf, { timeout: 10_000, interval: 20 }).toBeGreaterThanOrEqual(4)
    const reports = await Promise.all(callers.map(async (caller) => caller.run()))
    expect(reports.map(({ calls }) => calls)).toEqual([25, 25, 25, 25])
    expect(reports.flatMap(({ failed }) => failed)).toEqual([])
    expect(new Set(reports.flatMap(({ tokens }) => tokens)).size).toBe(1)
    expect(reports.reduce((sum, { mints }) => sum + mints, 0)).toBe(1)
    expect(sandbox.grants).toHaveLength(1)
    expect(reports.flatMap(({ waits }) => waits)).toEqual(['token', 'token', 'token'])
    await expect.poll(async () => redis.keys('mayfly:lock:*')).toEqual([])
  })

  it('wait for one whose server takes longer than a lock lives: it extends it, and nobody fails', async () => {
    await using sandbox = await startOAuthSandbox()
    const callers = await start(sandbox, 4, 8000)
    await redis.flushall()
    await redis.config('RESETSTAT')
    const extended = async (): Promise<number> => {
      const stats = await redis.info('commandstats')
      return Number(/cmdstat_pexpire:calls=(\d+)/.exec(stats)?.[1] ?? 0)
    }
    // A lock lives for two seconds, and is extended three times in that.
    sandbox.beforeAnswer = async () =>
      expect.poll(extended, { timeout: 10_000, interval: 50 }).toBeGreaterThanOrEqual(5)
    const reports = await Promise.all(callers.map(async (caller) => caller.run()))
    expect(reports.flatMap(({ failed }) => failed)).toEqual([])
    expect(new Set(reports.flatMap(({ tokens }) => tokens)).size).toBe(1)
    expect(sandbox.grants).toHaveLength(1)
  }, 60_000)

  it('wait for one that was killed while it minted no longer than its lock lives', async () => {
    await using sandbox = await startOAuthSandbox()
    const [first, ...others] = await start(sandbox, 4, 8000)
    await redis.flushall()
    let letGo = (): void => {}
    const gone = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const minting = new Promise<void>((resolve) => {
      sandbox.beforeAnswer = async () => {
        resolve()
        await gone
      }
    })
    const report = first?.run().catch(() => 'killed')
    await minting
    await first?.kill()
    const [lock = ''] = await redis.keys('mayfly:lock:*')
    expect(await redis.pttl(lock)).toBeLessThanOrEqual(2000)
    letGo()
    expect(await report).toBe('killed')
    const reports = await Promise.all(others.map(async (caller) => caller.run()))
    expect(new Set(reports.flatMap(({ tokens }) => tokens)).size).toBe(1)
    expect(sandbox.grants).toHaveLength(2)
  })
})
