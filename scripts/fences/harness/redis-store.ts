import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { TokenManager } from '@mayfly/core'
import { startZoomSandbox } from '@mayfly/sandboxes'
import { hasRedis, startRedis } from '../../servers/redis.ts'
import type { Harness } from '../context.ts'

interface Exports {
  readonly client: { disconnect(): void }
  readonly manager: () => TokenManager
}

/** Lets a second manager, as another process would have it, find the token of the first. */
export const harness: Harness = async ({ load, route }) => {
  if (!hasRedis()) return
  await using redis = await startRedis()
  await using sandbox = await startZoomSandbox()
  const { accountId, clientId, clientSecret } = sandbox.credentials
  Object.assign(process.env, {
    REDIS_URL: redis.url,
    STORE_KEY: randomBytes(32).toString('base64url'),
    ZOOM_ACCOUNT_ID: accountId,
    ZOOM_CLIENT_ID: clientId,
    ZOOM_CLIENT_SECRET: clientSecret,
  })
  for (const origin of ['https://zoom.us', 'https://api.zoom.us']) route(origin, sandbox.origin)
  const { client, manager } = (await load()) as unknown as Exports
  assert.equal((await manager().getToken()).origins[0], 'https://api.zoom.us')
  assert.equal(sandbox.issued, 1)
  client.disconnect()
}
