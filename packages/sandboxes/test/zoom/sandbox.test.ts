import { OptionError } from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { FakeClock } from '@mayfly/testing'
import { type ZoomSandbox, startZoomSandbox } from '../../src/zoom/sandbox.ts'

const GRANT = 'account_credentials'

interface Asked {
  readonly form?: Record<string, string>
  readonly pair?: string
  readonly init?: RequestInit
  readonly query?: string
}

async function ask(sandbox: ZoomSandbox, asked: Asked = {}): Promise<Response> {
  const { accountId, clientId, clientSecret } = sandbox.credentials
  const { form = {}, pair = `${clientId}:${clientSecret}`, query = '' } = asked
  const body = new URLSearchParams({ grant_type: GRANT, account_id: accountId, ...form })
  const headers = { authorization: `Basic ${btoa(pair)}` }
  return fetch(`${sandbox.tokenEndpoint}${query}`, {
    method: 'POST',
    headers,
    body,
    ...asked.init,
  })
}

async function tokenOf(sandbox: ZoomSandbox): Promise<string> {
  const { access_token: token } = (await (await ask(sandbox)).json()) as { access_token: string }
  return token
}

async function use(sandbox: ZoomSandbox, token: string, path = '/v2/users/me'): Promise<Response> {
  return fetch(sandbox.origin + path, { headers: { authorization: `Bearer ${token}` } })
}

describe('the Zoom sandbox', () => {
  it('gives a token for an hour, which its API takes', async () => {
    await using sandbox = await startZoomSandbox()
    const answer = await ask(sandbox)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const { access_token: token, ...rest } = (await answer.json()) as { access_token: string }
    expect(rest).toMatchObject({ token_type: 'bearer', expires_in: 3600 })
    const me = await use(sandbox, token)
    expect([me.status, await me.json()]).toMatchObject([200, { type: 2 }])
    expect(sandbox.issued).toBe(1)
  })

  it('ends a token when its time is over, by its own clock', async () => {
    const clock = new FakeClock()
    await using sandbox = await startZoomSandbox({ clock, expiresIn: 60 })
    const token = await tokenOf(sandbox)
    clock.advanceSeconds(59)
    expect((await use(sandbox, token)).status).toBe(200)
    sandbox.clockOffsetMs = 1000
    expect((await use(sandbox, token)).status).toBe(401)
    expect(sandbox.refusals).toEqual({ 'token-expired': 1 })
  })

  it('ends a token when a newer one is given, and says of both faults the same', async () => {
    const clock = new FakeClock()
    await using sandbox = await startZoomSandbox({ clock })
    const first = await tokenOf(sandbox)
    const second = await tokenOf(sandbox)
    const displaced = await use(sandbox, first)
    expect((await use(sandbox, second)).status).toBe(200)
    clock.advanceSeconds(3600)
    const expired = await use(sandbox, second)
    const answer = [401, { code: 124, message: 'Invalid access token.' }]
    expect([displaced.status, await displaced.json()]).toEqual(answer)
    expect([expired.status, await expired.json()]).toEqual(answer)
    expect(sandbox.refusals).toEqual({ 'token-displaced': 1, 'token-expired': 1 })
  })

  it('lets tokens live side by side where it is told to', async () => {
    await using sandbox = await startZoomSandbox({ oneToken: false })
    const [first, second] = [await tokenOf(sandbox), await tokenOf(sandbox)]
    expect((await use(sandbox, first)).status).toBe(200)
    expect((await use(sandbox, second)).status).toBe(200)
  })

  it('refuses tokens that it is told to refuse', async () => {
    await using sandbox = await startZoomSandbox({ oneToken: false })
    const [one, other] = [await tokenOf(sandbox), await tokenOf(sandbox)]
    sandbox.revokeToken(one)
    expect((await use(sandbox, one)).status).toBe(401)
    expect((await use(sandbox, other)).status).toBe(200)
    sandbox.revokeTokensSeen()
    expect((await use(sandbox, other)).status).toBe(401)
    sandbox.refuseFirstUse(1)
    const late = await tokenOf(sandbox)
    expect((await use(sandbox, late)).status).toBe(401)
    expect((await use(sandbox, late)).status).toBe(200)
    expect((await fetch(`${sandbox.origin}/v2/users/me`)).status).toBe(401)
    expect((await use(sandbox, 'made-up')).status).toBe(401)
  })

  it.each([
    ['another client', { pair: 'other:secret' }, 'invalid_client', 'client-unknown'],
    ['no Basic credentials', { init: { headers: {} } }, 'invalid_client', 'client-authentication'],
    ['a pair without a client', { pair: ':secret' }, 'invalid_client', 'client-authentication'],
    ['a pair without a colon', { pair: 'alone' }, 'invalid_client', 'client-authentication'],
    [
      'another grant',
      { form: { grant_type: 'client_credentials' } },
      'unsupported_grant_type',
      'grant-type',
    ],
    ['another account', { form: { account_id: 'other' } }, 'invalid_request', 'account'],
    ['its parameters in the query', { query: '?a=1' }, 'invalid_request', 'not-a-form'],
    [
      'a body that is no form',
      { init: { body: '{"grant_type":"account_credentials"}' } },
      'invalid_request',
      'not-a-form',
    ],
  ])('gives no token to a request with %s', async (_, asked, error, fault) => {
    await using sandbox = await startZoomSandbox()
    const answer = await ask(sandbox, asked)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toEqual({ error, reason: expect.any(String) })
    expect(sandbox.refusals).toEqual({ [fault]: 1 })
  })

  it('wants POST', async () => {
    await using sandbox = await startZoomSandbox()
    expect((await fetch(sandbox.tokenEndpoint)).status).toBe(405)
    expect(sandbox.refusals).toEqual({ 'not-post': 1 })
  })

  it('takes the newest secret only, and none once the app is deactivated', async () => {
    await using sandbox = await startZoomSandbox({ oneToken: false })
    const old = sandbox.credentials
    const token = await tokenOf(sandbox)
    expect(sandbox.rotateSecret()).toEqual(sandbox.credentials)
    const pair = `${old.clientId}:${old.clientSecret}`
    expect((await ask(sandbox, { pair })).status).toBe(400)
    expect((await ask(sandbox)).status).toBe(200)
    sandbox.deactivateApp()
    expect((await ask(sandbox)).status).toBe(400)
    expect((await use(sandbox, token)).status).toBe(200)
    expect(sandbox.refusals).toEqual({ 'client-secret': 1, 'client-deactivated': 1 })
  })

  it('keeps meetings, and knows no other path', async () => {
    await using sandbox = await startZoomSandbox()
    const token = await tokenOf(sandbox)
    const path = `${sandbox.origin}/v2/users/me/meetings`
    const headers = { authorization: `Bearer ${token}` }
    expect((await fetch(path, { method: 'POST', headers, body: '{}' })).status).toBe(201)
    expect(await (await fetch(path, { headers })).json()).toMatchObject({ total_records: 1 })
    expect((await fetch(path, { method: 'PUT', headers })).status).toBe(404)
    const unknown = await use(sandbox, token, '/v2/nothing')
    expect([unknown.status, await unknown.json()]).toMatchObject([404, { code: 2300 }])
  })

  it('fails as Zoom does', async () => {
    await using sandbox = await startZoomSandbox()
    for (const status of [401, 429, 503]) sandbox.failNext(1, status, { retryAfter: 5 })
    const answers = [await ask(sandbox), await ask(sandbox), await ask(sandbox)]
    const bodies = await Promise.all(answers.map((answer) => answer.json()))
    expect(answers.map(({ status }) => status)).toEqual([401, 429, 503])
    expect(bodies).toMatchObject([{ code: 124 }, { code: 429 }, { code: 503 }])
    expect(answers[1]?.headers.get('retry-after')).toBe('5')
  })

  it('gives each sandbox credentials of its own, and checks its options', async () => {
    await using one = await startZoomSandbox()
    await using other = await startZoomSandbox()
    expect(one.credentials.clientSecret).toMatch(/^[\w-]{32}$/)
    expect(other.credentials).not.toEqual(one.credentials)
    await expect(startZoomSandbox({ expiresIn: 0 })).rejects.toThrow(OptionError)
    await expect(startZoomSandbox({ expires: 1 } as object)).rejects.toThrow('"expires"')
  })
})
