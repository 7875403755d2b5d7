import { type GithubSandbox, startGithubSandbox } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import jwt from 'jsonwebtoken'
import { describe, expect, it } from 'vitest'

const NOW = 1_700_000_000

interface Ask {
  readonly method?: string
  readonly token?: string
  readonly body?: object
}

async function ask(
  sandbox: GithubSandbox,
  path: string,
  { method = 'GET', token, body }: Ask = {},
) {
  const response = await fetch(`${sandbox.baseUrl}${path}`, {
    method,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const answer = (await response.json()) as Record<string, unknown>
  return { status: response.status, answer, message: String(answer['message']) }
}

function sign(sandbox: GithubSandbox, claims: object = {}): string {
  const { appId, privateKey } = sandbox.credentials
  const payload = { iss: appId, iat: NOW - 60, exp: NOW + 540, ...claims }
  const kept = Object.entries(payload).filter(([, value]) => value !== undefined)
  const noTimestamp = payload.iat === undefined
  return jwt.sign(Object.fromEntries(kept), privateKey, { algorithm: 'RS256', noTimestamp })
}

describe('the GitHub sandbox judges an app’s token', () => {
  const decoded = /could not be decoded/
  const issuedAt = /^'Issued at' claim \('iat'\) must be an Integer/
  const expires = /^'Expiration time' claim \('exp'\) must be a numeric value/
  const cases: readonly [string, object, number, string, RegExp?][] = [
    ['of the client id', {}, 200, ''],
    ['of another app', { iss: 'x' }, 404, 'app-unknown', /Integration not found/],
    ['from now', { iat: NOW }, 200, ''],
    ['from the future', { iat: NOW + 1 }, 401, 'iat', issuedAt],
    ['without iat', { iat: undefined }, 401, 'iat', issuedAt],
    ['for ten minutes', { exp: NOW + 600 }, 200, ''],
    ['for a second more', { exp: NOW + 601 }, 401, 'exp-too-far', /is too far in the future$/],
    ['with a second left', { exp: NOW + 1 }, 200, ''],
    ['that has ended', { exp: NOW }, 401, 'exp-passed', expires],
    ['without exp', { exp: undefined }, 401, 'exp-missing', /^Missing 'expiration time' claim/],
  ]
  for (const [what, claims, status, reason, message = /^undefined$/] of cases) {
    it(what, async () => {
      await using sandbox = await startGithubSandbox({ clock: new FakeClock() })
      const answer = await ask(sandbox, '/app', { token: sign(sandbox, claims) })
      expect(answer.status).toBe(status)
      expect(answer.message).toMatch(message)
      expect(sandbox.refusals).toEqual(reason === '' ? {} : { [reason]: 1 })
    })
  }

  it('of the app id, as number and as text', async () => {
    await using sandbox = await startGithubSandbox({ clock: new FakeClock() })
    for (const iss of [sandbox.numericAppId, String(sandbox.numericAppId)]) {
      const { answer } = await ask(sandbox, '/app', { token: sign(sandbox, { iss }) })
      expect(answer).toMatchObject({
        id: sandbox.numericAppId,
        client_id: sandbox.credentials.appId,
      })
    }
  })

  it('that another key signed, that is none, that is missing, and whose key was ended', async () => {
    await using sandbox = await startGithubSandbox({ clock: new FakeClock() })
    await using other = await startGithubSandbox({ clock: new FakeClock() })
    const forged = sign(other, { iss: sandbox.credentials.appId })
    expect((await ask(sandbox, '/app', { token: forged })).message).toMatch(decoded)
    expect((await ask(sandbox, '/app', { token: 'x' })).message).toMatch(decoded)
    expect((await ask(sandbox, '/app')).message).toMatch(decoded)
    sandbox.revokeKey()
    expect((await ask(sandbox, '/app', { token: sign(sandbox) })).status).toBe(401)
    expect(sandbox.refusals).toEqual({
      'app-signature': 1,
      'app-malformed': 1,
      'app-missing': 1,
      'key-revoked': 1,
    })
  })
})

describe('the GitHub sandbox gives an installation’s token', () => {
  async function give(sandbox: GithubSandbox, body?: object, id = sandbox.installationId) {
    const request = { method: 'POST', token: sign(sandbox), ...(body !== undefined && { body }) }
    return ask(sandbox, `/app/installations/${id}/access_tokens`, request)
  }

  it('for an hour, which its API takes', async () => {
    const clock = new FakeClock()
    await using sandbox = await startGithubSandbox({ clock })
    const { status, answer } = await give(sandbox)
    expect([status, answer['expires_at'], answer['repository_selection']]).toEqual([
      201,
      '2023-11-14T23:13:20Z',
      'all',
    ])
    const token = String(answer['token'])
    const path = '/installation/repositories'
    expect((await ask(sandbox, path, { token })).answer).toMatchObject({ total_count: 2 })
    const headers = { authorization: `token ${token}` }
    expect((await fetch(`${sandbox.baseUrl}${path}`, { headers })).status).toBe(200)
    expect((await ask(sandbox, '/nowhere', { token })).status).toBe(404)
    clock.advanceSeconds(3600)
    expect((await ask(sandbox, path, { token })).message).toBe('Bad credentials')
    expect((await ask(sandbox, path)).message).toBe('Requires authentication')
  })

  it('that its API knows only after some time', async () => {
    const clock = new FakeClock()
    await using sandbox = await startGithubSandbox({ clock, settleMs: 2000 })
    const { answer } = await give(sandbox)
    const use = async () =>
      (await ask(sandbox, '/installation/repositories', { token: String(answer['token']) })).status
    clock.advance(1999)
    expect(await use()).toBe(401)
    clock.advance(1)
    expect(await use()).toBe(200)
  })

  const cases: readonly [string, object, number, RegExp][] = [
    ['a repository by name', { repositories: ['hello-world'] }, 201, /undefined/],
    ['a repository by id', { repository_ids: [1296270] }, 201, /undefined/],
    ['a repository that is not there', { repositories: ['x'] }, 422, /at least one repository/],
    ['less than it may', { permissions: { contents: 'read' } }, 201, /undefined/],
    ['as much as it may', { permissions: { contents: 'write' } }, 201, /undefined/],
    ['more than it may', { permissions: { issues: 'write' } }, 422, /permissions requested/],
    ['what it may not at all', { permissions: { actions: 'read' } }, 422, /permissions requested/],
  ]
  for (const [what, body, status, message] of cases) {
    it(`for ${what}, or says why not`, async () => {
      await using sandbox = await startGithubSandbox({ clock: new FakeClock() })
      const answer = await give(sandbox, body)
      expect(answer.status).toBe(status)
      expect(answer.message).toMatch(message)
    })
  }

  it('not where there is no installation, or a suspended one', async () => {
    await using sandbox = await startGithubSandbox({ clock: new FakeClock() })
    expect((await give(sandbox, undefined, 1)).message).toBe('Not Found')
    sandbox.suspend()
    expect((await give(sandbox)).message).toBe('This installation has been suspended')
    expect(sandbox.refusals).toEqual({ 'installation-unknown': 1, 'installation-suspended': 1 })
  })

  it('below its base path alone, and to nobody without a User-Agent', async () => {
    const clock = new FakeClock()
    await using sandbox = await startGithubSandbox({ clock, basePath: '/api/v3' })
    expect((await give(sandbox)).status).toBe(201)
    const headers = { authorization: `Bearer ${sign(sandbox)}` }
    expect((await fetch(`${sandbox.origin}/app`, { headers })).status).toBe(404)
    const bare = { ...headers, 'user-agent': '' }
    expect((await fetch(`${sandbox.baseUrl}/app`, { headers: bare })).status).toBe(403)
  })
})
