import { inspect } from 'node:util'
import { bearerFetch, TokenManager } from '@mayfly/core'
import { clientCredentials, type ClientCredentialsOptions } from '@mayfly/core/vendors'
import { startOAuthSandbox } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { failure } from '../../support/inbound.ts'
import { recordingFetch } from '../../support/recording-fetch.ts'

describe('clientCredentials', () => {
  it('gives a token that the API takes, with the end that the server said', async () => {
    const clock = new FakeClock()
    await using sandbox = await startOAuthSandbox({ clock, expiresIn: 600 })
    const { tokenEndpoint, credentials, origin } = sandbox
    const source = clientCredentials({ tokenEndpoint, ...credentials, origins: [origin], clock })
    const token = await source.getToken()
    expect(token).toMatchObject({
      issuedAt: 1_700_000_000,
      expiresAt: 1_700_000_600,
      origins: [origin],
    })
    const response = await bearerFetch(source, { clock })(`${origin}/orders`)
    expect(response.status).toBe(200)
  })

  it('authenticates by Basic, in the form, or by an assertion, and each gets a token', async () => {
    await using sandbox = await startOAuthSandbox()
    const { tokenEndpoint, issuer, credentials, keyCredentials } = sandbox
    const ways: ClientCredentialsOptions[] = [
      { tokenEndpoint, ...credentials },
      { tokenEndpoint, ...credentials, authentication: 'client_secret_post' },
      { tokenEndpoint, ...keyCredentials },
      { issuer, ...keyCredentials },
      { tokenEndpoint, ...keyCredentials, assertion: { audience: issuer } },
    ]
    for (const options of ways) await clientCredentials(options).getToken()
    expect(sandbox.grants).toHaveLength(ways.length)
    expect(sandbox.refused).toBe(0)
  })

  it('asks for scope, audience and resources as they were given', async () => {
    await using sandbox = await startOAuthSandbox()
    const { tokenEndpoint, credentials } = sandbox
    const resource = ['https://a.example/x', 'https://b.example/']
    const source = clientCredentials({
      tokenEndpoint,
      ...credentials,
      scope: ['read', 'write'],
      audience: 'urn:orders',
      resource,
    })
    await source.getToken()
    expect(sandbox.grants).toEqual([
      { clientId: credentials.clientId, scope: 'read write', audience: 'urn:orders', resource },
    ])
    expect(source.origins).toEqual(['https://a.example', 'https://b.example'])
  })

  it('has its tokens go nowhere when neither origins nor a resource on the web is named', () => {
    const base = { tokenEndpoint: 'https://auth.example/token', clientId: 'a', clientSecret: 'b' }
    expect(clientCredentials(base).origins).toEqual([])
    expect(clientCredentials({ ...base, resource: 'urn:orders' }).origins).toEqual([])
    expect(clientCredentials({ ...base, resource: 'http://api.example' }).origins).toEqual([])
  })

  it('takes the secret that is in force from a function', async () => {
    await using sandbox = await startOAuthSandbox()
    const { tokenEndpoint, credentials } = sandbox
    let clientSecret = 'old'
    const { clientId } = credentials
    const options = { tokenEndpoint, clientId, clientSecret: async () => clientSecret }
    const source = clientCredentials(options)
    expect(await failure(() => source.getToken())).toMatchObject({ permanent: true })
    clientSecret = credentials.clientSecret
    expect((await source.getToken()).value).toMatch(/^sandbox_/)
  })

  it('takes the key from a callback', async () => {
    await using sandbox = await startOAuthSandbox()
    const { keyCredentials, tokenEndpoint } = sandbox
    const privateKey = () => keyCredentials.privateKey
    await clientCredentials({ ...keyCredentials, tokenEndpoint, privateKey }).getToken()
    expect(sandbox.accepted).toBe(1)
  })

  it('uses no assertion twice', async () => {
    await using sandbox = await startOAuthSandbox()
    const { keyCredentials, tokenEndpoint } = sandbox
    const source = clientCredentials({ ...keyCredentials, tokenEndpoint })
    await Promise.all(Array.from({ length: 10 }, () => source.getToken()))
    expect(sandbox.refusals).toEqual({})
    expect(sandbox.grants).toHaveLength(10)
  })

  for (const offsetMs of [-7_200_000, -50_000, 50_000, 7_200_000]) {
    it(`authenticates by an assertion though the local clock is ${-offsetMs} ms off`, async () => {
      const clock = new FakeClock()
      await using sandbox = await startOAuthSandbox({ clock, clockOffsetMs: offsetMs })
      const { keyCredentials, tokenEndpoint } = sandbox
      const source = clientCredentials({ ...keyCredentials, tokenEndpoint, clock })
      await source.getToken()
      await source.getToken()
      expect(sandbox.refused).toBeLessThanOrEqual(1)
    })
  }

  it('lives by the default lifetime only where the server does not say', async () => {
    const clock = new FakeClock()
    const answers = [{ access_token: 'a' }, { access_token: 'a', expires_in: '90' }]
    const fetch = async () => Response.json(answers.shift())
    const base = { tokenEndpoint: 'https://auth.example/token', clientId: 'a', clientSecret: 'b' }
    const source = clientCredentials({ ...base, defaultLifetime: 300, fetch, clock })
    expect((await source.getToken()).expiresAt).toBe(1_700_000_300)
    expect((await source.getToken()).expiresAt).toBe(1_700_000_090)
    const strict = clientCredentials({
      ...base,
      fetch: async () => Response.json({ access_token: 'a' }),
    })
    const error = await failure(() => strict.getToken())
    expect(error).toMatchObject({ code: 'ERR_TOKEN_UNUSABLE' })
    expect((error as Error).message).toContain('"defaultLifetime"')
  })
})

describe('clientCredentials says what went wrong', () => {
  it('and that no other try helps when the client is refused', async () => {
    await using sandbox = await startOAuthSandbox()
    const { tokenEndpoint, credentials } = sandbox
    const source = clientCredentials({ tokenEndpoint, ...credentials, scope: 'admin' })
    const scope = await failure(() => source.getToken())
    expect(scope).toMatchObject({ code: 'ERR_MINT_REFUSED', permanent: true })
    expect((scope as Error).message).toBe(
      `${tokenEndpoint} answered 400 invalid_scope: The requested scope is unknown.`,
    )
    sandbox.revokeClient()
    const client = await failure(() => source.getToken())
    expect(client).toMatchObject({ code: 'ERR_MINT_REFUSED', permanent: true })
    expect((client as Error).message).toContain('401 invalid_client')
  })

  it('and when to come back', async () => {
    await using sandbox = await startOAuthSandbox()
    const source = clientCredentials({
      tokenEndpoint: sandbox.tokenEndpoint,
      ...sandbox.credentials,
    })
    sandbox.failNext(1, 503, { retryAfter: 30 })
    sandbox.failNext(1, 429, { retryAfter: 7 })
    const busy = { permanent: false, retryAfterMs: 30_000, code: 'ERR_MINT_FAILED' }
    expect(await failure(() => source.getToken())).toMatchObject(busy)
    const limited = { permanent: false, retryAfterMs: 7000, code: 'ERR_MINT_REFUSED' }
    expect(await failure(() => source.getToken())).toMatchObject(limited)
  })

  for (const spoilage of ['malformed', 'endless', 'cut'] as const) {
    it(`of an answer whose body is ${spoilage}`, async () => {
      await using sandbox = await startOAuthSandbox()
      const { tokenEndpoint, credentials } = sandbox
      sandbox.spoilNext(2, spoilage)
      const source = clientCredentials({ tokenEndpoint, ...credentials })
      const error = await failure(() => source.getToken())
      expect(error).toMatchObject({ code: 'ERR_MINT_FAILED', permanent: false })
    })
  }

  it('without the secret, the assertion or the token in any message', async () => {
    const { fetch, sent, last } = recordingFetch(({ body, form, authorization }) => {
      const error_description = `You sent ${body}, ${form.get('client_secret')} ${authorization}`
      return Response.json({ error: 'invalid_client', error_description }, { status: 401 })
    })
    const base = { tokenEndpoint: 'https://auth.example/token', clientId: 'me', fetch }
    const clientSecret = 'pass word+?'
    await using sandbox = await startOAuthSandbox()
    const { privateKey } = sandbox.keyCredentials
    for (const options of [
      { ...base, clientSecret },
      { ...base, clientSecret, authentication: 'client_secret_post' } as const,
      { ...base, privateKey },
    ]) {
      const error = await failure(() => clientCredentials(options).getToken())
      const shown = inspect(error, { depth: 9 }) + (error as Error).message
      expect(shown).not.toContain(clientSecret)
      expect(shown).not.toContain(btoa('me:pass+word%2B%3F'))
      expect(shown).not.toContain('pass+word')
      const assertion = last().form.get('client_assertion')
      for (const part of assertion?.split('.') ?? []) expect(shown).not.toContain(part)
    }
    expect(sent).toHaveLength(3)
  })
})

describe('clientCredentials in a TokenManager', () => {
  it('asks once for 50 callers, and once more when their token is refused', async () => {
    await using sandbox = await startOAuthSandbox()
    const { issuer, credentials, origin } = sandbox
    const manager = new TokenManager(
      clientCredentials({ issuer, ...credentials, origins: [origin] }),
    )
    const fetch = bearerFetch(manager)
    const statuses = async () => {
      const calls = Array.from({ length: 50 }, async () => (await fetch(`${origin}/orders`)).status)
      return new Set(await Promise.all(calls))
    }
    expect(await statuses()).toEqual(new Set([200]))
    expect(sandbox.grants).toHaveLength(1)
    sandbox.revokeTokensSeen()
    expect(await statuses()).toEqual(new Set([200]))
    expect(sandbox.grants).toHaveLength(2)
  })

  it('follows a server that ends the older token when it gives a newer one', async () => {
    await using sandbox = await startOAuthSandbox({ oneTokenPerClient: true })
    const { issuer, credentials, origin } = sandbox
    const options = { issuer, ...credentials, origins: [origin] }
    const fetch = bearerFetch(new TokenManager(clientCredentials(options)))
    expect((await fetch(origin)).status).toBe(200)
    await clientCredentials(options).getToken()
    expect((await fetch(origin)).status).toBe(200)
    expect(sandbox.refusals).toEqual({ 'token-displaced': 1 })
  })
})
