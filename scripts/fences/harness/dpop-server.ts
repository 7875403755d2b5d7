import assert from 'node:assert/strict'
import { bearerFetch, DpopProver, TokenManager } from '@mayfly/core'
import { clientCredentials } from '@mayfly/core/vendors'
import type { Harness } from '../context.ts'

/** Uses the API as its client would, and as a thief who has the token. */
export const harness: Harness = async ({ load, route, urls }) => {
  await load()
  const [url = ''] = await urls()
  const origin = 'https://api.example.com'
  route(origin, url)
  const dpop = new DpopProver()
  const source = clientCredentials({
    tokenEndpoint: `${origin}/token`,
    clientId: 'orders',
    clientSecret: 'secret',
    origins: [origin],
    dpop,
  })
  const manager = new TokenManager(source)
  const good = await bearerFetch(manager, { dpop })(`${origin}/orders?page=1`)
  assert.equal(good.status, 200)
  assert.deepEqual(await good.json(), { customer: 'alice' })

  const asBearer = await bearerFetch(manager)(`${origin}/orders`)
  assert.equal(asBearer.status, 401)
  assert.equal(((await asBearer.json()) as { reason: string }).reason, 'key_unproven')
  const thief = bearerFetch(manager, { dpop: new DpopProver() })
  const stolen = await thief(`${origin}/orders`)
  assert.equal(stolen.status, 401)
  assert.equal(((await stolen.json()) as { reason: string }).reason, 'key_mismatch')
  assert.equal((await fetch(`${origin}/token`, { method: 'POST' })).status, 400)
}
