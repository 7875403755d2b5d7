import { expect, test } from 'vitest'
import { ISSUER, openService } from '../support/service.ts'
import { readClaims } from '../support/tokens.ts'

test('a token of one’s own has what was asked for, and the id that it is recorded by', async () => {
  const { ask, client, clock } = await openService()
  const token = await client('app', 'tokens:issue', 'tokens:read')
  const issued = await ask('/tokens', {
    token,
    json: {
      audience: ['orders', 'https://api.example.com'],
      origins: ['App.Example.com'],
      expiresIn: 120,
      subject: 'alice',
      claims: { scope: 'read write', plan: { seats: 3 } },
    },
  })
  const now = clock.now() / 1000
  expect(issued.status).toBe(201)
  expect(issued.json).toMatchObject({ issuedAt: now, expiresAt: now + 120 })
  expect(readClaims(String(issued.json['token']))).toStrictEqual({
    iss: ISSUER,
    sub: 'alice',
    aud: ['orders', 'https://api.example.com', 'app.example.com'],
    exp: now + 120,
    iat: now,
    jti: issued.json['tokenId'],
    scope: 'read write',
    plan: { seats: 3 },
  })
  const record = await ask(`/v1/tokens/${String(issued.json['tokenId'])}`, { token })
  expect(record.json).toMatchObject({ kind: 'token', clientId: 'app', scope: 'read write' })
})

const GOOD = { audience: 'orders', expiresIn: 60 }

test.each<[object, string]>([
  [{ expiresIn: 60 }, 'audience'],
  [{ ...GOOD, audience: [] }, 'audience'],
  [{ ...GOOD, audience: '' }, 'audience'],
  [{ ...GOOD, audience: ['a', 7] }, 'audience'],
  [{ ...GOOD, audience: ['a', 'a'] }, 'audience'],
  [{ ...GOOD, audience: 'a\u0000' }, 'audience'],
  [{ ...GOOD, audience: '\ud800' }, 'audience'],
  [{ ...GOOD, audience: ['orders', '*'] }, 'audience'],
  [{ ...GOOD, audience: ['orders', '*.com'] }, 'audience'],
  [{ ...GOOD, origins: ['*'] }, 'origins'],
  [{ ...GOOD, origins: ['*.co.uk'] }, 'origins'],
  [{ ...GOOD, origins: 'app.example.com' }, 'origins'],
  [{ audience: 'orders' }, 'expiresIn'],
  [{ ...GOOD, expiresIn: 0 }, 'expiresIn'],
  [{ ...GOOD, expiresIn: '60' }, 'expiresIn'],
  [{ ...GOOD, expiresIn: 1.5 }, 'expiresIn'],
  [{ ...GOOD, expiresIn: 86_401 }, 'expiresIn'],
  [{ ...GOOD, subject: '' }, 'subject'],
  [{ ...GOOD, subject: null }, 'subject'],
  [{ ...GOOD, claims: [] }, 'claims'],
  [{ ...GOOD, claims: null }, 'claims'],
  [{ ...GOOD, claims: { scope: ['read'] } }, 'claims'],
  [{ ...GOOD, claims: { scope: 'a\u0000b' } }, 'claims'],
  [{ ...GOOD, claims: { note: 'x'.repeat(7000) } }, 'claims'],
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'gen'].map((claim): [object, string] => [
    { ...GOOD, claims: { [claim]: 1 } },
    'claims',
  ]),
  [{ ...GOOD, expires_in: 60 }, 'expires_in'],
  [{ ...GOOD, constructor: 1 }, 'constructor'],
])('the order %j is refused, and %s is named', async (json, parameter) => {
  const { ask, admin, ledger } = await openService()
  const answer = await ask('/tokens', { token: admin, json })
  expect([answer.status, answer.json['parameter']]).toStrictEqual([400, parameter])
  expect((await ledger.list({ kind: 'token', limit: 5 })).tokens).toHaveLength(0)
})

const deep = (levels: number): string =>
  `{"audience":"a","expiresIn":1,"claims":${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}}`

test.each([
  ['no JSON', '{"audience":', 'ERR_BODY'],
  ['an array', '[]', 'ERR_BODY'],
  ['nothing', '', 'ERR_BODY'],
  ['a __proto__', '{"audience":"a","expiresIn":1,"__proto__":{"x":1}}', 'ERR_PARAMETER'],
  [
    'a __proto__ in claims',
    '{"audience":"a","expiresIn":1,"claims":{"a":{"__proto__":1}}}',
    'ERR_PARAMETER',
  ],
  ['a member twice', '{"audience":"a","expiresIn":1,"expiresIn":60}', 'ERR_BODY'],
  ['a number beyond all', '{"audience":"a","expiresIn":1,"claims":{"a":[1e400]}}', 'ERR_PARAMETER'],
  [
    'a number that would change',
    '{"audience":"a","expiresIn":1,"claims":{"a":9007199254740993}}',
    'ERR_PARAMETER',
  ],
  [
    'half a character',
    String.raw`{"audience":"a","expiresIn":1,"claims":{"a":"\ud800"}}`,
    'ERR_PARAMETER',
  ],
  [
    'half a character in a name',
    String.raw`{"audience":"a","expiresIn":1,"claims":{"\udc00":1}}`,
    'ERR_PARAMETER',
  ],
  ['a nesting that is too deep', deep(32), 'ERR_BODY'],
  ['a nesting without end', '['.repeat(15_000), 'ERR_BODY'],
])('a body that is %s is refused', async (_, body, code) => {
  const { ask, admin } = await openService()
  const answer = await ask('/tokens', { token: admin, method: 'POST', body, headers: JSON_TYPE })
  expect([answer.status, answer.json['code']]).toStrictEqual([400, code])
})

const JSON_TYPE = { 'content-type': 'application/json' }

test('claims are in the token as they were sent', async () => {
  const { ask, admin } = await openService()
  const claims = { n: [0, -1, 9007199254740991, 0.1, 1e-7], t: 'a\u0000\u{1f511}', o: { x: null } }
  const { json } = await ask('/tokens', { token: admin, json: { ...GOOD, claims } })
  expect(readClaims(String(json['token']))).toMatchObject(claims)
})

test('a body that nests within the bound is taken', async () => {
  const { ask, admin } = await openService()
  const { status } = await ask('/tokens', { token: admin, body: deep(30) })
  expect(status).toBe(201)
})

test.each([
  'text/plain',
  'application/x-www-form-urlencoded',
  'application/json; charset=utf-16',
  'application/json, text/plain',
  'application/jsonp',
])('a body of the type "%s" is refused', async (type) => {
  const { ask, admin } = await openService()
  const body = JSON.stringify(GOOD)
  const answer = await ask('/tokens', { token: admin, body, headers: { 'content-type': type } })
  expect([answer.status, answer.json['code']]).toStrictEqual([415, 'ERR_MEDIA_TYPE'])
})

test('a body that is compressed is refused, and one that is too long', async () => {
  const { ask, admin } = await openService({ bodyLimit: 1024 })
  const packed = await ask('/tokens', {
    token: admin,
    json: GOOD,
    headers: { 'content-encoding': 'gzip' },
  })
  expect(packed.status).toBe(415)
  const fits = JSON.stringify({ ...GOOD, subject: '' })
  const subject = 'x'.repeat(1024 - fits.length)
  expect((await ask('/tokens', { token: admin, json: { ...GOOD, subject } })).status).toBe(201)
  const longer = await ask('/tokens', { token: admin, json: { ...GOOD, subject: `${subject}x` } })
  expect([longer.status, longer.json['code']]).toStrictEqual([413, 'ERR_BODY_TOO_LONG'])
})
