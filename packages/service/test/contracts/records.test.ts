import { expect, test } from 'vitest'
import { openService } from '../support/service.ts'

interface Shown {
  readonly xid?: string
  readonly clientId?: string
  readonly state: string
}

const ALL = ['tokens:issue', 'tokens:read', 'tokens:introspect', 'tokens:revoke'] as const

test('records come in pages, each of them once', async () => {
  const { ask, admin } = await openService()
  for (let at = 0; at < 7; at++) await ask(`/v1/token/15555551212/x${at}`)
  const seen: (string | undefined)[] = []
  let after = ''
  do {
    const { json } = await ask(`/v1/tokens?phone=15555551212&limit=3${after}`, { token: admin })
    seen.push(...(json['tokens'] as Shown[]).map(({ xid }) => xid))
    const next = json['next']
    after = typeof next === 'string' ? `&after=${encodeURIComponent(next)}` : ''
  } while (after !== '')
  expect(seen).toStrictEqual(['x6', 'x5', 'x4', 'x3', 'x2', 'x1', 'x0'])
})

test('a client finds and revokes its own tokens, and no other’s', async () => {
  const { ask, client, admin } = await openService()
  const [a, b] = [await client('a', ...ALL), await client('b', ...ALL)]
  const json = { audience: 'orders', expiresIn: 60 }
  const id = String((await ask('/tokens', { token: a, json })).json['tokenId'])
  await ask('/v1/token/15555551212/nobodys')
  for (const target of [`/v1/tokens/${id}`, '/v1/tokens/nobodys']) {
    expect((await ask(target, { token: b })).status).toBe(404)
    expect((await ask(target, { token: b, method: 'DELETE' })).status).toBe(404)
  }
  const seenBy = async (token: string, query = '') => {
    const listed = await ask(`/v1/tokens${query}`, { token })
    return new Set((listed.json['tokens'] as Shown[]).map(({ clientId }) => clientId))
  }
  expect(await seenBy(b)).toStrictEqual(new Set(['b']))
  expect(await seenBy(b, '?audience=orders')).toStrictEqual(new Set())
  expect(await seenBy(b, '?phone=15555551212')).toStrictEqual(new Set())
  expect(await seenBy(admin)).toStrictEqual(new Set(['a', 'b', 'root', undefined]))
  expect((await ask(`/v1/tokens/${id}`, { token: a })).json['state']).toBe('active')
  expect((await ask(`/v1/tokens/${id}`, { token: a, method: 'DELETE' })).status).toBe(204)
  expect((await ask(`/v1/tokens/${id}`, { token: a })).json['state']).toBe('revoked')
})

test('a record tells that its token has expired', async () => {
  const { ask, admin, clock } = await openService()
  await ask('/v1/token/15555551212/old')
  clock.advance(80_000)
  const { json } = await ask('/v1/tokens/old', { token: admin })
  expect(json['state']).toBe('expired')
  expect(json).not.toHaveProperty('tokenHash')
})

test.each([
  'limit=0',
  'limit=201',
  'limit=ten',
  'after=garbage',
  'after=1.2%3BDROP',
  'kind=other',
  'phone=1',
  'xid=a/b',
  'audience=',
  'include=everything',
  'clientId=a',
  'phone=15555551212&phone=15555551213',
  'phone[]=15555551212',
  '__proto__=1',
])('the search "%s" is refused', async (query) => {
  const { ask, admin } = await openService()
  const { status, json } = await ask(`/v1/tokens?${query}`, { token: admin })
  expect([status, json['parameter']]).toStrictEqual([
    400,
    query.replace(/=.*/, '').replace('[]', '??'),
  ])
})

test('the text of tokens is for the scope tokens:secret', async () => {
  const { ask, client } = await openService()
  const token = await client('a', ...ALL)
  const { status, headers } = await ask('/v1/tokens?include=token', { token })
  expect(status).toBe(403)
  expect(headers.get('www-authenticate')).toContain('scope="tokens:secret"')
})
