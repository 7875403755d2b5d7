import { expect, test } from 'vitest'
import { ISSUER, openService, SILENT } from '../support/service.ts'
import { readClaims } from '../support/tokens.ts'
import { createTokenService, type ClientBounds, type Scope } from '../../src/index.ts'

const SCOPE: readonly Scope[] = ['tokens:issue', 'tokens:regenerate']
const ORDER = { audience: 'orders', expiresIn: 60 }

/** What a client gets that has these bounds: 201, or the parameter that is refused. */
async function verdicts(
  settings: { bounds?: ClientBounds; clients?: Readonly<Record<string, ClientBounds>> },
  orders: readonly object[],
): Promise<unknown[]> {
  const { bounds, clients } = settings
  const { ask, service } = await openService(clients === undefined ? {} : { clients })
  const options = { scope: SCOPE, ...(bounds !== undefined && { bounds }) }
  const token = await service.createConsoleToken('app', options)
  const seen: unknown[] = []
  for (const json of orders) {
    const answer = await ask('/tokens', { token, json })
    seen.push(answer.status === 403 ? answer.json['parameter'] : answer.status)
  }
  return seen
}

test('a client without bounds gets tokens for the service that speak of itself, and no others', async () => {
  const { ask, service } = await openService()
  const token = await service.createConsoleToken('app', { scope: SCOPE })
  const own = await ask('/tokens', { token, json: { audience: ISSUER, expiresIn: 60 } })
  expect(readClaims(String(own.json['token']))).toMatchObject({ aud: ISSUER, sub: 'app' })
  expect((await ask('/security/jwt?aud=auth.example.com', { token })).status).toBe(200)
  const refused = await ask('/tokens', { token, json: ORDER })
  expect([refused.status, refused.json['code']]).toStrictEqual([403, 'ERR_NOT_ALLOWED'])
  expect(refused.headers.get('www-authenticate')).toContain('error="insufficient_scope"')
  const site = await ask('/security/jwt?aud=app.example.com', { token })
  expect([site.status, site.json['parameter']]).toStrictEqual([403, 'aud'])
  const of = { audience: ISSUER, expiresIn: 60 }
  const orders = [
    { ...of, subject: 'app' },
    { ...of, subject: 'root' },
    { ...of, audience: [ISSUER, 'orders'] },
    { ...of, origins: ['app.example.com'] },
    { ...of, claims: { scope: 'read' } },
    { ...of, claims: { plan: 3 } },
  ]
  expect(await verdicts({}, orders)).toStrictEqual([
    201,
    'subject',
    'audience',
    'origins',
    'claims',
    201,
  ])
})

const BOUNDS: ClientBounds = {
  audiences: ['orders', 'stock'],
  origins: ['*.example.com', 'shop.example.net'],
  subjects: '*',
  scopes: ['orders:read', 'orders:write'],
  maxLifetime: 120,
}
const ORDERS = [
  { ...ORDER, subject: 'alice', claims: { scope: 'orders:read  orders:write' } },
  { ...ORDER, audience: ['orders', 'stock'], expiresIn: 120 },
  { ...ORDER, audience: ['orders', 'bank'] },
  { ...ORDER, audience: 'Orders' },
  { ...ORDER, claims: { scope: 'orders:read admin' } },
  { ...ORDER, expiresIn: 121 },
  { ...ORDER, origins: ['a.example.com', '*.example.com', 'https://b.example.com:443'] },
  { ...ORDER, origins: ['SHOP.example.net'] },
  { ...ORDER, origins: ['*.shop.example.net'] },
  { ...ORDER, origins: ['*.a.example.com'] },
  { ...ORDER, origins: ['example.org'] },
]
const VERDICTS = [201, 201, 'audience', 'audience', 'claims', 'expiresIn', 201, 201]

test.each([
  ['in its console token', { bounds: BOUNDS }],
  ['in the settings of the service', { clients: { app: BOUNDS } }],
])('a client is held to the bounds %s', async (_where, settings) => {
  expect(await verdicts(settings, ORDERS)).toStrictEqual([
    ...VERDICTS,
    'origins',
    'origins',
    'origins',
  ])
})

test('where a service and a console token both have bounds, both count', async () => {
  const settings = {
    bounds: { audiences: '*', subjects: '*' },
    clients: { app: { audiences: ['orders'] } },
  } as const
  const orders = [ORDER, { ...ORDER, audience: 'stock' }, { ...ORDER, subject: 'alice' }]
  expect(await verdicts(settings, orders)).toStrictEqual([201, 'audience', 'subject'])
})

test('bounds outlive a regeneration, and hold the usual life of Voicegain’s tokens', async () => {
  const { ask, service } = await openService()
  const bounds = { origins: ['app.example.com'], maxLifetime: 60 }
  const first = await service.createConsoleToken('app', { scope: SCOPE, bounds })
  const { text: token } = await ask('/security/jwt/regenerate', { method: 'POST', token: first })
  const page = await ask('/security/jwt?aud=app.example.com', { token })
  const { iat, exp } = readClaims(page.text)
  expect(exp).toBe(Number(iat) + 60)
  expect((await ask('/security/jwt?aud=a.de', { token })).status).toBe(403)
  const long = await ask('/security/jwt?aud=app.example.com&expInSec=61', { token })
  expect([long.status, long.json['parameter']]).toStrictEqual([403, 'expInSec'])
})

test('regenerating takes a scope of its own', async () => {
  const { ask, client } = await openService()
  const token = await client('app', 'tokens:issue', 'tokens:read', 'tokens:revoke')
  const refused = await ask('/security/jwt/regenerate', { method: 'POST', token })
  expect(refused.status).toBe(403)
  expect(refused.headers.get('www-authenticate')).toContain('scope="tokens:regenerate"')
  expect((await ask('/v1/tokens', { token })).status).toBe(200)
})

test.each<[unknown, string]>([
  [{ app: { audience: ['orders'] } }, 'audience'],
  [{ app: { audiences: 'orders' } }, 'clients.app.audiences'],
  [{ app: { origins: ['*.co.uk'] } }, 'clients.app.origins'],
  [{ app: { maxLifetime: 0 } }, 'clients.app.maxLifetime'],
])('the bounds %j are refused by name', async (clients, option) => {
  const made = createTokenService({
    issuer: ISSUER,
    database: ':memory:',
    logger: SILENT,
    clients: clients as Record<string, ClientBounds>,
  })
  await expect(made).rejects.toMatchObject({ name: 'OptionError', option })
})
