import { expect, test } from 'vitest'
import { openLedger, type Scope } from '../../src/index.ts'
import { breakable } from '../support/breakable.ts'
import { type Ask, type LiveService, openService, TELESIGN } from '../support/service.ts'

/** One request that succeeds, for each operation. */
interface Sample {
  readonly operation: string
  readonly target: string
  readonly ask?: Ask
  /** The scope that it needs; '' where any console token will do; left out where it takes none. */
  readonly scope?: Scope
  readonly uncounted?: boolean
}

const FORM = { form: { token: 'x' } }
const PUBLIC = [
  '/.well-known/jwks.json',
  '/.well-known/oauth-authorization-server',
  '/openapi.json',
]

const SAMPLES: readonly Sample[] = [
  { operation: 'GET /v1/token/{phone}', target: '/v1/token/15555551212', scope: 'tokens:issue' },
  {
    operation: 'GET /v1/token/{phone}/{xid}',
    target: '/v1/token/15555551212/x1',
    scope: 'tokens:issue',
  },
  ...['', '/v1'].flatMap((prefix): Sample[] => [
    {
      operation: `GET ${prefix}/security/jwt`,
      target: `${prefix}/security/jwt?aud=a.de`,
      scope: 'tokens:issue',
    },
    {
      operation: `POST ${prefix}/security/jwt/regenerate`,
      target: `${prefix}/security/jwt/regenerate`,
      ask: { method: 'POST' },
      scope: 'tokens:regenerate',
    },
  ]),
  {
    operation: 'POST /tokens',
    target: '/tokens',
    ask: { json: { audience: 'a', expiresIn: 60 } },
    scope: 'tokens:issue',
  },
  { operation: 'GET /v1/tokens', target: '/v1/tokens', scope: 'tokens:read' },
  { operation: 'GET /v1/tokens/{xid}', target: '/v1/tokens/x1', scope: 'tokens:read' },
  {
    operation: 'DELETE /v1/tokens/{xid}',
    target: '/v1/tokens/x1',
    ask: { method: 'DELETE' },
    scope: 'tokens:revoke',
  },
  {
    operation: 'POST /oauth/introspect',
    target: '/oauth/introspect',
    ask: FORM,
    scope: 'tokens:introspect',
  },
  { operation: 'POST /oauth/revoke', target: '/oauth/revoke', ask: FORM, scope: 'tokens:revoke' },
  { operation: 'GET /keys', target: '/keys', scope: 'keys:rotate' },
  {
    operation: 'POST /keys/rotate',
    target: '/keys/rotate',
    ask: { json: { now: true } },
    scope: 'keys:rotate',
  },
  {
    operation: 'DELETE /keys/{keyId}',
    target: '/keys/old',
    ask: { method: 'DELETE' },
    scope: 'keys:rotate',
  },
  ...PUBLIC.flatMap((target) =>
    ['GET', 'HEAD'].map(
      (method): Sample => ({
        operation: `${method} ${target}`,
        target,
        ask: { method },
        uncounted: true,
      }),
    ),
  ),
  { operation: 'GET /healthz', target: '/healthz', uncounted: true },
  { operation: 'GET /readyz', target: '/readyz', uncounted: true },
  { operation: 'GET /metrics', target: '/metrics', scope: 'metrics:read' },
]

const GUARDED = SAMPLES.filter(({ scope }) => scope !== undefined)
const WITH_BODY = SAMPLES.filter(({ ask }) => ask?.form !== undefined || ask?.json !== undefined)
const CLIENTS_ONLY = {
  telesign: { ...TELESIGN, access: 'client' },
  metrics: 'client',
} as const

async function send(live: LiveService, { target, ask }: Sample, more: Ask = {}): Promise<number> {
  return (await live.ask(target, { ...ask, ...more })).status
}

/** All that a service has answered, added to what others have. */
function note(seen: Set<string>, live: LiveService): void {
  for (const one of live.check.seen) seen.add(one)
}

async function succeed(seen: Set<string>): Promise<void> {
  const live = await openService(CLIENTS_ONLY)
  for (const sample of SAMPLES) {
    // Regenerating ends the token that it was asked with.
    const token = await live.client('app', sample.scope ?? 'admin')
    const good = sample.target === '/keys/old' ? [404] : [200, 201, 204]
    expect(good, sample.operation).toContain(await send(live, sample, { token }))
  }
  const token = live.admin
  expect(await send(live, { operation: '', target: '/v1/token/15555551212/x1' }, { token })).toBe(
    409,
  )
  for (const method of ['GET', 'DELETE']) await live.ask('/v1/tokens/none', { token, method })
  for (const method of ['GET', 'HEAD']) {
    for (const target of PUBLIC) {
      await live.ask(target, { method, headers: { 'if-none-match': '*' } })
    }
  }
  await removeKeys(live)
  note(seen, live)
}

/** The key that signs stays; one that another has replaced goes, and all console tokens of it. */
async function removeKeys(live: LiveService): Promise<void> {
  const ask = { token: live.admin, method: 'DELETE' }
  const keys = (await live.ask('/keys', { token: live.admin })).json['keys']
  const states = new Map(
    (keys as { keyId: string; state: string }[]).map(({ keyId, state }) => [state, keyId]),
  )
  expect((await live.ask(`/keys/${states.get('active')}`, ask)).status).toBe(409)
  expect((await live.ask(`/keys/${states.get('old')}`, ask)).status).toBe(204)
  expect((await live.ask('/keys', { token: live.admin })).status).toBe(401)
}

async function refuse(seen: Set<string>): Promise<void> {
  const live = await openService({ ...CLIENTS_ONLY, bodyLimit: 1024 })
  const idle = await live.client('idle', 'admin')
  for (const sample of GUARDED) {
    expect(await send(live, sample), sample.operation).toBe(401)
    expect(await send(live, sample, { token: idle })).toBe(403)
    const joint = sample.target.includes('?') ? '&' : '?'
    const target = `${sample.target}${joint}unknown=1`
    expect(await send(live, { ...sample, target }, { token: live.admin })).toBe(400)
  }
  for (const sample of WITH_BODY) {
    const wrong = { token: live.admin, headers: { 'content-type': 'text/plain' } }
    expect(await send(live, sample, wrong), sample.operation).toBe(415)
    const long = { token: live.admin, form: { token: 'x'.repeat(1025) } }
    const more = sample.ask?.form === undefined ? { json: 'x'.repeat(1025) } : long
    expect(await send(live, sample, { token: live.admin, ...more })).toBe(413)
  }
  note(seen, live)
}

async function limit(seen: Set<string>): Promise<void> {
  const address = { limit: 1, window: 60 }
  const live = await openService({ ...CLIENTS_ONLY, rateLimits: { address } })
  await live.ask('/keys')
  for (const sample of SAMPLES.filter(({ uncounted }) => uncounted !== true)) {
    expect(await send(live, sample), sample.operation).toBe(429)
  }
  note(seen, live)
}

async function fail(seen: Set<string>): Promise<void> {
  const store = breakable(await openLedger({ database: ':memory:' }))
  const live = await openService({ ...CLIENTS_ONLY, ledger: store.ledger })
  store.broken = true
  for (const sample of GUARDED) {
    const { status, text, headers } = await live.ask(sample.target, {
      ...sample.ask,
      token: live.admin,
    })
    expect(status, sample.operation).toBe(503)
    expect(headers.get('retry-after')).toBe('5')
    expect(text).not.toContain('s3cret')
  }
  expect((await live.ask('/readyz')).status).toBe(503)
  expect((await live.ask('/healthz')).status).toBe(200)
  note(seen, live)
}

async function regenerateTwice(seen: Set<string>): Promise<void> {
  for (const prefix of ['', '/v1']) {
    const live = await openService(CLIENTS_ONLY)
    const ask = { method: 'POST', token: live.admin }
    const target = `${prefix}/security/jwt/regenerate`
    const answers = await Promise.all(Array.from({ length: 10 }, () => live.ask(target, ask)))
    expect(answers.map(({ status }) => status)).toContain(409)
    note(seen, live)
  }
}

test('every method, path and status of the document is answered, and nothing else', async () => {
  const seen = new Set<string>()
  for (const step of [succeed, refuse, limit, fail, regenerateTwice]) await step(seen)
  const { check } = await openService(CLIENTS_ONLY)
  expect([...seen].toSorted()).toStrictEqual(check.documented().toSorted())
})

test('methods that a path does not have are refused with those that it has', async () => {
  const live = await openService()
  const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']
  const allowed = new Set(SAMPLES.map(({ operation }) => operation))
  for (const { operation, target } of SAMPLES) {
    for (const method of methods) {
      if (allowed.has(operation.replace(/^\w+/, method))) continue
      expect((await live.ask(target, { method })).status, `${method} ${target}`).toBe(405)
    }
  }
})

test.each([
  '/',
  '/v1',
  '/V1/tokens',
  '/v1/tokens/',
  '/v1/token/',
  '/v1/token/15555551212/x/y',
  '/v1//tokens',
  '/security/jwt/',
  '/tokens;x=1',
  '/oauth%2Fintrospect',
  '/.well-known/JWKS.json',
  '/constructor',
])('there is nothing at %s', async (target) => {
  const live = await openService()
  expect((await live.ask(target, { token: live.admin })).status).toBe(404)
})
