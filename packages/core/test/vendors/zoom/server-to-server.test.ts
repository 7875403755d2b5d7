import { inspect } from 'node:util'
import { bearerFetch, type StoredToken, TokenManager, type TokenStore } from '@mayfly/core'
import { type ZoomServerToServerOptions, zoomServerToServer } from '@mayfly/core/vendors'
import { startZoomSandbox, type ZoomSandbox } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { failure } from '../../support/inbound.ts'
import { recordingFetch } from '../../support/recording-fetch.ts'
import { settle } from '../../support/scripted-source.ts'

const APP = { accountId: 'account', clientId: 'client', clientSecret: 'secret-of-zooms-length' }

function against(sandbox: ZoomSandbox, options: Partial<ZoomServerToServerOptions> = {}) {
  const { credentials, tokenEndpoint, origin } = sandbox
  return zoomServerToServer({ ...credentials, tokenEndpoint, origins: [origin], ...options })
}

class SharedStore implements TokenStore {
  readonly tokens = new Map<string, StoredToken>()

  async get(id: string): Promise<StoredToken | undefined> {
    return this.tokens.get(id)
  }

  async set(id: string, token: StoredToken): Promise<void> {
    this.tokens.set(id, token)
  }

  async delete(id: string): Promise<void> {
    this.tokens.delete(id)
  }
}

describe('zoomServerToServer', () => {
  it('asks Zoom by a form with the account, and names itself by Basic', async () => {
    const { fetch, sent } = recordingFetch()
    await zoomServerToServer({ ...APP, fetch }).getToken()
    expect(sent).toHaveLength(1)
    expect(sent[0]).toMatchObject({
      url: 'https://zoom.us/oauth/token',
      method: 'POST',
      authorization: `Basic ${btoa('client:secret-of-zooms-length')}`,
      body: 'grant_type=account_credentials&account_id=account',
    })
  })

  it('sends its tokens to Zoom’s API and nowhere else, unless told', () => {
    expect(zoomServerToServer(APP).origins).toEqual(['https://api.zoom.us'])
    const origins = ['https://api.zoomgov.example']
    expect(zoomServerToServer({ ...APP, origins }).origins).toEqual(origins)
  })

  it('takes the end that Zoom says, counted from before the request', async () => {
    const clock = new FakeClock()
    const { fetch } = recordingFetch(() => {
      clock.advance(5000)
      return Response.json({ access_token: 'a', token_type: 'bearer', expires_in: 3599 })
    })
    const token = await zoomServerToServer({ ...APP, fetch, clock }).getToken()
    expect(token).toMatchObject({ issuedAt: 1_700_000_000, expiresAt: 1_700_003_599 })
    expect(zoomServerToServer(APP).lifetime).toBe(3600)
  })

  it('takes the secret that is in force from a function', async () => {
    await using sandbox = await startZoomSandbox()
    const source = against(sandbox, { clientSecret: () => sandbox.credentials.clientSecret })
    await source.getToken()
    sandbox.rotateSecret()
    await source.getToken()
    expect(sandbox.issued).toBe(2)
    const broken = against(sandbox, { clientSecret: async () => 'with a space' })
    expect(await failure(() => broken.getToken())).toMatchObject({ option: 'clientSecret' })
  })

  const bad: readonly [string, object, string][] = [
    ['no account', { accountId: undefined }, 'accountId'],
    ['no client', { clientId: undefined }, 'clientId'],
    ['a client with a colon', { clientId: 'a:b' }, 'clientId'],
    ['no secret', { clientSecret: undefined }, 'clientSecret'],
    ['a secret with a line end', { clientSecret: 'secret\n' }, 'clientSecret'],
    ['a secret that is no text', { clientSecret: 5 }, 'clientSecret'],
    ['a token endpoint in the clear', { tokenEndpoint: 'http://zoom.us/oauth' }, 'tokenEndpoint'],
    ['an origin with a path', { origins: ['https://api.zoom.us/v2'] }, 'origins'],
    ['a time limit of nothing', { timeoutMs: 0 }, 'timeoutMs'],
    ['a fetch that is none', { fetch: 1 }, 'fetch'],
    ['an option that does not exist', { accountID: 'a' }, 'accountID'],
  ]
  it.each(bad)('refuses %s when the source is made', (_, options, option) => {
    expect(() => zoomServerToServer({ ...APP, ...options })).toThrow(
      expect.objectContaining({ name: 'OptionError', option }),
    )
  })

  it('has an id that follows everything that changes the token, and shows none of it', () => {
    const { id } = zoomServerToServer(APP)
    expect(zoomServerToServer({ ...APP }).id).toBe(id)
    const others = [
      { accountId: 'other' },
      { clientId: 'other' },
      { clientSecret: 'another-secret-of-that-length' },
      { clientSecret: () => APP.clientSecret },
      { tokenEndpoint: 'https://zoom.example/oauth/token' },
      { origins: ['https://api.zoom.example'] },
    ].map((options) => zoomServerToServer({ ...APP, ...options }).id)
    expect(new Set([id, ...others]).size).toBe(others.length + 1)
    expect([id, ...others].join()).not.toContain(APP.clientSecret)
  })
})

describe('zoomServerToServer says what went wrong', () => {
  it('in Zoom’s words, and that no other try helps', async () => {
    await using sandbox = await startZoomSandbox()
    const client = await failure(() => against(sandbox, { clientSecret: 'wrong' }).getToken())
    expect(client).toMatchObject({ code: 'ERR_MINT_REFUSED', permanent: true })
    expect((client as Error).message).toBe(
      `${sandbox.tokenEndpoint} answered 400 invalid_client: Invalid client_id or client_secret.`,
    )
    const account = await failure(() => against(sandbox, { accountId: 'other' }).getToken())
    expect(account).toMatchObject({ code: 'ERR_MINT_REFUSED', permanent: true })
    expect(sandbox.refusals).toEqual({ 'client-secret': 1, account: 1 })
  })

  it('and when to come back', async () => {
    await using sandbox = await startZoomSandbox()
    sandbox.failNext(1, 429, { retryAfter: 7 })
    sandbox.failNext(2, 503)
    const source = against(sandbox)
    const limited = await failure(() => source.getToken())
    expect(limited).toMatchObject({ permanent: false, retryAfterMs: 7000 })
    expect((limited as Error).message).toContain('maximum per-second rate limit')
    const down = await failure(() => source.getToken())
    expect(down).toMatchObject({ code: 'ERR_MINT_FAILED', permanent: false })
  })

  it.each(['malformed', 'endless', 'cut'] as const)('of a body that is %s', async (spoilage) => {
    await using sandbox = await startZoomSandbox()
    sandbox.spoilNext(2, spoilage)
    const error = await failure(() => against(sandbox).getToken())
    expect(error).toMatchObject({ code: 'ERR_MINT_FAILED', permanent: false })
  })

  it('without the secret or the token in any message', async () => {
    const { fetch } = recordingFetch(({ authorization, body }) =>
      Response.json(
        { error: 'invalid_client', reason: `${authorization} ${body} ${APP.clientSecret}` },
        { status: 400 },
      ),
    )
    const error = await failure(() => zoomServerToServer({ ...APP, fetch }).getToken())
    const seen = inspect(error, { depth: 9 })
    expect(seen).not.toContain(APP.clientSecret)
    expect(seen).not.toContain(btoa(`${APP.clientId}:${APP.clientSecret}`))
  })

  it('of a redirect, which the secret does not follow', async () => {
    await using sandbox = await startZoomSandbox()
    await using elsewhere = await startZoomSandbox()
    sandbox.redirect('/oauth/token', elsewhere.tokenEndpoint, 307)
    const error = await failure(() => against(sandbox).getToken())
    expect(error).toMatchObject({ code: 'ERR_MINT_FAILED' })
    expect(elsewhere.requests).toBe(0)
  })
})

describe('zoomServerToServer in a TokenManager', () => {
  it('asks once for 50 callers, and once more when their token is displaced', async () => {
    await using sandbox = await startZoomSandbox()
    const fetch = bearerFetch(new TokenManager(against(sandbox)))
    const statuses = async () => {
      const one = async () => (await fetch(`${sandbox.origin}/v2/users/me`)).status
      return new Set(await Promise.all(Array.from({ length: 50 }, one)))
    }
    expect(await statuses()).toEqual(new Set([200]))
    expect(sandbox.issued).toBe(1)
    await against(sandbox).getToken()
    expect(await statuses()).toEqual(new Set([200]))
    expect(sandbox.issued).toBe(3)
    expect(sandbox.refusals).toEqual({ 'token-displaced': 50 })
  })

  it('sends a POST again after code 124, and only once', async () => {
    await using sandbox = await startZoomSandbox()
    const fetch = bearerFetch(new TokenManager(against(sandbox)))
    const post = () =>
      fetch(`${sandbox.origin}/v2/users/me/meetings`, { method: 'POST', body: '{}' })
    expect((await post()).status).toBe(201)
    sandbox.revokeTokensSeen()
    expect((await post()).status).toBe(201)
    sandbox.failNext(2, 401, { path: '/v2/users/me/meetings' })
    const refused = await post()
    expect(refused.status).toBe(401)
    expect(await refused.json()).toMatchObject({ code: 124 })
    const list = await (await fetch(`${sandbox.origin}/v2/users/me/meetings`)).json()
    expect(list).toMatchObject({ total_records: 2 })
  })

  it('shares one token between processes by a store, and follows it when it is replaced', async () => {
    const clock = new FakeClock()
    await using sandbox = await startZoomSandbox({ clock })
    const store = new SharedStore()
    const processes = [1, 2, 3].map(() => {
      const manager = new TokenManager(against(sandbox, { clock }), { clock, store })
      const fetch = bearerFetch(manager, { clock })
      return async () => {
        const { status } = await fetch(`${sandbox.origin}/v2/users/me`)
        await settle()
        return status
      }
    })
    const round = async () => {
      for (const call of processes) expect(await call()).toBe(200)
    }
    await round()
    expect(sandbox.issued).toBe(1)
    // Another program gets a token with the same app: everybody's token has ended.
    await against(sandbox, { clock }).getToken()
    await round()
    expect(sandbox.issued).toBe(3)
    expect(sandbox.refusals).toEqual({ 'token-displaced': 3 })
    // Three hours: each new token ends the others', and nobody begins a quarrel.
    sandbox.resetCounts()
    for (let minute = 0; minute < 180; minute += 5) {
      await round()
      clock.advanceSeconds(300)
    }
    expect(sandbox.issued).toBeLessThanOrEqual(3 + 4)
    expect(sandbox.refused).toBeLessThanOrEqual(2 * 4)
  })

  it('never goes back to an older token, since that has ended', async () => {
    await using sandbox = await startZoomSandbox()
    const manager = new TokenManager(against(sandbox))
    const fetch = bearerFetch(manager)
    const call = async () => (await fetch(`${sandbox.origin}/v2/users/me`)).status
    expect(await call()).toBe(200)
    await manager.getToken({ forceRefresh: true })
    // Another program's token ends the new one before its first use.
    await against(sandbox).getToken()
    expect(await call()).toBe(200)
    expect(sandbox.refusals).toEqual({ 'token-displaced': 1 })
  })

  it.each([400, 403])(
    'takes the code 124 for a refusal with the status %i, too',
    async (status) => {
      await using sandbox = await startZoomSandbox()
      const manager = new TokenManager(against(sandbox))
      const answers = [
        Response.json({ code: 124, message: 'Invalid access token.' }, { status }),
        Response.json({ code: 4711, message: 'Invalid access token, no scopes.' }, { status }),
        Response.json({ code: 124 }, { status }),
        new Response('124', { status }),
      ]
      const fetch = bearerFetch(manager, { fetch: async () => answers.shift() ?? new Response() })
      const codes = [
        await fetch(sandbox.origin),
        await fetch(sandbox.origin),
        await fetch(sandbox.origin),
      ]
      expect(codes.map((answer) => answer.status)).toEqual([status, status, 200])
      expect(sandbox.issued).toBe(3)
    },
  )
})
