import { invalid } from '@mayfly/core/adapter'
import { createClient } from 'redis'

type Client = ReturnType<typeof createClient>

/** The Redis in which requests are counted. */
export interface LimiterRedis {
  readonly client: Client
  /** Rejects while it does not answer. */
  ping(): Promise<void>
  close(): Promise<void>
}

/**
 * Connects to a Redis. One that is not there yet is waited for in the background: until it answers,
 * requests are refused.
 *
 * @throws {OptionError} when the URL is none of a Redis.
 */
export async function connectLimiterRedis(
  url: string,
  onError: (error: Error) => void,
): Promise<LimiterRedis> {
  // What it throws would repeat the URL, with the password in it.
  if (!URL.canParse(url) || !/^rediss?:$/.test(new URL(url).protocol)) {
    throw invalid('redis', '"redis" must be a URL that begins with redis:// or rediss://.')
  }
  const client: Client = createClient({
    url,
    disableOfflineQueue: true,
    socket: { connectTimeout: 2000, reconnectStrategy: (tries) => Math.min(50 * 2 ** tries, 1000) },
  })
  client.on('error', onError)
  const settled = new Promise<void>((resolve) => {
    client.once('ready', () => resolve())
    client.once('error', () => resolve())
  })
  client.connect().catch(onError)
  await settled
  return {
    client,
    ping: async () => {
      await client.ping()
    },
    close: async () => client.destroy(),
  }
}
