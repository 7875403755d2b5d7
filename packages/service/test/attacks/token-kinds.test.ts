import { KeyRing, TokenIssuer, TokenVerifier, originBinding } from '@mayfly/core'
import { expect, test } from 'vitest'
import { openLedger, SCOPES } from '../../src/index.ts'
import { ISSUER, type LiveService, openService } from '../support/service.ts'

const GUARDED = [
  ['GET', '/security/jwt?aud=a.de'],
  ['POST', '/security/jwt/regenerate'],
  ['GET', '/v1/tokens'],
  ['GET', '/keys'],
] as const

/** Tries a token wherever a console token is asked for, and gives why it was refused. */
async function reasons(live: LiveService, token: string): Promise<unknown[]> {
  const found = new Set<unknown>()
  for (const [method, target] of GUARDED) {
    const { status, json } = await live.ask(target, { method, token })
    expect(status, target).toBe(401)
    found.add(json['reason'])
  }
  return [...found]
}

test('no other token of the service passes for a console token', async () => {
  const live = await openService()
  const { ask, admin } = live
  const voicegain = await ask('/security/jwt?aud=auth.example.com', { token: admin })
  expect(await reasons(live, voicegain.text)).toStrictEqual(['audience_mismatch'])
  // A site of the very name that console tokens are for.
  const namesake = await ask(`/security/jwt?aud=${ISSUER}`, { token: admin })
  expect(await reasons(live, namesake.text)).toStrictEqual(['type_mismatch'])
  const json = {
    audience: 'orders',
    expiresIn: 60,
    subject: 'root',
    claims: { scope: SCOPES.join(' '), typ: 'console+jwt' },
  }
  const own = await ask('/tokens', { token: admin, json })
  expect(await reasons(live, String(own.json['token']))).toStrictEqual(['audience_mismatch'])
  const forUs = await ask('/tokens', { token: admin, json: { ...json, audience: ISSUER } })
  expect(await reasons(live, String(forUs.json['token']))).toStrictEqual(['type_mismatch'])
  const telesign = await ask('/v1/token/15555551212')
  expect(await reasons(live, telesign.text)).toStrictEqual(['algorithm_not_allowed'])
})

test('a console token passes for no short-lived one at an API that asks for their type', async () => {
  const { admin, url, clock } = await openService()
  const verifier = new TokenVerifier({
    issuer: ISSUER,
    audience: null,
    type: 'JWT',
    keys: { jwksUri: `${url}/.well-known/jwks.json` },
    origin: originBinding({ claim: 'aud' }),
    clock,
  })
  await expect(verifier.verify(admin)).rejects.toMatchObject({ reason: 'type_mismatch' })
})

/** A console token as the service would sign it, by a key of somebody's own. */
async function forge(live: LiveService, claims: object, type = 'console+jwt'): Promise<string> {
  const keys = await KeyRing.create({ clock: live.clock })
  const issuer = new TokenIssuer({ issuer: ISSUER, keys, clock: live.clock })
  const token = await issuer.issue({
    audience: ISSUER,
    subject: 'root',
    expiresIn: 600,
    type,
    claims: { scope: SCOPES.join(' '), ...claims },
  })
  return token.value
}

test('a console token that somebody else signed is none', async () => {
  const live = await openService()
  expect(await reasons(live, await forge(live, { gen: 0 }))).toStrictEqual(['key_unknown'])
  const [, payload = ''] = live.admin.split('.')
  const none = Buffer.from('{"alg":"none","typ":"console+jwt"}').toString('base64url')
  expect(await reasons(live, `${none}.${payload}.AA`)).toStrictEqual(['algorithm_not_allowed'])
})

test('a console token that the ledger does not know is none, though our own key signed it', async () => {
  const live = await openService()
  const forgetful = await openLedger({ database: ':memory:' })
  const { ledger } = live
  const real = ledger.findByTokenId.bind(ledger)
  expect((await live.ask('/v1/tokens', { token: live.admin })).status).toBe(200)
  ledger.findByTokenId = (kind, tokenId) => forgetful.findByTokenId(kind, tokenId)
  expect(await reasons(live, live.admin)).toStrictEqual(['token_revoked'])
  ledger.findByTokenId = real
  await forgetful.close()
})

test('a console token ends with its time', async () => {
  const live = await openService()
  const token = await live.service.createConsoleToken('short', { expiresIn: 60 })
  live.clock.advance(120_000)
  expect(await reasons(live, token)).toStrictEqual(['token_expired'])
})

test('a console token is looked for in the header alone, and once', async () => {
  const { ask, admin, url } = await openService()
  const query = await ask(`/v1/tokens?access_token=${admin}`)
  expect(query.status).toBe(401)
  const form = await ask('/oauth/introspect', { form: { access_token: admin, token: 'x' } })
  expect(form.status).toBe(401)
  for (const authorization of [`Basic ${admin}`, admin, 'Bearer', `Bearer ${admin},${admin}`]) {
    const { status } = await fetch(`${url}/keys`, { headers: { authorization } })
    expect([400, 401]).toContain(status)
  }
})
