import { randomBytes } from 'node:crypto'
import { storeConformance } from '@mayfly/conformance'
import { Cluster } from 'ioredis'
import { createCluster } from 'redis'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { hasRedis, type RedisServer, startRedis } from '../../../scripts/servers/redis.ts'
import {
  type NodeRedisClusterLike,
  type NodeRedisSentinelLike,
  type RedisClient,
  RedisGenerations,
  RedisOneTimeGuard,
  RedisRevocations,
  RedisTokenStore,
} from '../src/index.ts'
import { connectIoRedis } from './support.ts'

const key = randomBytes(32)

function storesOf(client: RedisClient, prefix: string) {
  return {
    once: new RedisOneTimeGuard({ client, prefix }),
    revocations: new RedisRevocations({ client, prefix }),
    generations: new RedisGenerations({ client, prefix }),
    tokens: new RedisTokenStore({ client, prefix, encryptionKeys: [{ keyId: 'k1', key }] }),
  }
}

describe.runIf(hasRedis())('stores in a cluster', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis({ cluster: true })
    await using connected = await connectIoRedis(server.url)
    const { client } = connected
    await client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
    const isReady = async (): Promise<boolean> =>
      /cluster_state:ok/.test(String(await client.call('CLUSTER', 'INFO')))
    await vi.waitUntil(isReady, { timeout: 15_000, interval: 50 })
  }, 20_000)
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
  })

  const open: Record<string, () => Promise<AsyncDisposable & { readonly client: RedisClient }>> = {
    redis: async () => {
      const client = createCluster({ rootNodes: [{ url: server.url }] })
      client.on('error', () => {})
      await client.connect()
      return { client, [Symbol.asyncDispose]: async () => client.destroy() }
    },
    ioredis: async () => {
      const cluster = new Cluster([server.url], { lazyConnect: true })
      cluster.on('error', () => {})
      await cluster.connect()
      const client = cluster as unknown as RedisClient
      return { client, [Symbol.asyncDispose]: async () => cluster.disconnect() }
    },
  }
  for (const [name, connect] of Object.entries(open)) {
    describe(`by ${name}`, () => {
      let count = 0
      const cases = storeConformance({
        open: async () => {
          const connected = await connect()
          const stores = storesOf(connected.client, `${name}-${count++}`)
          const dispose = async (): Promise<void> => connected[Symbol.asyncDispose]()
          return { processes: [stores, stores], [Symbol.asyncDispose]: dispose }
        },
      })
      for (const each of cases) it(each.name, each.run)
    })
  }
})

describe('a client of node-redis', () => {
  const sent: unknown[][] = []
  const sendCommand = async (...args: unknown[]): Promise<unknown> => {
    sent.push(args)
    return 'OK'
  }
  const limit = { abortSignal: expect.any(AbortSignal) as AbortSignal }

  it('of a cluster is told the key, and to ask no replica', async () => {
    sent.length = 0
    const client: NodeRedisClusterLike = { sendCommand, getSlotMaster: () => {} }
    const store = storesOf(client, 'a').tokens
    const { signal } = new AbortController()
    const lock = await store.lock('id', { lifetimeMs: 10, signal })
    await lock?.release()
    const [[name]] = sent as [[string]]
    expect(name).toMatch(/^a:lock:/)
    expect(sent).toEqual([
      [name, false, ['SET', name, expect.any(String), 'NX', 'PX', '10'], limit],
      [name, false, ['EVAL', expect.any(String), '1', name, expect.any(String)], limit],
    ])
  })

  it('of Sentinel is told to ask no replica', async () => {
    sent.length = 0
    const client: NodeRedisSentinelLike = { sendCommand, getMasterNode: () => {} }
    await storesOf(client, 'a').tokens.delete('id')
    expect(sent).toEqual([[false, ['DEL', expect.any(String)], limit]])
  })
})
