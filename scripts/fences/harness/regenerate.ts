import assert from 'node:assert/strict'
import type { Harness } from '../context.ts'

async function tokenOf(answer: Response): Promise<string> {
  return ((await answer.json()) as { token: string }).token
}

/** Regenerates a token twice, and uses the older ones afterwards. */
export const harness: Harness = async ({ load, urls }) => {
  await load()
  const [url = ''] = await urls()
  const regenerate = (cookie: string): Promise<Response> =>
    fetch(`${url}/token/regenerate`, { method: 'POST', headers: { cookie } })
  const order = (token: string): Promise<Response> =>
    fetch(`${url}/orders`, { headers: { authorization: `Bearer ${token}` } })

  assert.equal((await regenerate('session=of-nobody')).status, 401)
  const first = await tokenOf(await regenerate('session=of-alice'))
  assert.deepEqual(await (await order(first)).json(), { customer: 'alice' })
  const again = await regenerate('session=of-alice')
  assert.equal(again.headers.get('cache-control'), 'no-store')
  const second = await tokenOf(again)
  const refused = await order(first)
  assert.equal(refused.status, 401)
  assert.equal(((await refused.json()) as { reason: string }).reason, 'token_superseded')
  assert.equal((await order(second)).status, 200)
}
