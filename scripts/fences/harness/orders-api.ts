import assert from 'node:assert/strict'
import { decodeToken } from '@mayfly/core'
import type { Harness } from '../context.ts'

/** Uses the API of the README's server examples as its page, another page and a stranger would. */
export const harness: Harness = async ({ load, urls }) => {
  await load()
  const [url = ''] = await urls()
  const issued = await fetch(`${url}/token`, { method: 'POST' })
  assert.equal(issued.status, 200)
  const { access_token: token } = (await issued.json()) as { access_token: string }
  const order = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${url}/orders`, { headers })
  const authorization = `Bearer ${token}`

  const good = await order({ authorization, origin: 'https://shop.example.com' })
  assert.equal(good.status, 200)
  assert.deepEqual(await good.json(), { customer: 'alice' })
  const { aud } = decodeToken(token).unverifiedClaims
  const elsewhere = await order({ authorization, origin: 'https://evil.example' })
  if (String(aud).includes('https://shop.example.com')) {
    assert.equal(elsewhere.status, 403)
    assert.equal(((await elsewhere.json()) as { reason: string }).reason, 'origin_mismatch')
  } else assert.equal(elsewhere.status, 200)
  assert.equal((await order({ origin: 'https://shop.example.com' })).status, 401)
  const keys = await fetch(`${url}/.well-known/jwks.json`)
  assert.equal(((await keys.json()) as { keys: unknown[] }).keys.length, 1)
}
