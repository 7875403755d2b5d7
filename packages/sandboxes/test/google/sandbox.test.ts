import { type GoogleSandbox, startGoogleSandbox } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import jwt from 'jsonwebtoken'
import { describe, expect, it } from 'vitest'

const NOW = 1_700_000_000
const SCOPE = 'https://www.googleapis.com/auth/pubsub'

function sign(sandbox: GoogleSandbox, claims: object, header: object = {}): string {
  const { private_key, private_key_id, client_email } = sandbox.credentials
  const payload = { iss: client_email, iat: NOW, exp: NOW + 3600, ...claims }
  const kept = Object.entries(payload).filter(([, value]) => value !== undefined)
  return jwt.sign(Object.fromEntries(kept), private_key, {
    header: { alg: 'RS256', kid: private_key_id, ...header },
  })
}

async function exchange(sandbox: GoogleSandbox, claims: object, header: object = {}) {
  const aud = sandbox.credentials.token_uri
  const response = await fetch(aud, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: sign(sandbox, { aud, scope: SCOPE, ...claims }, header),
    }),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

describe('the Google sandbox', () => {
  it('gives an access token that its API takes for 3599 seconds', async () => {
    const clock = new FakeClock()
    await using sandbox = await startGoogleSandbox({ clock })
    const { status, body } = await exchange(sandbox, {})
    expect([status, body['expires_in'], body['token_type']]).toEqual([200, 3599, 'Bearer'])
    const use = async () => {
      const authorization = `Bearer ${String(body['access_token'])}`
      return (await fetch(`${sandbox.origin}/v1/topics`, { headers: { authorization } })).status
    }
    expect(await use()).toBe(200)
    clock.advanceSeconds(3599)
    expect(await use()).toBe(401)
  })

  const times = /Check your iat and exp values/
  const cases: readonly [string, object, number, string, RegExp?][] = [
    ['a future iat', { iat: NOW + 1, exp: NOW + 60 }, 400, 'jwt-times', times],
    ['an iat of this second', { iat: NOW }, 200, ''],
    ['an hour and a second', { iat: NOW - 1 }, 400, 'jwt-times', times],
    ['an end that has come', { iat: NOW - 60, exp: NOW }, 400, 'jwt-times', times],
    ['no end', { exp: undefined }, 400, 'jwt-times', times],
    ['another account', { iss: 'x@example.com' }, 400, 'jwt-account', /account not found/],
    [
      'another audience',
      { aud: 'https://x.example' },
      400,
      'jwt-audience',
      /right audience is http/,
    ],
    ['no scope', { scope: undefined }, 400, 'jwt-scope', /Invalid OAuth scope/],
    ['a scope by its short name', { scope: 'pubsub' }, 400, 'jwt-scope', /Invalid OAuth scope/],
    ['a user it may act for', { sub: 'a@example.com' }, 200, ''],
    ['another user', { sub: 'b@example.com' }, 401, 'jwt-subject', /unauthorized/],
  ]
  for (const [what, claims, status, reason, description = /^undefined$/] of cases) {
    it(`judges an assertion with ${what}`, async () => {
      const delegates = ['a@example.com']
      await using sandbox = await startGoogleSandbox({ clock: new FakeClock(), delegates })
      const answer = await exchange(sandbox, claims)
      expect(answer.status).toBe(status)
      expect(String(answer.body['error_description'])).toMatch(description)
      expect(sandbox.refusals).toEqual(reason === '' ? {} : { [reason]: 1 })
    })
  }

  it('refuses another key, and its own once it was ended', async () => {
    const clock = new FakeClock()
    await using sandbox = await startGoogleSandbox({ clock })
    await using other = await startGoogleSandbox({ clock })
    const { client_email, private_key_id, token_uri } = sandbox.credentials
    const assertion = sign(
      other,
      { iss: client_email, aud: token_uri, scope: SCOPE },
      { kid: private_key_id },
    )
    const body = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion,
    })
    expect((await fetch(token_uri, { method: 'POST', body })).status).toBe(400)
    expect((await exchange(sandbox, {}, { kid: 'x' })).body).toMatchObject({
      error: 'invalid_grant',
    })
    sandbox.revokeKey()
    expect((await exchange(sandbox, {})).status).toBe(400)
    expect(sandbox.refusals).toEqual({ 'jwt-signature': 1, 'jwt-key': 1, 'key-revoked': 1 })
  })

  const selfSigned: readonly [string, (sandbox: GoogleSandbox) => object, string][] = [
    ['its own audience', ({ origin }) => ({ aud: `${origin}/` }), ''],
    ['its audience without the slash', ({ origin }) => ({ aud: origin }), 'jwt-audience'],
    ['a scope', () => ({ scope: SCOPE }), ''],
    ['a scope and an audience', ({ origin }) => ({ scope: SCOPE, aud: origin }), 'jwt-audience'],
    ['another subject', ({ origin }) => ({ aud: `${origin}/`, sub: 'x' }), 'jwt-subject'],
  ]
  for (const [what, claims, reason] of selfSigned) {
    it(`judges a self-signed token with ${what}`, async () => {
      await using sandbox = await startGoogleSandbox({ clock: new FakeClock() })
      const sub = sandbox.credentials.client_email
      const authorization = `Bearer ${sign(sandbox, { sub, ...claims(sandbox) })}`
      const response = await fetch(`${sandbox.origin}/v1/topics`, { headers: { authorization } })
      expect(response.status).toBe(reason === '' ? 200 : 401)
      expect(sandbox.refusals).toEqual(reason === '' ? {} : { [reason]: 1 })
    })
  }

  it('takes no other grant', async () => {
    await using sandbox = await startGoogleSandbox()
    const body = new URLSearchParams({ grant_type: 'client_credentials' })
    const response = await fetch(sandbox.credentials.token_uri, { method: 'POST', body })
    expect(await response.json()).toMatchObject({ error: 'unsupported_grant_type' })
  })
})
