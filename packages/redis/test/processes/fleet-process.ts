/**
 * Sends requests, one after the other and many at once, as one of several servers does. It says `ready`,
 * begins when its input ends, and prints what it got.
 *
 * Usage: node fleet-process.ts FLEET-PROCESS-AS-JSON
 */
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { bearerFetch, isMayflyError, TokenManager, wrapSource } from '@mayfly/core'
import { clientCredentials } from '@mayfly/core/vendors'
import { RedisTokenStore } from '../../src/index.ts'
import { connectIoRedis } from '../support.ts'
import type { FleetProcessOptions, FleetReport } from './fleet-scenes.ts'

const options = JSON.parse(process.argv[2] ?? '') as FleetProcessOptions
const { redis, key, tokenEndpoint, clientId, clientSecret, origin, requests, gapMs } = options
const connected = redis === undefined ? undefined : await connectIoRedis(redis)
const store =
  connected &&
  new RedisTokenStore({
    client: connected.client,
    encryptionKeys: [{ keyId: key.slice(0, 8), key: Buffer.from(key, 'base64url') }],
  })
/** A server that is slow before it makes the token: what it answers lives as long as it says. */
const slow: typeof fetch = async (...request) => {
  await pause(options.endpointMs)
  return fetch(...request)
}
const credentials = { tokenEndpoint, clientId, clientSecret, origins: [origin], fetch: slow }
const { oneToken: revokesPrevious } = options
const source = wrapSource(clientCredentials(credentials), { revokesPrevious })
const manager = new TokenManager(source, { ...(store && { store }) })
const send = bearerFetch(manager)

process.stdout.write('ready\n')
await text(process.stdin)
const outcomes: Record<string, number> = {}
const waits: number[] = []
async function call(): Promise<void> {
  const began = performance.now()
  let outcome = 'other'
  try {
    const response = await send(`${origin}/orders`)
    outcome = String(response.status)
    await response.body?.cancel()
  } catch (error) {
    outcome = isMayflyError(error) ? error.code : 'network'
  }
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  waits.push(Math.round(performance.now() - began))
}
const running: Promise<void>[] = []
for (let sent = 0; sent < requests; sent++) {
  running.push(call())
  await pause(gapMs)
}
await Promise.all(running)
const report: FleetReport = {
  outcomes,
  mints: manager.stats().mints,
  longestMs: Math.max(...waits),
}
process.stdout.write(`${JSON.stringify(report)}\n`)
process.exit()
