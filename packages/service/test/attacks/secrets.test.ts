import { inspect } from 'node:util'
import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { openLedger } from '../../src/index.ts'
import { createLogger } from '../../src/ops/log.ts'
import { breakable } from '../support/breakable.ts'
import { openService, TELESIGN } from '../support/service.ts'

test('no log line, event, metric or inspection holds a token, a number, a key or a query', async () => {
  let log = ''
  const sink = new Writable({
    write(chunk, _, done) {
      log += String(chunk)
      done()
    },
  })
  const logger = createLogger({ level: 'debug' }, sink)
  const store = breakable(await openLedger({ database: ':memory:' }))
  const { ask, admin, events, service } = await openService({ logger, ledger: store.ledger })
  const phone = await ask('/v1/token/15555551212/secret-xid')
  const jwt = await ask('/security/jwt?aud=customer.example.com', { token: admin })
  await ask('/oauth/introspect', { token: admin, form: { token: jwt.text } })
  await ask('/oauth/revoke', { token: admin, form: { token: jwt.text } })
  await ask('/v1/tokens?phone=15555551212', { token: admin })
  await ask('/v1/token/15555551212x')
  store.broken = true
  await ask('/v1/token/15555551212/secret-xid')
  await ask('/v1/tokens?phone=15555551212', { token: admin })
  expect(log).toContain('ERR_LEDGER_UNAVAILABLE')
  const metrics = await service.metrics.read()
  const seen = [log, metrics, inspect(events, { depth: 10 }), inspect(service, { depth: 3 })].join()
  const signatures = [phone, jwt].map(({ text }) => text.split('.')[2] ?? '')
  const secrets = ['15555551212', 'secret-xid', 'customer.example.com', TELESIGN.apiKey]
  for (const secret of [...signatures, ...secrets, admin.split('.')[2] ?? '']) {
    expect(secret).not.toBe('')
    expect(seen).not.toContain(secret)
  }
})
