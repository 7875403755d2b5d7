import { type OAuthSandbox, startOAuthSandbox } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import jwt from 'jsonwebtoken'
import { describe, expect, it } from 'vitest'

type Form = Readonly<Record<string, string>>

const GRANT = { grant_type: 'client_credentials' }
const NOW = 1_700_000_000

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly headers: Headers
}

async function ask(sandbox: OAuthSandbox, form: Form, headers: Form = {}): Promise<Answer> {
  const body = new URLSearchParams(form)
  const response = await fetch(sandbox.tokenEndpoint, { method: 'POST', body, headers })
  return {
    status: response.status,
    body: (await response.json()) as Record<string, unknown>,
    headers: response.headers,
  }
}

function basic(id: string, secret: string): Form {
  const pair = [id, secret].map(encodeURIComponent).join(':')
  return { authorization: `Basic ${btoa(pair)}` }
}

function assertion(sandbox: OAuthSandbox, claims: object = {}, header: object = {}): Form {
  const { clientId, keyId, privateKey } = sandbox.keyCredentials
  const payload = {
    iss: clientId,
    sub: clientId,
    aud: sandbox.issuer,
    iat: NOW,
    exp: NOW + 60,
    jti: crypto.randomUUID(),
    ...claims,
  }
  const kept = Object.entries(payload).filter(([, value]) => value !== undefined)
  return {
    ...GRANT,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: jwt.sign(Object.fromEntries(kept), privateKey, {
      header: { alg: 'RS256', kid: keyId, ...header },
      allowInvalidAsymmetricKeyTypes: true,
    }),
  }
}

describe('the OAuth sandbox', () => {
  it('gives a token that its API takes until it expires', async () => {
    const clock = new FakeClock()
    await using sandbox = await startOAuthSandbox({ clock, expiresIn: 60 })
    const { clientId, clientSecret } = sandbox.credentials
    const { status, body, headers } = await ask(sandbox, GRANT, basic(clientId, clientSecret))
    expect(status).toBe(200)
    expect(body).toEqual({
      access_token: expect.stringMatching(/^sandbox_/),
      token_type: 'Bearer',
      expires_in: 60,
    })
    expect(headers.get('cache-control')).toBe('no-store')
    const use = async () => {
      const authorization = `Bearer ${String(body['access_token'])}`
      return (await fetch(`${sandbox.origin}/orders`, { headers: { authorization } })).status
    }
    clock.advanceSeconds(59.999)
    expect(await use()).toBe(200)
    clock.advanceSeconds(0.001)
    expect(await use()).toBe(401)
    expect(sandbox.refusals).toEqual({ 'token-expired': 1 })
  })

  it('challenges a request without a token, and names no error then', async () => {
    await using sandbox = await startOAuthSandbox()
    const bare = await fetch(sandbox.origin)
    expect([bare.status, bare.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    const unknown = await fetch(sandbox.origin, { headers: { authorization: 'Bearer x' } })
    expect(unknown.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"')
    expect(sandbox.refusals).toEqual({ 'token-missing': 1, 'token-unknown': 1 })
  })

  it('publishes its metadata where it was told to, and nowhere else', async () => {
    const places = ['oauth-authorization-server', 'openid-configuration']
    for (const [metadata, expected] of [
      ['oauth', [200, 404]],
      ['openid', [404, 200]],
      ['none', [404, 404]],
    ] as const) {
      await using sandbox = await startOAuthSandbox({ metadata })
      const statusAt = async (place: string) =>
        (await fetch(`${sandbox.origin}/.well-known/${place}`)).status
      expect(await Promise.all(places.map(statusAt))).toEqual(expected)
    }
  })

  const secretFaults: readonly [
    string,
    (sandbox: OAuthSandbox) => [Form, Form?],
    number,
    string,
  ][] = [
    ['no client', () => [GRANT], 401, 'client-authentication'],
    ['another client', () => [GRANT, basic('other', 'x')], 401, 'client-unknown'],
    [
      'another secret',
      ({ credentials }) => [GRANT, basic(credentials.clientId, 'x')],
      401,
      'client-secret',
    ],
    [
      'two ways at once',
      ({ credentials: { clientId, clientSecret } }) => [
        { ...GRANT, client_id: clientId, client_secret: clientSecret },
        basic(clientId, clientSecret),
      ],
      401,
      'client-authentication',
    ],
    [
      'Basic that was not encoded first',
      ({ credentials: { clientId, clientSecret } }) => [
        GRANT,
        { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
      ],
      401,
      'client-authentication',
    ],
    [
      'another grant',
      ({ credentials }) => [
        { grant_type: 'password' },
        basic(credentials.clientId, credentials.clientSecret),
      ],
      400,
      'grant-type',
    ],
    [
      'an unknown scope',
      ({ credentials }) => [
        { ...GRANT, scope: 'read admin' },
        basic(credentials.clientId, credentials.clientSecret),
      ],
      400,
      'scope',
    ],
    [
      'an unknown resource',
      ({ credentials }) => [
        { ...GRANT, resource: 'urn:b' },
        basic(credentials.clientId, credentials.clientSecret),
      ],
      400,
      'target',
    ],
  ]
  for (const [what, request, status, reason] of secretFaults) {
    it(`refuses ${what}`, async () => {
      await using sandbox = await startOAuthSandbox({ resources: ['urn:a'] })
      expect((await ask(sandbox, ...request(sandbox))).status).toBe(status)
      expect(sandbox.refusals).toEqual({ [reason]: 1 })
    })
  }

  const assertionFaults: readonly [string, object, object, string][] = [
    ['none', {}, {}, ''],
    ['another kid', {}, { kid: 'x' }, 'assertion-key'],
    ['another issuer', { iss: 'x' }, {}, 'assertion-parties'],
    ['another subject', { sub: 'x' }, {}, 'assertion-parties'],
    ['another audience', { aud: 'https://x.example' }, {}, 'assertion-audience'],
    ['an audience list', { aud: ['https://x.example'] }, {}, 'assertion-audience'],
    ['an end that has come', { exp: NOW }, {}, 'assertion-times'],
    ['an end too far off', { exp: NOW + 301 }, {}, 'assertion-times'],
    ['the last end that is taken', { exp: NOW + 300 }, {}, ''],
    ['a beginning to come', { iat: NOW + 1 }, {}, 'assertion-times'],
    ['no end', { exp: undefined }, {}, 'assertion-times'],
    ['no id', { jti: undefined }, {}, 'assertion-replayed'],
  ]
  for (const [what, claims, header, reason] of assertionFaults) {
    it(`judges an assertion with ${what}`, async () => {
      await using sandbox = await startOAuthSandbox({ clock: new FakeClock() })
      const { status } = await ask(sandbox, assertion(sandbox, claims, header))
      expect(status).toBe(reason === '' ? 200 : 401)
      expect(sandbox.refusals).toEqual(reason === '' ? {} : { [reason]: 1 })
    })
  }

  it('takes an assertion once', async () => {
    await using sandbox = await startOAuthSandbox({ clock: new FakeClock() })
    const form = assertion(sandbox)
    expect((await ask(sandbox, form)).status).toBe(200)
    expect((await ask(sandbox, form)).body).toMatchObject({ error: 'invalid_client' })
    expect(sandbox.refusals).toEqual({ 'assertion-replayed': 1 })
  })

  it('refuses an assertion that another key signed', async () => {
    await using sandbox = await startOAuthSandbox({ clock: new FakeClock() })
    await using other = await startOAuthSandbox({ clock: new FakeClock() })
    const { clientId, keyId } = sandbox.keyCredentials
    const claims = { iss: clientId, sub: clientId, aud: sandbox.issuer }
    await ask(sandbox, assertion(other, claims, { kid: keyId }))
    expect(sandbox.refusals).toEqual({ 'assertion-signature': 1 })
  })

  it('takes no form that names a field twice, and no body that is no form', async () => {
    await using sandbox = await startOAuthSandbox()
    const { tokenEndpoint } = sandbox
    const body = 'grant_type=client_credentials&scope=a&scope=b'
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const twice = await fetch(tokenEndpoint, { method: 'POST', body, headers })
    const json = await fetch(tokenEndpoint, { method: 'POST', body: '{}' })
    const get = await fetch(tokenEndpoint)
    expect([twice.status, json.status, get.status]).toEqual([400, 400, 405])
  })
})
