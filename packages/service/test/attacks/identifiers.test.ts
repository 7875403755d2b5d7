import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { createTokenService, openLedger } from '../../src/index.ts'
import { ISSUER, openService, SILENT, TELESIGN } from '../support/service.ts'
import { readClaims } from '../support/tokens.ts'
import { otherSpelling } from '../support/other-spelling.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url')

test('who takes the id of the first console token ahead keeps nobody from it', async () => {
  const settings = { issuer: ISSUER, logger: SILENT, ephemeral: true, rateLimits: null }
  const empty = await openLedger({ database: ':memory:' })
  const told: string[] = []
  const first = await createTokenService({
    ...settings,
    ledger: empty,
    onConsoleToken: (token) => void told.push(token),
  })
  const ahead = String(readClaims(told[0] ?? '')['jti'])
  await first.close()
  await empty.close()

  const { ask, ledger } = await openService()
  expect((await ask(`/v1/token/15555551212/${ahead}`)).status).toBe(200)
  const found = await ledger.list({ xid: ahead, limit: 9 })
  expect(found.tokens).toHaveLength(1)
  const second = await createTokenService({
    ...settings,
    ledger,
    onConsoleToken: (token) => void told.push(token),
  })
  expect(readClaims(told[1] ?? '')).toMatchObject({ jti: ahead, sub: 'console' })
  await second.close()
})

test('an xid is a name within its number and client, and one keeps no other from it', async () => {
  const { ask, client, admin, clock } = await openService({
    telesign: { ...TELESIGN, access: 'client' },
  })
  const [a, b] = [await client('a', 'tokens:issue'), await client('b', 'tokens:issue')]
  for (const token of [a, b]) {
    // Of one second they would be the very same token.
    clock.advance(1000)
    for (const phone of ['15555551212', '15555551213']) {
      expect((await ask(`/v1/token/${phone}/order-1`, { token })).status).toBe(200)
      expect((await ask(`/v1/token/${phone}/order-1`, { token })).status).toBe(409)
    }
  }
  const own = await client('a', 'tokens:read')
  const listed = await ask('/v1/tokens?xid=order-1', { token: own })
  expect(listed.json['tokens']).toHaveLength(2)
  const all = await ask('/v1/tokens?xid=order-1', { token: admin })
  expect(all.json['tokens']).toHaveLength(4)
})

test('an xid that is another token’s id speaks neither for it nor against it', async () => {
  const { ask, admin, client } = await openService()
  const token = await client('app', 'tokens:issue', 'tokens:read', 'tokens:introspect')
  const json = { audience: 'orders', expiresIn: 60 }
  const issued = (await ask('/tokens', { token, json })).json
  const id = String(issued['tokenId'])
  const form = { token: String(issued['token']) }
  expect((await ask(`/v1/token/15555551212/${id}`)).status).toBe(200)
  const named = async (query = '') =>
    (await ask(`/v1/tokens/${id}${query}`, { token: admin })).json['kind']
  expect([await named(), await named('?kind=telesign'), await named('?kind=token')]).toStrictEqual([
    'token',
    'telesign',
    'token',
  ])
  expect((await ask(`/v1/tokens/${id}?kind=console`, { token: admin })).status).toBe(404)
  expect((await ask(`/v1/tokens/${id}?kind=telesign`, { token })).status).toBe(404)
  const revoke = { token: admin, method: 'DELETE' }
  expect((await ask(`/v1/tokens/${id}?kind=telesign`, revoke)).status).toBe(204)
  expect((await ask('/oauth/introspect', { token, form })).json['active']).toBe(true)
  expect((await ask(`/v1/tokens/${id}`, revoke)).status).toBe(204)
  expect((await ask('/oauth/introspect', { token, form })).json['active']).toBe(false)
})

test('a token of Telesign under the id of a console token neither makes nor ends one', async () => {
  const { ask, admin, client } = await openService()
  const token = await client('app', 'tokens:read')
  const id = String(readClaims(token)['jti'])
  await ask(`/v1/token/15555551212/${id}`)
  await ask(`/v1/tokens/${id}?kind=telesign`, { token: admin, method: 'DELETE' })
  expect((await ask('/v1/tokens', { token })).status).toBe(200)
})

test('an application’s generations of a subject end no console token of that name', async () => {
  const { ask, client, ledger } = await openService()
  const token = await client('app', 'tokens:read')
  await ledger.bumpGeneration('subject', 'app')
  expect((await ask('/v1/tokens', { token })).status).toBe(200)
})

test('revoking all of one xid leaves none of them good', async () => {
  const { ask, admin } = await openService()
  const phones = ['15555551212', '15555551213', '15555551214']
  for (const phone of phones) await ask(`/v1/token/${phone}/order-1`)
  await ask('/v1/tokens/order-1', { token: admin, method: 'DELETE' })
  const { tokens } = (await ask('/v1/tokens?xid=order-1', { token: admin })).json
  expect((tokens as { state: string }[]).map(({ state }) => state)).toStrictEqual(
    phones.map(() => 'revoked'),
  )
})

test.each(['revoke-first', 'revoke-other'])(
  'a token of ES256 and its other spelling are one token: %s',
  async (which) => {
    const { ask, client } = await openService()
    const token = await client('app', 'tokens:issue', 'tokens:introspect', 'tokens:revoke')
    const json = { audience: 'orders', expiresIn: 60 }
    const first = String((await ask('/tokens', { token, json })).json['token'])
    const other = otherSpelling(first)
    expect(other).not.toBe(first)
    const read = async (text: string) =>
      (await ask('/oauth/introspect', { token, form: { token: text } })).json['active']
    expect([await read(first), await read(other)]).toStrictEqual([true, true])
    const form = { token: which === 'revoke-first' ? first : other }
    await ask('/oauth/revoke', { token, form })
    expect([await read(first), await read(other)]).toStrictEqual([false, false])
  },
)

test('a console token in its other spelling is revoked with it', async () => {
  const { ask, client, admin } = await openService()
  const token = await client('app', 'tokens:read')
  const other = otherSpelling(token)
  expect((await ask('/v1/tokens', { token: other })).status).toBe(200)
  await ask('/oauth/revoke', { token: admin, form: { token: other } })
  expect((await ask('/v1/tokens', { token })).status).toBe(401)
  expect((await ask('/v1/tokens', { token: other })).status).toBe(401)
})

test('what was signed is not enough to pass for the token: its signature has to hold', async () => {
  const { ask, client, admin } = await openService()
  const token = await client('app', 'tokens:issue', 'tokens:introspect')
  const json = { audience: 'orders', expiresIn: 60 }
  const own = String((await ask('/tokens', { token, json })).json['token'])
  const { text: telesign } = await ask('/v1/token/15555551212')
  for (const [text, asker] of [
    [own, token],
    [telesign, admin],
  ] as const) {
    const [header, payload, signature = ''] = text.split('.')
    const changed = signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`
    for (const [form, active] of [
      [text, true],
      [`${header}.${payload}.${changed}`, false],
    ] as const) {
      const answer = await ask('/oauth/introspect', { token: asker, form: { token: form } })
      expect(answer.json['active']).toBe(active)
    }
  }
})

test('a record of the first schema is found by its text, and by its id in the other spelling', async () => {
  const { ask, client, ledger } = await openService()
  const token = await client('app', 'tokens:issue', 'tokens:introspect', 'tokens:revoke')
  const json = { audience: 'orders', expiresIn: 60 }
  const record = ledger.record.bind(ledger)
  let tokenHash = ''
  ledger.record = (one) => record({ ...one, tokenHash })
  // The hash of the text is known once there is a text.
  const issued: string[] = []
  for (const hash of ['one', 'two']) {
    tokenHash = hash
    issued.push(String((await ask('/tokens', { token, json })).json['token']))
  }
  ledger.record = record
  const [first = ''] = issued
  const other = otherSpelling(first)
  const read = async (text: string) =>
    (await ask('/oauth/introspect', { token, form: { token: text } })).json['active']
  expect(await read(other)).toBe(true)
  const found = ledger.findByHash.bind(ledger)
  ledger.findByHash = (hash) => found(hash === sha256(first) ? 'one' : hash)
  expect(await read(first)).toBe(true)
  await ask('/oauth/revoke', { token, form: { token: other } })
  expect([await read(first), await read(other)]).toStrictEqual([false, false])
})
