import express from 'express'
import { expect, test } from 'vitest'
import { ISSUER, openService } from '../support/service.ts'

const ALL = ['tokens:issue', 'tokens:read', 'tokens:introspect', 'tokens:revoke'] as const
const ORDER = { audience: 'orders', expiresIn: 60, subject: 'alice', claims: { scope: 'read' } }

test('a good token is described to its client, and no word of it is repeated', async () => {
  const { ask, client, clock } = await openService()
  const token = await client('app', ...ALL)
  const issued = await ask('/tokens', { token, json: ORDER })
  const value = String(issued.json['token'])
  const { status, json, text } = await ask('/oauth/introspect', { token, form: { token: value } })
  const now = clock.now() / 1000
  expect(status).toBe(200)
  expect(json).toStrictEqual({
    active: true,
    token_type: 'Bearer',
    iss: ISSUER,
    sub: 'alice',
    aud: 'orders',
    exp: now + 60,
    iat: now,
    jti: issued.json['tokenId'],
    client_id: 'app',
    scope: 'read',
  })
  expect(text).not.toContain(value.split('.')[2])
})

test('of a token that expired nothing is told, from the very second on', async () => {
  const { ask, client, clock } = await openService()
  const token = await client('app', ...ALL)
  const issued = await ask('/tokens', { token, json: ORDER })
  const form = { token: String(issued.json['token']) }
  clock.advance(59_000)
  expect((await ask('/oauth/introspect', { token, form })).json['active']).toBe(true)
  clock.advance(1000)
  expect((await ask('/oauth/introspect', { token, form })).text).toBe('{"active":false}')
})

test('of what is unknown, changed, revoked, superseded or another client’s nothing is told', async () => {
  const { ask, client, admin } = await openService()
  const token = await client('app', ...ALL)
  const other = await client('other', ...ALL)
  const read = async (value: string, asker = token) =>
    (await ask('/oauth/introspect', { token: asker, form: { token: value } })).text
  const value = String((await ask('/tokens', { token, json: ORDER })).json['token'])
  const inactive = '{"active":false}'
  expect(await read('nothing')).toBe(inactive)
  expect(await read('x'.repeat(9000))).toBe(inactive)
  expect(await read(`${value} `)).toBe(inactive)
  expect(await read(value.slice(0, -4))).toBe(inactive)
  expect(await read(value, other)).toBe(inactive)
  expect(await read(value, admin)).toContain('"active":true')
  const old = await client('third', ...ALL, 'tokens:regenerate')
  expect(await read(old, admin)).toContain('"active":true')
  await ask('/security/jwt/regenerate', { method: 'POST', token: old })
  expect(await read(old, admin)).toBe(inactive)
  expect(await read(value)).toContain('"active":true')
  expect((await ask('/oauth/revoke', { token, form: { token: value } })).status).toBe(200)
  expect(await read(value)).toBe(inactive)
})

test('a token of Telesign is described too', async () => {
  const { ask, admin } = await openService()
  const { text } = await ask('/v1/token/15555551212/order-1')
  const { json } = await ask('/oauth/introspect', { token: admin, form: { token: text } })
  expect(json).toMatchObject({ active: true, jti: 'order-1' })
  expect(json).not.toHaveProperty('aud')
})

test('revoking is for one’s own tokens, and is good for what nobody knows', async () => {
  const { ask, client, admin } = await openService()
  const token = await client('app', ...ALL)
  const other = await client('other', ...ALL)
  const issued = await ask('/tokens', { token, json: ORDER })
  const form = { token: String(issued.json['token']) }
  const refused = await ask('/oauth/revoke', { token: other, form })
  expect([refused.status, refused.json['error']]).toStrictEqual([400, 'unauthorized_client'])
  expect(refused.headers.get('content-type')).toBe('application/json')
  expect((await ask('/oauth/introspect', { token, form })).json['active']).toBe(true)
  const unknown = await ask('/oauth/revoke', { token: other, form: { token: 'nothing' } })
  expect([unknown.status, unknown.text]).toStrictEqual([200, ''])
  const hinted = { ...form, token_type_hint: 'refresh_token', more: 'ignored' }
  expect((await ask('/oauth/revoke', { token: admin, form: hinted })).status).toBe(200)
  expect((await ask('/oauth/revoke', { token, form })).status).toBe(200)
  expect((await ask('/oauth/introspect', { token, form })).json['active']).toBe(false)
})

test('a console token that was revoked is dead at once', async () => {
  const { ask, client, admin } = await openService()
  const token = await client('app', ...ALL)
  await ask('/oauth/revoke', { token: admin, form: { token } })
  const { status, json } = await ask('/v1/tokens', { token })
  expect([status, json['reason']]).toStrictEqual([401, 'token_revoked'])
})

test.each(['', 'token=', 'token=a&token=b', 'token_type_hint=access_token'])(
  'the form "%s" is refused as OAuth has it',
  async (body) => {
    const { ask, admin } = await openService()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    for (const path of ['/oauth/introspect', '/oauth/revoke']) {
      const { status, json } = await ask(path, { method: 'POST', token: admin, body, headers })
      expect([status, json['error'], json['code']]).toStrictEqual([
        400,
        'invalid_request',
        'ERR_PARAMETER',
      ])
    }
  },
)

test('a token in the query is refused: it would be in every log', async () => {
  const { ask, admin } = await openService()
  const answer = await ask('/oauth/introspect?token=secret-token', {
    token: admin,
    form: { token: 'x' },
  })
  expect(answer.status).toBe(400)
  expect(answer.text).not.toContain('secret-token')
})

test('what is not a form is refused', async () => {
  const { ask, admin } = await openService()
  expect((await ask('/oauth/revoke', { token: admin, json: { token: 'a' } })).status).toBe(415)
})

test('the metadata leads to what there is', async () => {
  const { ask } = await openService({ issuer: `${ISSUER}/tokens` })
  const { json, headers } = await ask('/.well-known/oauth-authorization-server')
  expect(json).toMatchObject({
    issuer: `${ISSUER}/tokens`,
    jwks_uri: `${ISSUER}/tokens/.well-known/jwks.json`,
    introspection_endpoint: `${ISSUER}/tokens/oauth/introspect`,
    response_types_supported: [],
  })
  expect(headers.get('cache-control')).toBe('public, max-age=3600')
})

const WELL_KNOWN = '/.well-known/oauth-authorization-server'

test.each([
  [ISSUER, [WELL_KNOWN]],
  [`${ISSUER}/`, [WELL_KNOWN]],
  [`${ISSUER}/tokens`, [WELL_KNOWN, `${WELL_KNOWN}/tokens`]],
  [`${ISSUER}/a/b/`, [WELL_KNOWN, `${WELL_KNOWN}/a/b`]],
])('the metadata of the issuer %s is where RFC 8414 looks for it', async (issuer, paths) => {
  const { ask } = await openService({ issuer })
  for (const path of paths) {
    const { json } = await ask(path)
    expect(json['issuer'], path).toBe(issuer)
    const head = await ask(path, { method: 'HEAD' })
    expect([head.status, head.text]).toStrictEqual([200, ''])
  }
  expect((await ask(`${WELL_KNOWN}/other`)).status).toBe(404)
})

test('a service below a path is found by its metadata from the root of the host', async () => {
  const { service } = await openService({ issuer: `${ISSUER}/tokens` })
  const app = express()
  app.use('/tokens', service.router)
  app.get(`${WELL_KNOWN}/tokens`, service.router)
  const { default: request } = await import('supertest')
  const metadata = await request(app).get(`${WELL_KNOWN}/tokens`)
  expect([metadata.status, metadata.body]).toMatchObject([200, { issuer: `${ISSUER}/tokens` }])
  const keys = new URL((metadata.body as { jwks_uri: string }).jwks_uri).pathname
  expect((await request(app).get(keys)).status).toBe(200)
})
