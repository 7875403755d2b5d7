import assert from 'node:assert/strict'
import { createTokenService } from '@mayfly/service'
import type { Harness } from '../context.ts'

/** Lets a real service issue tokens for the fence's API: a good one, one without scope, one for others. */
export const harness: Harness = async ({ load, route, urls }) => {
  const issuer = 'https://tokens.example.com'
  const service = await createTokenService({ issuer, database: ':memory:' })
  const server = await service.listen()
  route(issuer, server.url)
  const bounds = { audiences: ['orders', 'others'], subjects: '*', scopes: '*' } as const
  const authorization = `Bearer ${await service.createConsoleToken('backend', { bounds })}`
  const issue = async (order: object): Promise<string> => {
    const answer = await fetch(`${server.url}/tokens`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ subject: 'alice', expiresIn: 300, ...order }),
    })
    return ((await answer.json()) as { token: string }).token
  }
  await load()
  const [url] = await urls()
  const ask = async (token: string): Promise<Response> =>
    await fetch(`${url}/orders`, { headers: { authorization: `Bearer ${token}` } })

  const good = await ask(await issue({ audience: 'orders', claims: { scope: 'orders:read' } }))
  assert.equal(good.status, 200)
  assert.deepEqual(await good.json(), { customer: 'alice' })
  assert.equal((await ask(await issue({ audience: 'orders' }))).status, 403)
  assert.equal((await ask(await issue({ audience: 'others' }))).status, 401)
  await service.close()
}
