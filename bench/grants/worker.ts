/**
 * One of the processes of the chaos: it uses grants at random, as fast as it is told to, until it is
 * killed. It says what happens as JSON, a line each.
 *
 * Usage: node worker.ts OPTIONS-AS-JSON
 */
import { createInterface } from 'node:readline'
import { bearerFetch, type Clock, systemClock } from '@mayfly/core'
import { GrantManager, type GrantStore } from '@mayfly/core/grants'
import { RedisGrantStore } from '@mayfly/redis'
import { PostgresGrantStore } from '@mayfly/service/grants'
import { createClient } from 'redis'
import type { WorkerLine, WorkerOptions, WorkerOrder } from './workers.ts'

const options = JSON.parse(process.argv[2] ?? '') as WorkerOptions
const tell = (line: WorkerLine): void => void process.stdout.write(`${JSON.stringify(line)}\n`)
const clock: Clock = { now: () => systemClock.now() + options.aheadMs }
let diesAfterAnswer = false
const state = { running: false }

async function openStore(): Promise<GrantStore> {
  if (options.store === 'postgres') return new PostgresGrantStore(options.url)
  const client = createClient({ url: options.url })
  client.on('error', () => {})
  await client.connect()
  return new RedisGrantStore({ client, timeoutMs: 1500, onWarning: null })
}

const grants = new GrantManager({
  store: await openStore(),
  sealing: [options.key],
  endpoint: options.endpoint,
  client: { clientId: options.clientId, clientSecret: options.clientSecret },
  origins: [options.origin],
  leaseMs: options.leaseMs,
  storeTimeoutMs: 2000,
  timeoutMs: options.timeoutMs,
  clock,
  fetch: async (input, init) => {
    const headers = new Headers(init?.headers)
    headers.set('user-agent', options.name)
    const answer = await fetch(input, { ...init, headers })
    if (!diesAfterAnswer) return answer
    await answer.arrayBuffer()
    process.kill(process.pid, 'SIGKILL')
    return new Promise(() => {})
  },
  observe: (event) => {
    if (event.type === 'reconnect-needed' || event.type === 'refreshed') tell({ event })
  },
})

async function use(id: string): Promise<string> {
  try {
    const answer = await bearerFetch(grants.source(id), { clock })(`${options.origin}/orders`)
    await answer.arrayBuffer()
    return String(answer.status)
  } catch (error) {
    return String((error as { code?: unknown }).code)
  }
}

async function obey(order: WorkerOrder): Promise<void> {
  if (order.do === 'die-after-answer') diesAfterAnswer = true
  if (order.do === 'save') {
    await grants.save(order.id, order.response)
    tell({ saved: order.id })
  }
  if (order.do === 'burst') {
    const outcomes = await Promise.all(Array.from({ length: order.calls }, () => use(order.id)))
    tell({ burst: outcomes })
  }
  if (order.do === 'run') void run()
  if (order.do === 'stop') state.running = false
}

async function run(): Promise<void> {
  state.running = true
  const counts: Record<string, number> = {}
  while (state.running) {
    const calls = Array.from({ length: 4 }, () => {
      const id = options.ids[Math.floor(Math.random() * options.ids.length)] ?? ''
      return use(id)
    })
    for (const outcome of await Promise.all(calls)) counts[outcome] = (counts[outcome] ?? 0) + 1
    await new Promise((resolve) => setTimeout(resolve, options.pauseMs))
  }
  tell({ counts })
}

tell({ ready: true })
for await (const line of createInterface({ input: process.stdin })) {
  await obey(JSON.parse(line) as WorkerOrder).catch((error: unknown) => {
    tell({ failed: String(error) })
  })
}
await grants.close()
process.exit(0)
