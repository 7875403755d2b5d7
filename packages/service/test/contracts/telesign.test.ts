import { expect, test } from 'vitest'
import { verifyCompact } from '@mayfly/core'
import { openService, TELESIGN } from '../support/service.ts'
import { readClaims } from '../support/tokens.ts'

const SECRET = Buffer.from(TELESIGN.apiKey, 'base64')
const KEYS = [{ algorithm: 'HS256', key: { secret: SECRET } }] as const

test('a number gets a token with the claims of Telesign in their order', async () => {
  const { ask, clock } = await openService()
  const { status, text, headers } = await ask('/v1/token/15555551212')
  expect(status).toBe(200)
  expect(headers.get('content-type')).toBe('text/plain; charset=utf-8')
  await verifyCompact(text, KEYS, { algorithms: ['HS256'] })
  const claims = readClaims(text)
  expect(Object.keys(claims)).toStrictEqual(['iss', 'iat', 'exp', 'phn', 'xid'])
  const now = clock.now() / 1000
  expect(claims).toMatchObject({ iss: TELESIGN.customerId, phn: '15555551212' })
  expect(claims).toMatchObject({ iat: now - 10, exp: now + 80 })
  expect(claims.xid).toMatch(/^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/)
})

test('a transaction keeps its name, and is found again by it and by its number', async () => {
  const { ask, admin } = await openService()
  const { text } = await ask('/v1/token/15555551212/order-7')
  expect(readClaims(text).xid).toBe('order-7')
  const found = await ask('/v1/tokens/order-7', { token: admin })
  expect(found.json).toMatchObject({ xid: 'order-7', phone: '15555551212', state: 'active' })
  const listed = await ask('/v1/tokens?phone=15555551212', { token: admin })
  expect(listed.json['tokens']).toStrictEqual([found.json])
  expect(JSON.stringify(found.json)).not.toContain(text)
})

test('a transaction gets one token, however many ask at once', async () => {
  const { ask } = await openService()
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => ask('/v1/token/15555551212/once')),
  )
  const statuses = answers.map(({ status }) => status)
  expect(statuses.filter((status) => status === 200)).toHaveLength(1)
  expect(statuses.filter((status) => status === 409)).toHaveLength(19)
})

test.each([
  '123456',
  '0155555512',
  '+15555551212',
  '1555555121x',
  '1'.repeat(16),
  '155 5555121',
  '%00',
])('the number "%s" is refused in words', async (phone) => {
  const { ask, ledger } = await openService()
  const { status, json } = await ask(`/v1/token/${encodeURIComponent(phone)}`)
  expect([status, json['code'], json['parameter']]).toStrictEqual([400, 'ERR_PHONE', 'phone'])
  expect(json['detail']).toContain('7 to 15 digits')
  expect((await ledger.list({ limit: 10, kind: 'telesign' })).tokens).toHaveLength(0)
})

test.each(['a b', 'x'.repeat(37), 'a/b', 'a\n', 'ä', 'a%00'])(
  'the xid "%s" is refused',
  async (xid) => {
    const { ask } = await openService()
    const { status, json } = await ask(`/v1/token/15555551212/${encodeURIComponent(xid)}`)
    expect([status, json['code']]).toStrictEqual([400, 'ERR_XID'])
  },
)

test('where Telesign’s route is for clients, nobody else gets a token', async () => {
  const { ask, client, admin } = await openService({ telesign: { ...TELESIGN, access: 'client' } })
  expect((await ask('/v1/token/15555551212')).status).toBe(401)
  const reader = await client('reader', 'tokens:read')
  expect((await ask('/v1/token/15555551212', { token: reader })).status).toBe(403)
  const app = await client('app', 'tokens:issue', 'tokens:read')
  expect((await ask('/v1/token/15555551212/mine', { token: app })).status).toBe(200)
  expect((await ask('/v1/tokens/mine', { token: app })).json['clientId']).toBe('app')
  expect((await ask('/v1/tokens/mine', { token: reader })).status).toBe(404)
  expect((await ask('/v1/tokens/mine', { token: admin })).status).toBe(200)
})

test('without Telesign’s credentials there is no such path', async () => {
  const service = await openService({ telesign: undefined as never })
  expect((await service.ask('/v1/token/15555551212')).status).toBe(404)
})
