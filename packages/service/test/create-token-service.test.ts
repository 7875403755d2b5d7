import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createTokenService, SCOPES, type TokenServiceOptions } from '../src/index.ts'
import { ISSUER, openService, TELESIGN } from './support/service.ts'
import { readClaims } from './support/tokens.ts'

test.each<[string, object, string]>([
  ['no issuer', { issuer: undefined }, 'issuer'],
  ['an issuer that is no URL', { issuer: 'auth.example.com' }, 'issuer'],
  ['an issuer in clear text', { issuer: 'http://auth.example.com' }, 'issuer'],
  ['an issuer with a query', { issuer: `${ISSUER}?a=b` }, 'issuer'],
  ['an issuer with a password', { issuer: 'https://a:b@auth.example.com' }, 'issuer'],
  ['an issuer whose path is a pattern', { issuer: `${ISSUER}/a:b(` }, 'issuer'],
  ['an option that there is not', { rateLimit: null }, 'rateLimit'],
  ['two ledgers', { database: ':memory:', ledger: {} }, 'ledger'],
  ['a secret as algorithm', { algorithm: 'HS256' }, 'algorithm'],
  ['a Telesign without a key', { telesign: { customerId: 'x' } }, 'apiKey'],
  ['a Telesign for nobody', { telesign: { ...TELESIGN, access: 'none' } }, 'telesign.access'],
  [
    'a limit of nothing',
    { rateLimits: { address: { limit: 0, window: 1 } } },
    'rateLimits.address.limit',
  ],
  ['a limit without end', { rateLimits: { phone: { limit: 1 } } }, 'rateLimits.phone.window'],
  ['a limit on nothing', { rateLimits: { number: null } }, 'number'],
  ['bodies without bound', { bodyLimit: 1e9 }, 'bodyLimit'],
  ['a lifetime in milliseconds', { maxLifetime: 1e12 }, 'maxLifetime'],
  ['seal keys that are none', { sealKeys: ['secret'] }, 'sealKeys'],
  ['PostgreSQL without seal keys', { database: undefined, ledger: emptyLedger() }, 'sealKeys'],
])('%s is refused by name', async (_, options, option) => {
  const base = { issuer: ISSUER, database: ':memory:' }
  const all = { ...base, ...options } as TokenServiceOptions
  if (Object.hasOwn(options, 'ledger') && option !== 'ledger')
    delete (all as { database?: string }).database
  await expect(createTokenService(all)).rejects.toMatchObject({ option })
})

function emptyLedger() {
  return { keys: async () => [], close: async () => {} }
}

test('the first console token has all scopes, and is made once', async () => {
  const tokens: string[] = []
  const options = { onConsoleToken: (token: string) => void tokens.push(token) }
  const first = await openService(options)
  await openService({ ...options, ledger: first.ledger })
  expect(tokens).toHaveLength(1)
  expect(readClaims(tokens[0] ?? '')).toMatchObject({
    sub: 'console',
    gen: 0,
    scope: SCOPES.join(' '),
  })
  expect((await first.ask('/keys', { token: tokens[0] ?? '' })).status).toBe(200)
})

test('nodes that start at once on one ledger make one first console token, time after time', async () => {
  const tokens: string[] = []
  const options = { onConsoleToken: (token: string) => void tokens.push(token) }
  const { ask, ledger, clock } = await openService()
  for (let time = 1; time <= 3; time += 1) {
    await Promise.all([1, 2, 3].map(() => openService({ ...options, ledger, clock })))
    expect(tokens).toHaveLength(time)
    const token = tokens.at(-1) ?? ''
    expect((await ask('/oauth/revoke', { token, form: { token } })).status).toBe(200)
  }
})

test('another console token is made once the first one is revoked or over', async () => {
  const tokens: string[] = []
  const options = { onConsoleToken: (token: string) => void tokens.push(token) }
  const { ask, ledger, clock } = await openService(options)
  await ask('/oauth/revoke', { token: tokens[0] ?? '', form: { token: tokens[0] ?? '' } })
  await openService({ ...options, ledger, clock })
  clock.advance(366 * 86_400_000)
  await openService({ ...options, ledger, clock })
  expect(tokens).toHaveLength(3)
})

test.each<[string, object, string]>([
  [' ', {}, 'client'],
  ['x'.repeat(65), {}, 'client'],
  ['a', { scope: [] }, 'scope'],
  ['a', { scope: ['everything'] }, 'scope'],
  ['a', { expiresIn: 1 }, 'expiresIn'],
])('a console token for %j with %j is refused', async (client, options, option) => {
  const { service } = await openService()
  const made = service.createConsoleToken(client, options)
  await expect(made).rejects.toMatchObject({ option })
})

test('tokens are kept only where that is asked for, and shown only to who may see them', async () => {
  const { ask, admin, client, ledger } = await openService({ storeTokens: true })
  const { text } = await ask('/v1/token/15555551212/x1')
  const shown = await ask('/v1/tokens/x1?include=token', { token: admin })
  expect(shown.json['token']).toBe(text)
  expect((await ask('/v1/tokens/x1', { token: admin })).json).not.toHaveProperty('token')
  const reader = await client('reader', 'admin', 'tokens:read')
  expect((await ask('/v1/tokens/x1?include=token', { token: reader })).status).toBe(403)
  const record = (await ledger.list({ xid: 'x1', limit: 1 })).tokens[0]
  expect(record?.sealedToken).not.toContain(text.split('.')[1])
  const consoles = await ask('/v1/tokens?kind=console&include=token', { token: admin })
  expect(consoles.text).not.toContain('"token":')
})

test('a token whose seal key is gone is not shown, and its record is', async () => {
  const { ledger, ask } = await openService({ storeTokens: true, ephemeral: false })
  await ask('/v1/token/15555551212/x1')
  const record = (await ledger.list({ xid: 'x1', limit: 1 })).tokens[0]
  for (const key of await ledger.keys()) await ledger.removeKey(key.keyId)
  const sealKeys = [Buffer.alloc(32, 9).toString('base64url')]
  const later = await openService({ ledger, storeTokens: true, sealKeys })
  const shown = await later.ask('/v1/tokens/x1?include=token', { token: later.admin })
  expect([shown.status, shown.json['tokenId']]).toStrictEqual([200, record?.tokenId])
  expect(shown.json).not.toHaveProperty('token')
})

describe('on a disk', () => {
  let folder = ''

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mayfly-service-'))
  })

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  const SILENT = { debug() {}, info() {}, warn() {}, error() {} }
  const open = (more: object = {}) =>
    createTokenService({
      issuer: ISSUER,
      database: join(folder, 'mayfly.db'),
      logger: SILENT,
      ...more,
    })

  async function keysOf(service: { router: { listen: unknown } }): Promise<unknown> {
    const { default: request } = await import('supertest')
    const { body } = await request(service.router as never).get('/.well-known/jwks.json')
    return body as unknown
  }

  test('keys and records outlive the process, and the keys are not to be read there', async () => {
    const first = await open()
    const keys = await keysOf(first)
    const token = await first.createConsoleToken('app')
    await first.close()
    const second = await open()
    expect(await keysOf(second)).toStrictEqual(keys)
    const { default: request } = await import('supertest')
    const found = await request(second.router)
      .get('/v1/tokens')
      .set('authorization', `Bearer ${token}`)
    expect(found.status).toBe(200)
    await second.close()
    expect(readFileSync(join(folder, 'mayfly.db'), 'latin1')).not.toContain('"d":')
  })

  test('keys that are ephemeral end with the process', async () => {
    const first = await open({ ephemeral: true })
    const keys = await keysOf(first)
    await first.close()
    const second = await open({ ephemeral: true })
    expect(await keysOf(second)).not.toStrictEqual(keys)
    await second.close()
  })

  test('records are forgotten when their time is over', async () => {
    const { ask, clock, service, ledger } = await openService({ retention: 100 })
    await ask('/v1/token/15555551212/x1')
    clock.advance(170_000)
    expect(await service.purge()).toBe(0)
    clock.advance(20_000)
    expect(await service.purge()).toBe(1)
    expect((await ledger.list({ xid: 'x1', limit: 1 })).tokens[0]).toBeUndefined()
  })
})
