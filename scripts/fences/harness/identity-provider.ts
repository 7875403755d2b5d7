import assert from 'node:assert/strict'
import { startJwksServer } from '@mayfly/sandboxes'
import type { Harness } from '../context.ts'

/** Puts an issuer in the provider's place, has it replace its key, and takes it down. */
export const harness: Harness = async ({ load, route, urls }) => {
  const issuer = 'https://login.example.com'
  await using server = await startJwksServer({
    algorithm: 'RS256',
    audience: 'https://api.example.com',
    metadata: 'openid',
  })
  server.changeMetadata({ issuer, jwks_uri: `${issuer}/keys.json` })
  route(issuer, server.origin)
  await load()
  const [url = ''] = await urls()
  const asAlice = async (): Promise<Response> => {
    const token = server.mint({ claims: { iss: issuer, sub: 'alice' } })
    return await fetch(`${url}/me`, { headers: { authorization: `Bearer ${token}` } })
  }

  const good = await asAlice()
  assert.equal(good.status, 200)
  assert.deepEqual(await good.json(), { subject: 'alice' })
  assert.equal((await fetch(`${url}/ready`)).status, 200)
  server.rotate()
  assert.equal((await asAlice()).status, 200)
  assert.equal(server.keyRequests, 2)
  server.down()
  assert.equal((await asAlice()).status, 200)
  assert.equal((await fetch(`${url}/me`)).status, 401)
}
