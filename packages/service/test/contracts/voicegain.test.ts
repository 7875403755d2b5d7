import { TokenVerifier, originBinding } from '@mayfly/core'
import { voicegain } from '@mayfly/core/vendors'
import { expect, test } from 'vitest'
import { ISSUER, openService } from '../support/service.ts'
import { readClaims, readHeader } from '../support/tokens.ts'

test('a console token gets a short-lived token that is bound to one site', async () => {
  const { ask, admin, clock, url } = await openService()
  const { status, text, headers } = await ask('/security/jwt?aud=*.example.com&expInSec=60', {
    token: admin,
  })
  expect([status, headers.get('cache-control')]).toStrictEqual([200, 'no-store'])
  expect(headers.get('vary')).toBe('Authorization')
  const now = clock.now() / 1000
  expect(readHeader(text)).toMatchObject({ alg: 'ES256', typ: 'JWT' })
  expect(readClaims(text)).toMatchObject({ iss: ISSUER, sub: 'root', exp: now + 60, iat: now })
  const verifier = new TokenVerifier({
    issuer: ISSUER,
    audience: null,
    type: 'JWT',
    keys: { jwksUri: `${url}/.well-known/jwks.json` },
    origin: originBinding({ claim: 'aud' }),
    clock,
  })
  await verifier.verify(text, { origin: 'https://app.example.com' })
  await expect(verifier.verify(text, { origin: 'https://app.example.org' })).rejects.toMatchObject({
    reason: 'origin_mismatch',
  })
})

test('a token lives for 300 seconds where nobody says, under both of Voicegain’s paths', async () => {
  const { ask, admin, clock } = await openService()
  for (const path of ['/security/jwt', '/v1/security/jwt']) {
    const { text } = await ask(`${path}?aud=localhost:8088`, { token: admin })
    expect(readClaims(text)['exp']).toBe(clock.now() / 1000 + 300)
  }
})

test('the source of the core for Voicegain takes the service for Voicegain', async () => {
  const { url, admin, clock } = await openService()
  const source = voicegain({
    consoleToken: admin,
    audience: 'app.example.com',
    expiresIn: 120,
    baseUrl: url,
    clock,
  })
  const token = await source.getToken()
  expect(token.expiresAt - token.issuedAt).toBe(120)
})

test.each([
  ['', 'aud'],
  ['aud=', 'aud'],
  [`aud=${'a'.repeat(129)}`, 'aud'],
  ['aud=*', 'aud'],
  ['aud=null', 'aud'],
  ['aud=file://', 'aud'],
  ['aud=*.com', 'aud'],
  ['aud=*.co.uk', 'aud'],
  ['aud=*.github.io', 'aud'],
  ['aud=https://example.com/path', 'aud'],
  ['aud=a.example.com%0d%0aSet-Cookie:x', 'aud'],
  ['aud=example.com&aud=evil.example', 'aud'],
  ['aud=example.com&expInSec=0', 'expInSec'],
  ['aud=example.com&expInSec=3601', 'expInSec'],
  ['aud=example.com&expInSec=1e3', 'expInSec'],
  ['aud=example.com&expInSec=-5', 'expInSec'],
  ['aud=example.com&expInSec=60.5', 'expInSec'],
  ['aud=example.com&expInSec=', 'expInSec'],
  ['aud=example.com&expInSec=60&expInSec=3600', 'expInSec'],
  ['aud=example.com&expinsec=3600', 'expinsec'],
  ['aud=example.com&api=/asr', 'api'],
])('the query "%s" is refused, and "%s" is named', async (query, parameter) => {
  const { ask, admin, ledger } = await openService()
  const { status, json } = await ask(`/security/jwt?${query}`, { token: admin })
  expect([status, json['parameter']]).toStrictEqual([400, parameter])
  expect((await ledger.list({ kind: 'voicegain', limit: 5 })).tokens).toHaveLength(0)
})

test('the bounds of expInSec and of aud are good', async () => {
  const { ask, admin } = await openService()
  const longest = `${'a'.repeat(60)}.${'b'.repeat(60)}.exa.de`
  expect(longest).toHaveLength(128)
  for (const query of ['aud=a.de&expInSec=1', 'aud=a.de&expInSec=3600', `aud=${longest}`]) {
    expect((await ask(`/security/jwt?${query}`, { token: admin })).status).toBe(200)
  }
})

test('HEAD issues nothing', async () => {
  const { ask, admin, ledger } = await openService()
  const targets = ['/security/jwt?aud=a.de', '/v1/token/15555551212', '/v1/token/15555551212/x']
  for (const target of targets) {
    const { status } = await ask(target, { method: 'HEAD', token: admin })
    expect(status).toBe(405)
  }
  const { tokens } = await ledger.list({ limit: 10 })
  expect(tokens.map(({ kind }) => kind)).toStrictEqual(['console'])
})

test('a console token is regenerated: the new one is as good as the old one was, which is dead', async () => {
  const { ask, client } = await openService()
  const old = await client('app', 'tokens:issue', 'tokens:read', 'tokens:regenerate')
  const { status, text } = await ask('/security/jwt/regenerate', { method: 'POST', token: old })
  expect(status).toBe(200)
  const [before, after] = [readClaims(old), readClaims(text)]
  expect(after).toMatchObject({ sub: 'app', scope: before['scope'], gen: 1 })
  const refused = await ask('/security/jwt?aud=a.de', { token: old })
  expect([refused.status, refused.json['reason']]).toStrictEqual([401, 'token_superseded'])
  expect((await ask('/security/jwt?aud=a.de', { token: text })).status).toBe(200)
  const records = await ask('/v1/tokens?kind=console', { token: text })
  const states = (records.json['tokens'] as { state: string }[]).map(({ state }) => state)
  expect(states.toSorted()).toStrictEqual(['active', 'superseded'])
})

test('of fifty that regenerate at once one gets a token, and that one lives', async () => {
  const { ask, client, ledger } = await openService()
  const old = await client('app', 'tokens:issue', 'tokens:read', 'tokens:regenerate')
  const answers = await Promise.all(
    Array.from({ length: 50 }, () =>
      ask('/v1/security/jwt/regenerate', { method: 'POST', token: old }),
    ),
  )
  const good = answers.filter(({ status }) => status === 200)
  expect(good).toHaveLength(1)
  for (const { status } of answers) expect([200, 401, 409]).toContain(status)
  const token = good[0]?.text ?? ''
  expect((await ask('/security/jwt?aud=a.de', { token })).status).toBe(200)
  const listed = await ask('/v1/tokens?kind=console&limit=200', { token })
  const states = (listed.json['tokens'] as { state: string }[]).map(({ state }) => state)
  expect(states.filter((state) => state === 'active')).toHaveLength(1)
  expect(await ledger.generation('client', 'app')).toBe(1)
})
