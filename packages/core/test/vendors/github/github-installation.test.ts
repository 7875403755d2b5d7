import { inspect } from 'node:util'
import { createAppAuth } from '@octokit/auth-app'
import { bearerFetch, TokenManager, type TokenSource } from '@mayfly/core'
import { githubApp, githubInstallation, type GithubInstallationOptions } from '@mayfly/core/vendors'
import { type GithubSandbox, startGithubSandbox } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { failure } from '../../support/inbound.ts'
import { recordingFetch } from '../../support/recording-fetch.ts'

const HOUR = 3_600_000

function sourceFor(
  sandbox: GithubSandbox,
  options: Partial<GithubInstallationOptions> = {},
): TokenSource {
  const { baseUrl, credentials, installationId } = sandbox
  const { clock } = options
  const app = githubApp({ ...credentials, baseUrl, ...(clock !== undefined && { clock }) })
  return githubInstallation({ app, baseUrl, installationId, ...options })
}

describe('githubInstallation', () => {
  it('gives a token for an hour, counted from before the request was sent', async () => {
    const clock = new FakeClock()
    await using sandbox = await startGithubSandbox({ clock })
    const source = sourceFor(sandbox, { clock })
    const token = await source.getToken()
    expect(token).toMatchObject({
      value: expect.stringMatching(/^ghs_/),
      issuedAt: 1_700_000_000,
      expiresAt: 1_700_003_600,
      origins: [sandbox.origin],
    })
    expect(source).toMatchObject({ lifetime: 3600, propagationDelay: 5 })
  })

  it('asks by GitHub’s contract, and for no more than it was told to', async () => {
    await using sandbox = await startGithubSandbox()
    const { fetch, last } = recordingFetch(() =>
      Response.json({ token: 'ghs_a', expires_at: '2099-01-01T00:00:00Z' }, { status: 201 }),
    )
    const app = githubApp(sandbox.credentials)
    const base = { app, installationId: '42', fetch }
    await githubInstallation(base).getToken()
    const { url, method, headers, body } = last()
    expect([method, url, body]).toEqual([
      'POST',
      'https://api.github.com/app/installations/42/access_tokens',
      '{}',
    ])
    expect(headers.get('accept')).toBe('application/vnd.github+json')
    expect(headers.get('x-github-api-version')).toBe('2022-11-28')
    expect(headers.get('user-agent')).toBe('mayfly')
    const repositories = ['b', 7, 'a', 3]
    const permissions = { issues: 'read', contents: 'write' } as const
    await githubInstallation({ ...base, repositories, permissions }).getToken()
    expect(JSON.parse(last().body)).toEqual({
      repositories: ['a', 'b'],
      repository_ids: [3, 7],
      permissions,
    })
  })

  it('asks for a token that is good for some repositories and some permissions', async () => {
    await using sandbox = await startGithubSandbox()
    const permissions = { contents: 'read' } as const
    const fetch = bearerFetch(sourceFor(sandbox, { repositories: ['hello-world'], permissions }))
    const response = await fetch(`${sandbox.baseUrl}/installation/repositories`)
    expect(await response.json()).toEqual({
      total_count: 1,
      repositories: [{ id: 1296269, name: 'hello-world' }],
    })
    expect(sandbox.grants).toMatchObject([{ permissions, selected: true }])
  })

  it('finds a server of one’s own below its path', async () => {
    await using sandbox = await startGithubSandbox({ basePath: '/api/v3' })
    await sourceFor(sandbox).getToken()
    expect(sandbox.grants).toHaveLength(1)
  })

  it('takes the app’s tokens from a manager, and signs one for many installations', async () => {
    await using sandbox = await startGithubSandbox()
    const { baseUrl, credentials, installationId } = sandbox
    const app = new TokenManager(githubApp({ ...credentials, baseUrl }))
    for (let count = 0; count < 3; count++) {
      await githubInstallation({ app, installationId }).getToken()
    }
    expect(app.stats().mints).toBe(1)
  })

  for (const offsetMs of [-HOUR, -61_000, 61_000, HOUR]) {
    it(`has the app’s token signed anew when the local clock is ${-offsetMs} ms off`, async () => {
      const clock = new FakeClock()
      await using sandbox = await startGithubSandbox({ clock, clockOffsetMs: offsetMs })
      const { baseUrl, credentials, installationId } = sandbox
      const signed = githubApp({ ...credentials, baseUrl, clock })
      for (const app of [signed, new TokenManager(signed, { clock })]) {
        const before = sandbox.refused
        const source = githubInstallation({ app, installationId, clock })
        await source.getToken()
        await source.getToken()
        expect(sandbox.refused - before).toBeLessThanOrEqual(1)
      }
    })
  }

  it('says what GitHub said, and whether another try can help', async () => {
    await using sandbox = await startGithubSandbox()
    const source = sourceFor(sandbox)
    const other = sourceFor(sandbox, { installationId: 1 })
    const greedy = sourceFor(sandbox, { permissions: { contents: 'admin' } })
    const elsewhere = sourceFor(sandbox, { repositories: ['not-there'] })
    const refused = { code: 'ERR_MINT_REFUSED', permanent: true }
    const messageOf = async (one: TokenSource): Promise<string> => {
      const error = await failure(() => one.getToken())
      expect(error).toMatchObject(refused)
      return (error as Error).message
    }
    expect(await messageOf(other)).toMatch(
      /installations\/1\/access_tokens answered 404: Not Found/,
    )
    expect(await messageOf(greedy)).toContain('answered 422: The permissions requested are not')
    expect(await messageOf(elsewhere)).toContain('answered 422: There is at least one repository')
    sandbox.suspend()
    expect(await messageOf(source)).toContain('403: This installation has been suspended.')
    sandbox.revokeKey()
    expect(await messageOf(source)).toContain('401: A JSON web token could not be decoded.')
  })

  it('says when to come back after a rate limit', async () => {
    await using sandbox = await startGithubSandbox()
    const source = sourceFor(sandbox)
    sandbox.failNext(1, 403, { retryAfter: 60 })
    sandbox.failNext(1, 429)
    sandbox.failNext(2, 502)
    const later = { permanent: false, retryAfterMs: 60_000, code: 'ERR_MINT_REFUSED' }
    expect(await failure(() => source.getToken())).toMatchObject(later)
    expect(await failure(() => source.getToken())).toMatchObject({ permanent: false })
    expect(await failure(() => source.getToken())).toMatchObject({ code: 'ERR_MINT_FAILED' })
    const headers = {
      date: 'Tue, 14 Nov 2023 22:00:00 GMT',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(Date.parse('2023-11-14T22:00:30Z') / 1000),
    }
    const { fetch } = recordingFetch(() => Response.json({}, { status: 403, headers }))
    const limited = { permanent: false, retryAfterMs: 30_000 }
    expect(await failure(() => sourceFor(sandbox, { fetch }).getToken())).toMatchObject(limited)
  })

  const unusable: readonly [string, object][] = [
    ['no token', { expires_at: '2099-01-01T00:00:00Z' }],
    ['no end', { token: 'ghs_a' }],
    ['an end that is no date', { token: 'ghs_a', expires_at: 'soon' }],
    ['an end that has passed', { token: 'ghs_a', expires_at: '2001-01-01T00:00:00Z' }],
  ]
  for (const [what, body] of unusable) {
    it(`takes no answer with ${what}`, async () => {
      await using sandbox = await startGithubSandbox()
      const { fetch } = recordingFetch(() => Response.json(body, { status: 201 }))
      const error = await failure(() => sourceFor(sandbox, { fetch }).getToken())
      expect(error).toMatchObject({ code: 'ERR_TOKEN_UNUSABLE' })
    })
  }

  it('has an id that follows everything that changes the token, and shows none of it', async () => {
    await using sandbox = await startGithubSandbox()
    const app = githubApp(sandbox.credentials)
    const base = { app, installationId: 42 }
    const all: GithubInstallationOptions[] = [
      base,
      { ...base, installationId: 43 },
      { ...base, repositories: ['a'] },
      { ...base, repositories: [1] },
      { ...base, permissions: { contents: 'read' } },
      { ...base, origins: ['https://uploads.github.com'] },
      { ...base, baseUrl: 'https://api.github.com/v3' },
      { ...base, app: githubApp({ ...sandbox.credentials, appId: 'other' }) },
    ]
    const ids = all.map((options) => githubInstallation(options).id)
    expect(new Set(ids).size).toBe(all.length)
    const again = { ...base, app: githubApp(sandbox.credentials), installationId: '42' }
    expect(githubInstallation(again).id).toBe(ids[0])
    const both = [
      { ...base, repositories: ['a', 'b'] },
      { ...base, repositories: ['b', 'a'] },
    ].map((options) => githubInstallation(options).id)
    expect(both[0]).toBe(both[1])
    expect(ids.join() + inspect(githubInstallation(base))).not.toContain('42/access')
  })
})

describe('a new installation token that GitHub does not know yet', () => {
  it('is sent again until it is known, and no other is asked for', async () => {
    const clock = new FakeClock()
    await using sandbox = await startGithubSandbox({ clock, settleMs: 2500 })
    const manager = new TokenManager(sourceFor(sandbox, { clock }), { clock })
    const pauses: number[] = []
    const fetch = bearerFetch(manager, {
      clock,
      observe: (event) => {
        if (event.type !== 'refused') return
        pauses.push(clock.now() - 1_700_000_000_000)
        setImmediate(() => clock.advance(pauses.length * 1000))
      },
    })
    const response = await fetch(`${sandbox.baseUrl}/installation/repositories`)
    expect(response.status).toBe(200)
    expect(pauses).toEqual([0, 1000])
    expect(sandbox.grants).toHaveLength(1)
    expect(sandbox.refusals).toEqual({ 'token-unsettled': 2 })
    expect(manager.stats()).toMatchObject({ mints: 1, rejected: 0 })
  })

  it('is replaced at once when it is refused later', async () => {
    const clock = new FakeClock()
    await using sandbox = await startGithubSandbox({ clock })
    const manager = new TokenManager(sourceFor(sandbox, { clock }), { clock })
    const fetch = bearerFetch(manager, { clock })
    const url = `${sandbox.baseUrl}/installation/repositories`
    expect((await fetch(url)).status).toBe(200)
    clock.advanceSeconds(5)
    sandbox.revokeTokensSeen()
    expect((await fetch(url)).status).toBe(200)
    expect(sandbox.grants).toHaveLength(2)
  })
})

describe('@octokit/auth-app', () => {
  it('asks the same of GitHub, and gets the same token from the sandbox', async () => {
    await using sandbox = await startGithubSandbox()
    const { credentials, installationId, baseUrl } = sandbox
    const asked: unknown[] = []
    const request = async (route: string, payload: Record<string, unknown>) => {
      const { installation_id, headers, mediaType, ...body } = payload
      expect(mediaType).toBeDefined()
      asked.push(body)
      const path = route.replace('POST ', '').replace('{installation_id}', String(installation_id))
      const init = {
        method: 'POST',
        headers: headers as Record<string, string>,
        body: JSON.stringify(body),
      }
      return { data: await (await fetch(`${baseUrl}${path}`, init)).json() }
    }
    const auth = createAppAuth({ ...credentials, request: request as never })
    const permissions = { contents: 'read' } as const
    const repositoryNames = ['hello-world']
    const wanted = { type: 'installation', installationId, permissions, repositoryNames } as const
    const theirs = await auth(wanted)
    const record = recordingFetch(() =>
      Response.json({ token: 'ghs_a', expires_at: '2099-01-01T00:00:00Z' }, { status: 201 }),
    )
    const { fetch: recording, last } = record
    const options = { permissions, repositories: repositoryNames }
    await sourceFor(sandbox, { ...options, fetch: recording }).getToken()
    expect(JSON.parse(last().body)).toEqual(asked[0])
    const ours = await sourceFor(sandbox, options).getToken()
    expect(sandbox.grants[0]).toEqual(sandbox.grants[1])
    expect(Math.abs(Date.parse(theirs.expiresAt) / 1000 - ours.expiresAt)).toBeLessThanOrEqual(2)
  })
})
