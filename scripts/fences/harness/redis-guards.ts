import assert from 'node:assert/strict'
import type { TokenIssuer } from '@mayfly/core'
import { hasRedis, startRedis } from '../../servers/redis.ts'
import type { Harness } from '../context.ts'

interface Exports {
  readonly client: { destroy(): void }
  readonly issuer: TokenIssuer
}

/** Logs out, logs out everywhere and uses a one-time token twice, then takes Redis away. */
export const harness: Harness = async ({ load, urls }) => {
  if (!hasRedis()) return
  await using redis = await startRedis()
  process.env['REDIS_URL'] = redis.url
  const { client, issuer } = (await load()) as unknown as Exports
  const [url] = await urls()
  const token = async (audience: string): Promise<string> =>
    (await issuer.issue({ audience, subject: 'alice', expiresIn: 300 })).value
  const ask = async (path: string, value: string, method = 'GET'): Promise<number> => {
    const headers = { authorization: `Bearer ${value}` }
    return (await fetch(url + path, { method, headers })).status
  }

  const [first, second, once] = [
    await token('orders'),
    await token('orders'),
    await token('downloads'),
  ]
  assert.deepEqual([await ask('/download', once), await ask('/download', once)], [200, 401])
  assert.equal(await ask('/logout', first, 'POST'), 204)
  assert.deepEqual([await ask('/orders', first), await ask('/orders', second)], [401, 200])
  assert.equal(await ask('/logout-everywhere', second, 'POST'), 204)
  assert.equal(await ask('/orders', second), 401)
  const third = await token('orders')
  assert.equal(await ask('/orders', third), 200)
  await redis.kill()
  assert.equal(await ask('/orders', third), 503)
  client.destroy()
}
