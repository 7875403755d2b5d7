import { expect, test } from 'vitest'
import { openLedger } from '../../src/index.ts'
import { breakable } from '../support/breakable.ts'
import { openService } from '../support/service.ts'

async function openBreakable() {
  const store = breakable(await openLedger({ database: ':memory:' }))
  const live = await openService({ ledger: store.ledger })
  return { ...live, store }
}

test('what cannot be recorded is not answered', async () => {
  const { ask, admin, store, events } = await openBreakable()
  store.broken = ['record']
  const json = { audience: 'a', expiresIn: 60 }
  const answers = [
    await ask('/v1/token/15555551212'),
    await ask('/security/jwt?aud=a.de', { token: admin }),
    await ask('/tokens', { token: admin, json }),
    await ask('/security/jwt/regenerate', { method: 'POST', token: admin }),
  ]
  for (const { status, text } of answers) {
    expect([status, JSON.parse(text)]).toMatchObject([503, { code: 'ERR_LEDGER_UNAVAILABLE' }])
    expect(text).not.toContain('eyJ')
  }
  expect(events.filter(({ type }) => type === 'issue')).toHaveLength(1)
  store.broken = false
  expect((await ask('/v1/tokens', { token: admin })).status).toBe(200)
})

test.each(['generation', 'findByTokenId'])(
  'while "%s" fails, no console token passes',
  async (method) => {
    const { ask, admin, store } = await openBreakable()
    store.broken = [method]
    const { status, headers } = await ask('/security/jwt?aud=a.de', { token: admin })
    expect([status, headers.get('retry-after')]).toStrictEqual([503, '5'])
  },
)

test('a console token stays good where regenerating it fails half-way', async () => {
  const { ask, admin, store, ledger } = await openBreakable()
  store.broken = ['advanceGeneration']
  const failed = await ask('/security/jwt/regenerate', { method: 'POST', token: admin })
  expect(failed.status).toBe(503)
  store.broken = false
  expect((await ask('/keys', { token: admin })).status).toBe(200)
  const again = await ask('/security/jwt/regenerate', { method: 'POST', token: admin })
  expect((await ask('/keys', { token: again.text })).status).toBe(200)
  expect(await ledger.generation('client', 'root')).toBe(1)
})

test('a revocation that fails says so', async () => {
  const { ask, admin, store } = await openBreakable()
  const { text } = await ask('/security/jwt?aud=a.de', { token: admin })
  store.broken = ['revoke']
  expect((await ask('/oauth/revoke', { token: admin, form: { token: text } })).status).toBe(503)
})
