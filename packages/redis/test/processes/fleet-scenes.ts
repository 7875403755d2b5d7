import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startOAuthSandbox } from '@mayfly/sandboxes'
import { Redis } from 'ioredis'
import { type RedisServer, startRedis } from '../../../../scripts/servers/redis.ts'

/** What a process of a fleet is told. */
export interface FleetProcessOptions {
  /** Where Redis is; without one the processes share nothing. */
  readonly redis: string | undefined
  readonly key: string
  readonly tokenEndpoint: string
  readonly clientId: string
  readonly clientSecret: string
  readonly origin: string
  readonly oneToken: boolean
  readonly endpointMs: number
  readonly requests: number
  readonly gapMs: number
}

/** What it got. */
export interface FleetReport {
  /** Statuses, and codes of errors. */
  readonly outcomes: Readonly<Record<string, number>>
  readonly mints: number
  readonly longestMs: number
}

/** What happens to a fleet. */
export interface Scene {
  readonly name: string
  /** A new token ends the ones before it. */
  readonly oneToken?: boolean
  /** How long the token endpoint takes. */
  readonly endpointMs?: number
  /** One process has another sealing key. */
  readonly otherKey?: boolean
  /** What befalls Redis, beside the traffic. */
  readonly trouble?: (server: RedisServer) => Promise<void>
}

/** How much a fleet does. */
export interface Size {
  readonly processes: number
  readonly requests: number
  readonly gapMs: number
  /** Seconds that a token lives. */
  readonly lifetime: number
}

/** What became of a scene. */
export interface SceneResult {
  readonly scene: string
  readonly mints: number
  /** Tokens that one process alone would have asked for. */
  readonly lifetimes: number
  readonly outcomes: Readonly<Record<string, number>>
  readonly longestMs: number
}

const frozen =
  (ms: number) =>
  async ({ url }: RedisServer): Promise<void> => {
    const admin = new Redis(url)
    await pause(3000)
    await admin.client('PAUSE', ms, 'ALL')
    admin.disconnect()
  }

async function killed(server: RedisServer): Promise<void> {
  await pause(3000)
  await server.kill()
  await pause(5000)
  await server.start()
}

/** The scenes, with tokens of each kind. */
export const SCENES: readonly Scene[] = [false, true].flatMap((oneToken) => {
  const kind = oneToken ? ', one token for all' : ''
  return [
    { name: `a healthy store${kind}`, oneToken },
    { name: `a token endpoint that takes 6 s${kind}`, oneToken, endpointMs: 6000 },
    { name: `a store that is frozen for 10 s${kind}`, oneToken, trouble: frozen(10_000) },
    { name: `a store that is killed, and back after 5 s${kind}`, oneToken, trouble: killed },
    { name: `one process with another sealing key${kind}`, oneToken, otherKey: true },
  ]
})

/** Runs one scene with real processes and a real Redis. */
export async function runScene(scene: Scene, size: Size): Promise<SceneResult> {
  const { oneToken = false, endpointMs = 0, otherKey = false } = scene
  const { lifetime, requests, gapMs } = size
  await using server = await startRedis()
  await using sandbox = await startOAuthSandbox({
    expiresIn: lifetime,
    oneTokenPerClient: oneToken,
  })
  const key = randomBytes(32).toString('base64url')
  const { tokenEndpoint, origin, credentials } = sandbox
  const shared = { redis: server.url, tokenEndpoint, origin, ...credentials }
  const all = await Promise.all(
    Array.from({ length: size.processes }, async (_, index) => {
      const own = otherKey && index === 0 ? randomBytes(32).toString('base64url') : key
      return startProcess({ ...shared, key: own, oneToken, endpointMs, requests, gapMs })
    }),
  )
  const [reports] = await Promise.all([
    Promise.all(all.map(async (run) => run())),
    scene.trouble?.(server),
  ])
  const outcomes: Record<string, number> = {}
  for (const report of reports) {
    for (const [outcome, count] of Object.entries(report.outcomes)) {
      outcomes[outcome] = (outcomes[outcome] ?? 0) + count
    }
  }
  return {
    scene: scene.name,
    mints: sandbox.grants.length,
    lifetimes: Math.ceil((requests * gapMs) / (lifetime * 750)),
    outcomes,
    longestMs: Math.max(...reports.map(({ longestMs }) => longestMs)),
  }
}

/** Starts a process, and gives what lets it begin. */
async function startProcess(options: FleetProcessOptions): Promise<() => Promise<FleetReport>> {
  const script = fileURLToPath(new URL('fleet-process.ts', import.meta.url))
  const args = ['--conditions=source', script, JSON.stringify(options)]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const exit = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const nextLine = async (): Promise<string> => {
    const { value, done } = await lines.next()
    if (done === true) throw new Error('The process ended before it was done.')
    return value
  }
  await nextLine()
  return async () => {
    child.stdin.end()
    const report = JSON.parse(await nextLine()) as FleetReport
    await exit
    return report
  }
}
