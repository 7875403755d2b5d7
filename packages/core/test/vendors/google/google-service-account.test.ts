import { createPublicKey } from 'node:crypto'
import { inspect } from 'node:util'
import { bearerFetch, importKey, TokenManager } from '@mayfly/core'
import { type GoogleServiceAccountOptions, googleServiceAccount } from '@mayfly/core/vendors'
import { startGoogleSandbox } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import jwt from 'jsonwebtoken'
import { describe, expect, it } from 'vitest'
import { failure } from '../../support/inbound.ts'
import { recordingFetch } from '../../support/recording-fetch.ts'
import { CREDENTIALS, PRIVATE_KEY } from './credentials.ts'

const SCOPE = 'https://www.googleapis.com/auth/devstorage.read_only'
const NOW = 1_700_000_000

function read(token: string): jwt.Jwt {
  return jwt.verify(token, createPublicKey(PRIVATE_KEY), {
    algorithms: ['RS256'],
    complete: true,
    ignoreExpiration: true,
  })
}

async function assertionOf(options: Partial<GoogleServiceAccountOptions>): Promise<jwt.Jwt> {
  const { fetch, last } = recordingFetch()
  const all = { credentials: CREDENTIALS, scope: SCOPE, clock: new FakeClock(), fetch, ...options }
  await googleServiceAccount(all).getToken()
  expect(last().url).toBe('https://oauth2.googleapis.com/token')
  expect(last().form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
  return read(last().form.get('assertion') ?? '')
}

describe('googleServiceAccount', () => {
  it('exchanges an assertion by Google’s contract', async () => {
    const { header, payload } = await assertionOf({ subject: 'admin@example.com' })
    expect(header).toEqual({ alg: 'RS256', typ: 'JWT', kid: CREDENTIALS.private_key_id })
    expect(payload).toEqual({
      iss: CREDENTIALS.client_email,
      scope: SCOPE,
      aud: 'https://oauth2.googleapis.com/token',
      sub: 'admin@example.com',
      iat: NOW - 10,
      exp: NOW - 10 + 3600,
    })
  })

  it('names several scopes in one claim, and nobody to act for unless it is told to', async () => {
    const { payload } = await assertionOf({ scope: [SCOPE, 'openid'], claims: { note: 'a' } })
    expect(payload).toMatchObject({ scope: `${SCOPE} openid`, note: 'a' })
    expect(payload).not.toHaveProperty('sub')
  })

  it('signs a token itself for an audience, which its origin is taken from', async () => {
    const clock = new FakeClock()
    const audience = 'https://pubsub.googleapis.com/'
    const source = googleServiceAccount({ credentials: CREDENTIALS, audience, clock })
    const token = await source.getToken()
    expect(read(token.value).payload).toEqual({
      iss: CREDENTIALS.client_email,
      sub: CREDENTIALS.client_email,
      aud: audience,
      iat: NOW - 10,
      exp: NOW - 10 + 3600,
    })
    expect(token).toMatchObject({ origins: ['https://pubsub.googleapis.com'], issuedAt: NOW - 10 })
    expect(source).toMatchObject({ lifetime: 3590, maxLifetime: 3600 })
  })

  it('signs a token itself for a scope, without an audience', async () => {
    const options = { credentials: CREDENTIALS, scope: SCOPE, selfSigned: true }
    const token = await googleServiceAccount(options).getToken()
    expect(read(token.value).payload).toMatchObject({ scope: SCOPE, sub: CREDENTIALS.client_email })
    expect(read(token.value).payload).not.toHaveProperty('aud')
    expect(token.origins).toEqual(['https://www.googleapis.com'])
  })

  it('takes the file’s text, its object, and a key from elsewhere', async () => {
    const text = `\uFEFF${JSON.stringify(CREDENTIALS, undefined, 2)}\n`
    const key = await importKey(PRIVATE_KEY, 'RS256')
    for (const credentials of [
      text,
      { ...CREDENTIALS, private_key: key },
      { ...CREDENTIALS, private_key: () => PRIVATE_KEY },
      { ...CREDENTIALS, private_key: PRIVATE_KEY.replaceAll('\n', '\\n') },
      { client_email: CREDENTIALS.client_email, private_key: PRIVATE_KEY },
    ]) {
      const { payload } = await assertionOf({ credentials })
      expect(payload).toMatchObject({ iss: CREDENTIALS.client_email })
    }
  })

  const base: GoogleServiceAccountOptions = { credentials: CREDENTIALS, scope: SCOPE }

  it('has an id that follows everything that changes the token, and shows none of it', () => {
    const all: GoogleServiceAccountOptions[] = [
      base,
      { ...base, scope: 'openid' },
      { ...base, subject: 'a@example.com' },
      { ...base, lifetime: 600 },
      { ...base, claims: { a: 1 } },
      { ...base, origins: ['https://storage.googleapis.com'] },
      { ...base, selfSigned: true },
      { credentials: CREDENTIALS, audience: 'https://pubsub.googleapis.com/' },
      { ...base, credentials: { ...CREDENTIALS, client_email: 'b@example.com' } },
      { ...base, credentials: { ...CREDENTIALS, token_uri: 'https://example.com/token' } },
    ]
    const ids = all.map((options) => googleServiceAccount(options).id)
    expect(new Set(ids).size).toBe(all.length)
    expect(all.map((options) => googleServiceAccount(options).id)).toEqual(ids)
    expect(ids.join()).not.toContain(CREDENTIALS.client_email)
  })

  it('shows no key in inspect or JSON', () => {
    for (const options of [base, { ...base, selfSigned: true }]) {
      const source = googleServiceAccount(options)
      const seen = inspect(source, { depth: 10, showHidden: true }) + JSON.stringify(source)
      expect(seen).not.toContain(PRIVATE_KEY.split('\n')[1])
    }
  })
})

describe('googleServiceAccount against the sandbox', () => {
  it('gets one access token for 50 callers, and another when that one is refused', async () => {
    await using sandbox = await startGoogleSandbox()
    const { credentials, origin } = sandbox
    const source = googleServiceAccount({ credentials, scope: SCOPE, origins: [origin] })
    const fetch = bearerFetch(new TokenManager(source))
    const calls = () => Promise.all(Array.from({ length: 50 }, () => fetch(`${origin}/v1/topics`)))
    expect((await calls()).every(({ status }) => status === 200)).toBe(true)
    expect(sandbox.grants).toEqual([
      { email: credentials.client_email, scope: SCOPE, subject: undefined },
    ])
    sandbox.revokeTokensSeen()
    expect((await calls()).every(({ status }) => status === 200)).toBe(true)
    expect(sandbox.grants).toHaveLength(2)
  })

  it('acts for a user that the account may act for', async () => {
    await using sandbox = await startGoogleSandbox({ delegates: ['admin@example.com'] })
    const base = { credentials: sandbox.credentials, scope: SCOPE }
    await googleServiceAccount({ ...base, subject: 'admin@example.com' }).getToken()
    expect(sandbox.grants[0]).toMatchObject({ subject: 'admin@example.com' })
    const other = googleServiceAccount({ ...base, subject: 'eve@example.com' })
    const error = await failure(() => other.getToken())
    expect(error).toMatchObject({ code: 'ERR_MINT_REFUSED', permanent: true })
    expect((error as Error).message).toContain('401 unauthorized_client: Client is unauthorized')
  })

  it('uses a self-signed token without any exchange', async () => {
    await using sandbox = await startGoogleSandbox()
    const { credentials, origin } = sandbox
    const source = googleServiceAccount({ credentials, audience: `${origin}/` })
    expect((await bearerFetch(source)(`${origin}/v1/topics`)).status).toBe(200)
    expect([sandbox.requests, sandbox.grants.length]).toEqual([1, 0])
  })

  const HOUR = 3_600_000
  for (const offsetMs of [-24 * HOUR, -HOUR, -9000, 9000, HOUR, 24 * HOUR]) {
    it(`spends at most two more requests with a local clock that is ${-offsetMs} ms off`, async () => {
      const clock = new FakeClock()
      await using sandbox = await startGoogleSandbox({ clock, clockOffsetMs: offsetMs })
      const { credentials, origin } = sandbox
      const source = googleServiceAccount({ credentials, scope: SCOPE, origins: [origin], clock })
      const manager = new TokenManager(source, { clock })
      const fetch = bearerFetch(manager, { clock })
      for (let hour = 0; hour < 3; hour++) {
        expect((await fetch(`${origin}/v1/topics`)).status).toBe(200)
        clock.advance(HOUR)
      }
      // One finds out the clock. Another may, once: until the API has answered, nobody knows its time.
      expect(sandbox.refused).toBeLessThanOrEqual(2)
      expect(sandbox.grants.length).toBeLessThanOrEqual(4)
    })
  }

  it('says what Google said, and that no other try helps', async () => {
    await using sandbox = await startGoogleSandbox()
    const { credentials } = sandbox
    sandbox.revokeKey()
    const source = googleServiceAccount({ credentials, scope: SCOPE })
    const error = await failure(() => source.getToken())
    expect(error).toMatchObject({ code: 'ERR_MINT_REFUSED', permanent: true })
    expect((error as Error).message).toBe(
      `${credentials.token_uri} answered 400 invalid_grant: Invalid JWT Signature.`,
    )
  })

  it('says so when a failure will pass', async () => {
    await using sandbox = await startGoogleSandbox()
    const source = googleServiceAccount({ credentials: sandbox.credentials, scope: SCOPE })
    sandbox.failNext(2, 503)
    expect(await failure(() => source.getToken())).toMatchObject({ permanent: false })
    sandbox.failNext(1, 429, { retryAfter: 3 })
    const limited = { permanent: false, retryAfterMs: 3000 }
    expect(await failure(() => source.getToken())).toMatchObject(limited)
    sandbox.spoilNext(1, 'malformed')
    expect(await failure(() => source.getToken())).toMatchObject({ code: 'ERR_MINT_FAILED' })
  })
})
