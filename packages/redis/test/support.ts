import { Redis } from 'ioredis'
import { createClient } from 'redis'
import type { IoRedisLike, RedisClient } from '../src/index.ts'

/** A connected client, and what ends it. */
export interface Connected extends AsyncDisposable {
  readonly client: RedisClient
}

/** Connects with each of the packages that there are. */
export const PACKAGES: readonly (readonly [
  name: string,
  connect: (url: string) => Promise<Connected>,
])[] = [
  ['redis', connectNodeRedis],
  ['ioredis', connectIoRedis],
]

async function connectNodeRedis(url: string): Promise<Connected> {
  const client = createClient({ url })
  client.on('error', () => {})
  await client.connect()
  return { client, [Symbol.asyncDispose]: async () => client.destroy() }
}

/** Connects by ioredis. */
export async function connectIoRedis(
  url: string,
): Promise<Connected & { readonly client: IoRedisLike }> {
  const client = new Redis(url, { lazyConnect: true })
  client.on('error', () => {})
  await client.connect()
  return {
    client: client as unknown as IoRedisLike,
    [Symbol.asyncDispose]: async () => client.disconnect(),
  }
}
