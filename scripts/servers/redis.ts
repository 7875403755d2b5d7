import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Binary, binaryForTests } from './binary.ts'
import { endServer, freePort, startServer } from './process.ts'

const REDIS: Binary = { names: ['redis-server'], package: 'redis-server' }

/** A Redis of a test's own, on loopback. */
export interface RedisServer {
  readonly url: string
  /** Ends it. What it keeps is on the disk only with `appendonly`. */
  stop(): Promise<void>
  /** Ends it as a crash would. */
  kill(): Promise<void>
  /** Starts it again, on the same port and with what it kept. */
  start(): Promise<void>
  /** Stops it where it stands, its connections open, as a machine does that has no time for it. */
  freeze(): void
  /** Ends that. */
  thaw(): void
  /** Ends it for good and removes its folder. */
  [Symbol.asyncDispose](): Promise<void>
}

/** Tells whether there is a `redis-server` to test with; see {@link binaryForTests}. */
export function hasRedis(): boolean {
  return binaryForTests(REDIS) !== undefined
}

/** How a Redis is started. */
export interface RedisServerOptions {
  /** Whether it keeps what it was told on the disk. Default `false`. */
  readonly appendonly?: boolean
  /** Whether it is a cluster, of itself alone, that has all slots after a second or two. Default `false`. */
  readonly cluster?: boolean
}

const CLUSTER = {
  'cluster-enabled': 'yes',
  'cluster-announce-ip': '127.0.0.1',
}

/** Starts a Redis. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const file = binaryForTests(REDIS)
  if (file === undefined) throw new Error('There is no redis-server.')
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-redis-'))
  const port = await freePort()
  const appendonly = options.appendonly === true ? 'yes' : 'no'
  const settings = {
    port,
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    appendonly,
    appendfsync: 'always',
    ...(options.cluster === true && { ...CLUSTER, 'cluster-port': await freePort() }),
  }
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
  const run = () => startServer({ file, args, ready: /Ready to accept connections/ })
  let child = await run()
  const end = (signal: NodeJS.Signals) => endServer(child, signal)
  return {
    url: `redis://127.0.0.1:${port}`,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    start: async () => {
      child = await run()
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    [Symbol.asyncDispose]: async () => {
      await end('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
