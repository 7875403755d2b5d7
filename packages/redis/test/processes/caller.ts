/**
 * Asks for one token many times at once, as a server does that has just started. It says `ready`, begins
 * when its input ends, prints what it got, and goes on until it is killed.
 *
 * Usage: node caller.ts CALLER-AS-JSON
 */
import { text } from 'node:stream/consumers'
import { type ManagerEvent, TokenManager } from '@mayfly/core'
import { clientCredentials } from '@mayfly/core/vendors'
import { RedisTokenStore } from '../../src/index.ts'
import { PACKAGES } from '../support.ts'
import type { CallerOptions, CallerReport } from './start.ts'

const { redis, client, key, calls, timeoutMs, ...credentials } = JSON.parse(
  process.argv[2] ?? '',
) as CallerOptions
const [, connect] = PACKAGES.find(([name]) => name === client) ?? []
if (connect === undefined) throw new Error('There is no such client.')
const connected = await connect(redis)

const encryptionKeys = [{ keyId: 'k1', key: Buffer.from(key, 'base64url') }]
const events: ManagerEvent[] = []
const manager = new TokenManager(clientCredentials(credentials), {
  store: new RedisTokenStore({ client: connected.client, encryptionKeys, timeoutMs: 10_000 }),
  // The machine may be busy, and a store that is slow is done without.
  storeTimeoutMs: 10_000,
  timeoutMs,
  observe: (event) => void events.push(event),
})

process.stdout.write('ready\n')
await text(process.stdin)
const tokens = await Promise.all(Array.from({ length: calls }, async () => manager.getToken()))
const report: CallerReport = {
  calls: tokens.length,
  tokens: [...new Set(tokens.map(({ value }) => value))],
  mints: manager.stats().mints,
  waits: events.flatMap((event) => (event.type === 'lock-waited' ? [event.outcome] : [])),
  failed: events.flatMap((event) => (event.type === 'store-failed' ? [event.operation] : [])),
}
process.stdout.write(`${JSON.stringify(report)}\n`)
