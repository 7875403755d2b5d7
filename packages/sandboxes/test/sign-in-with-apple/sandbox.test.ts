import { createPublicKey, type JsonWebKey } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { describe, expect, it } from 'vitest'
import { FakeClock } from '@mayfly/testing'
import {
  type SignInWithAppleSandbox,
  type SignInWithAppleSandboxOptions,
  startSignInWithAppleSandbox,
} from '../../src/sign-in-with-apple/sandbox.ts'
import { type Claims, NOW, sign } from '../app-store-connect/tokens.ts'

type Answer = [number, Record<string, unknown>]

interface Bench extends AsyncDisposable {
  readonly clock: FakeClock
  readonly sandbox: SignInWithAppleSandbox
  secret(claims?: Claims, header?: Claims): string
  post(form?: Readonly<Record<string, string | undefined>>, path?: string): Promise<Answer>
}

async function start(options: SignInWithAppleSandboxOptions = {}): Promise<Bench> {
  const clock = new FakeClock(NOW * 1000)
  const sandbox = await startSignInWithAppleSandbox({ clock, ...options })
  const { teamId: iss, clientId: sub, keyId: kid, privateKey } = sandbox.credentials
  const base = { iss, iat: NOW, exp: NOW + 3600, aud: 'https://appleid.apple.com', sub }
  const secret = (claims: Claims = {}, header: Claims = {}): string =>
    sign({ ...base, ...claims }, { kid, ...header }, privateKey)
  return {
    clock,
    sandbox,
    secret,
    post: async (form = {}, path = '/auth/token') => {
      const usual = { client_id: sub, client_secret: secret(), grant_type: 'authorization_code' }
      const body = new URLSearchParams()
      for (const [name, value] of Object.entries({ ...usual, ...form })) {
        if (value !== undefined) body.set(name, value)
      }
      const response = await fetch(sandbox.origin + path, { method: 'POST', body })
      const text = await response.text()
      return [response.status, (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>]
    },
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}

const INVALID_CLIENT: Answer = [400, { error: 'invalid_client' }]
const SIX_MONTHS = 15_777_000

describe('the sandbox of Sign in with Apple judges client secrets:', () => {
  it.each<[string, Claims, string | undefined]>([
    ['a good one', {}, undefined],
    ['one for six months', { exp: NOW + SIX_MONTHS }, undefined],
    ['one for six months that was made earlier', { iat: 1, exp: NOW + SIX_MONTHS }, undefined],
    ['one for a second more', { exp: NOW + SIX_MONTHS + 1 }, 'exp-too-far'],
    ['one that has ended', { iat: NOW - 60, exp: NOW }, 'expired'],
    ['one that begins in a second', { iat: NOW + 1 }, 'iat-in-future'],
    ['one without an end', { exp: undefined }, 'claims'],
    ['one for somebody else', { aud: 'https://example.com' }, 'audience'],
    ['one of another team', { iss: 'X' }, 'issuer'],
    ['one of another client', { sub: 'X' }, 'subject'],
  ])('%s', async (_what, claims, reason) => {
    await using place = await start()
    const [status] = await place.post({ client_secret: place.secret(claims) }, '/auth/token')
    expect(status).toBe(400)
    expect(Object.keys(place.sandbox.refusals)).toEqual(reason === undefined ? [] : [reason])
  })

  it('each bad one gets the same answer', async () => {
    await using place = await start()
    const { sandbox } = place
    const bad = [place.secret({ aud: 'x' }), place.secret({}, { kid: 'x' }), 'x', '', undefined]
    for (const secret of bad) {
      expect(await place.post({ client_secret: secret })).toEqual(INVALID_CLIENT)
    }
    expect(await place.post({ client_id: 'x' })).toEqual(INVALID_CLIENT)
    sandbox.revokeKey()
    expect(await place.post()).toEqual(INVALID_CLIENT)
    sandbox.restoreKey()
    const secret = place.secret()
    await place.post({ client_secret: secret })
    sandbox.revokeSecretsSeen()
    expect(await place.post({ client_secret: secret })).toEqual(INVALID_CLIENT)
    expect(sandbox.refusals).toMatchObject({ client: 1, missing: 1, 'key-revoked': 1, revoked: 1 })
    expect(sandbox.distinctTokens).toBeGreaterThan(3)
  })

  it('one that is signed with a further key is good', async () => {
    await using place = await start()
    const { keyId, privateKey, teamId, clientId } = place.sandbox.createKey()
    const times = { iat: NOW, exp: NOW + 60, aud: 'https://appleid.apple.com' }
    const secret = sign({ iss: teamId, sub: clientId, ...times }, { kid: keyId }, privateKey)
    await place.post({ client_secret: secret })
    expect(place.sandbox.refused).toBe(0)
  })
})

describe('the sandbox of Sign in with Apple', () => {
  const expired = 'The code has expired or has been revoked.'

  it('redeems a code once, for tokens whose identity can be verified', async () => {
    await using place = await start()
    const { clientId } = place.sandbox.credentials
    const code = place.sandbox.createCode({ subject: 'user-1', nonce: 'n' })
    const [status, tokens] = await place.post({ code })
    expect(status).toBe(200)
    expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 3600 })
    const { keys } = (await (await fetch(`${place.sandbox.origin}/auth/keys`)).json()) as {
      keys: [JsonWebKey]
    }
    const key = createPublicKey({ key: keys[0], format: 'jwk' })
    const claims = jwt.verify(String(tokens['id_token']), key, {
      algorithms: ['RS256'],
      clockTimestamp: NOW,
    })
    expect(claims).toMatchObject({ sub: 'user-1', aud: clientId, nonce: 'n', exp: NOW + 86_400 })
    const again = await place.post({ code })
    expect(again[1]).toMatchObject({ error_description: 'The code has already been used.' })
  })

  it('takes a code for five minutes', async () => {
    await using place = await start()
    const [early, late] = [place.sandbox.createCode(), place.sandbox.createCode()]
    place.clock.advance(299_999)
    expect((await place.post({ code: early }))[0]).toBe(200)
    place.clock.advance(1)
    expect(await place.post({ code: late })).toEqual([
      400,
      { error: 'invalid_grant', error_description: expired },
    ])
  })

  it('wants the redirect URI that the code was asked for with', async () => {
    await using place = await start()
    const code = place.sandbox.createCode({ redirectUri: 'https://example.com/back' })
    const wrong = await place.post({ code, redirect_uri: 'https://example.com/' })
    expect(wrong[1]).toMatchObject({ error: 'invalid_grant' })
    const right = await place.post({ code, redirect_uri: 'https://example.com/back' })
    expect(right[0]).toBe(200)
  })

  it('refreshes until the refresh token is revoked', async () => {
    await using place = await start()
    const [, tokens] = await place.post({ code: place.sandbox.createCode() })
    const token = String(tokens['refresh_token'])
    const refresh = { grant_type: 'refresh_token', refresh_token: token }
    const [status, fresh] = await place.post(refresh)
    expect(status).toBe(200)
    expect(fresh).not.toHaveProperty('refresh_token')
    expect(await place.post({ token }, '/auth/revoke')).toEqual([200, {}])
    expect((await place.post(refresh))[1]).toMatchObject({ error: 'invalid_grant' })
  })

  it('says what is wrong with a request whose client is good', async () => {
    await using place = await start()
    const unsupported = [400, { error: 'unsupported_grant_type' }]
    expect(await place.post({ grant_type: 'password' })).toEqual(unsupported)
    expect(await place.post({}, '/auth/revoke')).toEqual([400, { error: 'invalid_request' }])
    const json = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }
    const url = `${place.sandbox.origin}/auth/token`
    expect(await (await fetch(url, json)).json()).toEqual({ error: 'invalid_request' })
    expect((await fetch(url)).status).toBe(405)
    expect((await fetch(`${place.sandbox.origin}/nothing`)).status).toBe(404)
    expect(place.sandbox.refused).toBe(0)
  })
})
