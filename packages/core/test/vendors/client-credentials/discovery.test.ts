import { clientCredentials } from '@mayfly/core/vendors'
import { type SandboxEvent, startOAuthSandbox } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { failure } from '../../support/inbound.ts'
import { type RecordingFetch, recordingFetch, TOKEN } from '../../support/recording-fetch.ts'

const CLIENT = { clientId: 'me', clientSecret: 'secret' }

function answering(bodies: Readonly<Record<string, object>>): RecordingFetch {
  return recordingFetch(({ url }) => {
    const body = bodies[url]
    return body === undefined ? new Response('', { status: 404 }) : Response.json(body)
  })
}

describe('clientCredentials with an issuer', () => {
  for (const metadata of ['oauth', 'openid'] as const) {
    it(`finds the token endpoint in the ${metadata} metadata, and asks for it once an hour`, async () => {
      const clock = new FakeClock()
      await using sandbox = await startOAuthSandbox({ metadata, clock })
      const { issuer, credentials } = sandbox
      const paths: string[] = []
      sandbox.onEvent(({ path, status }: SandboxEvent) => status === 200 && paths.push(path))
      const source = clientCredentials({ issuer, ...credentials, clock })
      await source.getToken()
      clock.advanceSeconds(3599)
      await source.getToken()
      clock.advanceSeconds(1)
      await source.getToken()
      const place = metadata === 'oauth' ? 'oauth-authorization-server' : 'openid-configuration'
      const known = `/.well-known/${place}`
      expect(paths).toEqual([known, '/token', '/token', known, '/token'])
    })
  }

  it('goes on with what it knows when the metadata cannot be had again', async () => {
    const clock = new FakeClock()
    await using sandbox = await startOAuthSandbox({ clock })
    const source = clientCredentials({ issuer: sandbox.issuer, ...sandbox.credentials, clock })
    await source.getToken()
    clock.advanceSeconds(3600)
    sandbox.failNext(1, 500, { path: '/.well-known/oauth-authorization-server' })
    await source.getToken()
    expect(sandbox.grants).toHaveLength(2)
  })

  it('sends the secret in the form where the server takes it no other way', async () => {
    await using sandbox = await startOAuthSandbox({ methods: ['client_secret_post'] })
    const { issuer, credentials } = sandbox
    await clientCredentials({ issuer, ...credentials }).getToken()
    const basic = { issuer, ...credentials, authentication: 'client_secret_basic' } as const
    expect(await failure(() => clientCredentials(basic).getToken())).toMatchObject({
      permanent: true,
    })
    expect(sandbox.refusals).toEqual({ 'method-not-offered': 1 })
  })

  it('looks where both standards say, for an issuer with a path', async () => {
    const issuer = 'https://auth.example/tenants/a'
    const openid = `${issuer}/.well-known/openid-configuration`
    const token_endpoint = 'https://tokens.example/a'
    const { fetch, sent } = answering({
      [openid]: { issuer, token_endpoint },
      [token_endpoint]: TOKEN,
    })
    await clientCredentials({ issuer, ...CLIENT, fetch }).getToken()
    expect(sent.map(({ url }) => url)).toEqual([
      'https://auth.example/.well-known/oauth-authorization-server/tenants/a',
      openid,
      token_endpoint,
    ])
  })

  const place = 'https://auth.example/.well-known/oauth-authorization-server'
  const issuer = 'https://auth.example'
  const wrong: readonly [string, object, RegExp][] = [
    ['of another issuer', { issuer: 'https://evil.example' }, /speaks for another issuer/],
    ['that differs by a slash', { issuer: `${issuer}/` }, /Only the slash at the end differs/],
    ['without a token endpoint', { issuer }, /names no token endpoint/],
    [
      'with one in the clear',
      { issuer, token_endpoint: 'http://auth.example/t' },
      /no token endpoint/,
    ],
    ['with one that is no URL', { issuer, token_endpoint: 7 }, /names no token endpoint/],
  ]
  for (const [what, metadata, message] of wrong) {
    it(`sends no credentials after a document ${what}`, async () => {
      const { fetch, sent } = answering({ [place]: metadata })
      const error = await failure(() => clientCredentials({ issuer, ...CLIENT, fetch }).getToken())
      expect(error).toMatchObject({ code: 'ERR_MINT_FAILED' })
      expect((error as Error).message).toMatch(message)
      expect(sent.map(({ url }) => url)).toEqual([place])
    })
  }

  it('names both places when neither has a document', async () => {
    const { fetch } = answering({})
    const error = await failure(() => clientCredentials({ issuer, ...CLIENT, fetch }).getToken())
    expect((error as Error).message).toContain(`${place} answered 404`)
    expect((error as Error).message).toContain('openid-configuration answered 404')
  })
})
