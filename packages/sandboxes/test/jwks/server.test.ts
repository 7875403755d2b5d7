import { OptionError } from '@mayfly/core'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { FakeClock } from '@mayfly/testing'
import { startJwksServer } from '@mayfly/sandboxes'

async function json(url: string): Promise<unknown> {
  return (await fetch(url)).json()
}

describe('startJwksServer', () => {
  it('publishes the key of its tokens, as another library sees it', async () => {
    await using server = await startJwksServer({ audience: 'api', algorithm: 'RS256' })
    const keys = createRemoteJWKSet(new URL(server.jwksUri))
    const { payload, protectedHeader } = await jwtVerify(server.mint(), keys, {
      issuer: server.issuer,
      audience: 'api',
    })
    expect(payload.iss).toBe(server.origin)
    expect(protectedHeader).toMatchObject({ alg: 'RS256', kid: server.keyIds[0] })
    expect(server.keyRequests).toBe(1)
  })

  it('dates its tokens by its own clock', async () => {
    const clock = new FakeClock()
    await using server = await startJwksServer({ clock, clockOffsetMs: 60_000 })
    const [, payload = ''] = server.mint().split('.')
    const { iat } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { iat: number }
    expect(iat).toBe(1_700_000_060)
  })

  it('signs with a new key, publishes the older ones, and takes them out', async () => {
    await using server = await startJwksServer()
    const [old = ''] = server.keyIds
    const next = server.rotate()
    expect(server.keyIds).toEqual([next, old])
    expect(await json(server.jwksUri)).toEqual(server.jwks)
    expect(server.jwks.keys.map(({ kid }) => kid)).toEqual([next, old])
    server.removeKey()
    expect(server.keyIds).toEqual([next])
    server.removeKey(next)
    expect(await json(server.jwksUri)).toEqual({ keys: [] })
    expect(() => server.mint()).toThrow(OptionError)
    expect(() => server.removeKey(next)).toThrow(OptionError)
  })

  it.each([
    ['oauth', '', '/.well-known/oauth-authorization-server'],
    ['oauth', '/tenant', '/.well-known/oauth-authorization-server/tenant'],
    ['openid', '', '/.well-known/openid-configuration'],
    ['openid', '/tenant', '/tenant/.well-known/openid-configuration'],
    ['openid', '/tenant/', '/tenant/.well-known/openid-configuration'],
  ] as const)('publishes metadata by %s of an issuer at "%s"', async (metadata, path, place) => {
    await using server = await startJwksServer({ metadata, path })
    expect(server.issuer).toBe(server.origin + path)
    expect(await json(server.origin + place)).toEqual({
      issuer: server.issuer,
      jwks_uri: server.jwksUri,
    })
    server.changeMetadata({ issuer: 'https://other.example', jwks_uri: undefined })
    expect(await json(server.origin + place)).toEqual({ issuer: 'https://other.example' })
    expect(server.metadataRequests).toBe(2)
  })

  it('publishes no metadata where it is told so', async () => {
    await using server = await startJwksServer({ metadata: 'none' })
    const place = `${server.origin}/.well-known/oauth-authorization-server`
    expect((await fetch(place)).status).toBe(404)
  })

  it('answers for the key set with something else', async () => {
    await using server = await startJwksServer()
    server.setKeyHeaders({ 'cache-control': 'max-age=60' })
    expect((await fetch(server.jwksUri)).headers.get('cache-control')).toBe('max-age=60')
    server.answerKeysWith('no-content')
    expect((await fetch(server.jwksUri)).status).toBe(204)
    server.answerKeysWith('html')
    const page = await fetch(server.jwksUri)
    expect(page.headers.get('content-type')).toBe('text/html')
    expect(await page.text()).toContain('<title>')
    server.answerKeysWith('huge')
    expect((await (await fetch(server.jwksUri)).text()).length).toBeGreaterThan(2_000_000)
    server.answerKeysWith({ status: 200, body: { keys: 'none' } })
    expect(await json(server.jwksUri)).toEqual({ keys: 'none' })
    server.answerKeysWith(undefined)
    expect(await json(server.jwksUri)).toEqual(server.jwks)
    expect(server.keyRequests).toBe(6)
  })

  it('counts the requests for keys that failed because a test wanted it', async () => {
    await using server = await startJwksServer()
    server.failNext(1, 500)
    expect((await fetch(server.jwksUri)).status).toBe(500)
    expect(server.keyRequests).toBe(1)
  })

  it.each([{ path: 'tenant' }, { path: '/a?b' }, { jwksUri: '/keys' }])(
    'refuses %o',
    async (options) => {
      await expect(startJwksServer(options)).rejects.toThrow(OptionError)
    },
  )
})
