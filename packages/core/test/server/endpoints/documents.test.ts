import {
  KeyRing,
  type ResourceMetadataOptions,
  resourceMetadataUrl,
  TokenIssuer,
} from '@mayfly/core'
import { jwksEndpoint, resourceMetadataEndpoint } from '@mayfly/core/adapter'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { ISSUER } from '../../support/inbound.ts'
import { received } from '../../support/requests.ts'

const GET = received({ url: '/.well-known/jwks.json' })

function asking(...tags: readonly string[]): typeof GET {
  return received({ fields: tags.map((tag) => ['If-None-Match', tag] as const) })
}

describe('The JWKS endpoint', () => {
  it('publishes the public keys with a short life in caches', async () => {
    const issuer = new TokenIssuer({ issuer: ISSUER })
    const { status, headers, body } = await jwksEndpoint(issuer)(GET)
    expect(status).toBe(200)
    expect(headers).toMatchObject({
      'cache-control': 'public, max-age=60',
      'content-type': 'application/json',
    })
    expect(JSON.parse(body)).toEqual(await issuer.jwks())
    expect(body).not.toContain('"d"')
  })

  it('answers 304 to a client that has the set, and the new set after a rotation', async () => {
    const ring = await KeyRing.create({ clock: new FakeClock() })
    const endpoint = jwksEndpoint(ring, { maxAge: 0 })
    const { headers } = await endpoint(GET)
    const etag = headers['etag'] ?? ''
    expect(etag).toMatch(/^"[\w-]{43}"$/)

    const known = { status: 304, body: '', headers: { etag, 'cache-control': 'public, max-age=0' } }
    expect(await endpoint(asking(etag))).toEqual(known)
    expect(await endpoint(asking(`W/${etag}`))).toEqual(known)
    expect(await endpoint(asking(`"old", ${etag}`))).toEqual(known)
    expect(await endpoint(asking('"old"', etag))).toEqual(known)
    expect(await endpoint(asking('*'))).toEqual(known)

    await ring.rotate()
    const renewed = await endpoint(asking(etag))
    expect(renewed.status).toBe(200)
    expect(renewed.headers['etag']).not.toBe(etag)
  })

  it.each(['"old"', '', 'old', '"'])('answers 200 to the tag %j', async (tag) => {
    const endpoint = jwksEndpoint(await KeyRing.create())
    expect(await endpoint(asking(tag))).toHaveProperty('status', 200)
  })

  it('answers HEAD as GET, and 405 to everything else', async () => {
    const endpoint = jwksEndpoint(await KeyRing.create())
    expect(await endpoint(received({ method: 'HEAD' }))).toEqual(await endpoint(GET))
    const { status, headers } = await endpoint(received({ method: 'POST' }))
    expect([status, headers['allow']]).toEqual([405, 'GET, HEAD'])
  })

  it('refuses what is no issuer, and options that cannot be', async () => {
    const ring = await KeyRing.create()
    expect(() => jwksEndpoint({} as KeyRing)).toThrow(/TokenIssuer or a KeyRing/)
    expect(() => jwksEndpoint(ring, { maxAge: 1.5 })).toThrow(/whole number of seconds/)
    expect(() => jwksEndpoint(ring, { maxage: 1 } as object)).toThrow(/Did you mean "maxAge"/)
  })
})

describe('The resource metadata endpoint', () => {
  const resource = 'https://api.example.com/orders'

  async function documentOf(options: ResourceMetadataOptions): Promise<unknown> {
    const { body } = await resourceMetadataEndpoint(options)(GET)
    return JSON.parse(body)
  }

  it('publishes the members of RFC 9728 by their names on the wire', async () => {
    const options = {
      resource,
      authorizationServers: ['https://auth.example.com'],
      jwksUri: 'https://api.example.com/jwks.json',
      scopesSupported: ['orders:read'],
      bearerMethodsSupported: ['header', 'query'] as const,
      resourceName: 'Orders',
      resourceDocumentation: 'https://docs.example.com',
      resourcePolicyUri: 'https://example.com/policy',
      resourceTosUri: 'https://example.com/terms',
      dpopSigningAlgValuesSupported: ['ES256', 'EdDSA'],
      dpopBoundAccessTokensRequired: false,
      members: { 'resource_name#de': 'Bestellungen', signed_metadata: 'a.b.c' },
    }
    expect(await documentOf(options)).toEqual({
      resource,
      authorization_servers: ['https://auth.example.com'],
      jwks_uri: 'https://api.example.com/jwks.json',
      scopes_supported: ['orders:read'],
      bearer_methods_supported: ['header', 'query'],
      resource_name: 'Orders',
      resource_documentation: 'https://docs.example.com',
      resource_policy_uri: 'https://example.com/policy',
      resource_tos_uri: 'https://example.com/terms',
      'resource_name#de': 'Bestellungen',
      dpop_signing_alg_values_supported: ['ES256', 'EdDSA'],
      dpop_bound_access_tokens_required: false,
      signed_metadata: 'a.b.c',
    })
  })

  it('leaves out what it was not told, and lists without elements', async () => {
    const document = await documentOf({ resource, authorizationServers: [], scopesSupported: [] })
    expect(document).toEqual({ resource, bearer_methods_supported: ['header'] })
  })

  it('does not change when the options are changed afterwards', async () => {
    const scopesSupported = ['orders:read']
    const endpoint = resourceMetadataEndpoint({ resource, scopesSupported })
    scopesSupported.push('orders:write')
    expect(JSON.parse((await endpoint(GET)).body)).toHaveProperty('scopes_supported', [
      'orders:read',
    ])
  })

  it.each<[option: string, options: object]>([
    ['resource', {}],
    ['resource', { resource: 'api.example.com' }],
    ['resource', { resource: 'http://api.example.com' }],
    ['resource', { resource: `${resource}#part` }],
    ['authorizationServers', { resource, authorizationServers: ['http://auth.example.com'] }],
    ['scopesSupported', { resource, scopesSupported: 'orders:read' }],
    ['jwksUri', { resource, jwksUri: '/jwks.json' }],
    ['members', { resource, members: { jwks_uri: 'https://example.com' } }],
    ['maxAge', { resource, maxAge: Number.NaN }],
    ['scopeSupported', { resource, scopeSupported: [] }],
  ])('refuses an unsound "%s"', (option, options) => {
    const make = (): unknown => resourceMetadataEndpoint(options as ResourceMetadataOptions)
    expect(make).toThrow(expect.objectContaining({ name: 'OptionError', option }))
  })

  it.each([
    ['https://example.com', 'https://example.com/.well-known/oauth-protected-resource'],
    ['https://example.com/', 'https://example.com/.well-known/oauth-protected-resource'],
    ['https://example.com/a/b', 'https://example.com/.well-known/oauth-protected-resource/a/b'],
    ['https://example.com/a/', 'https://example.com/.well-known/oauth-protected-resource/a/'],
    ['https://example.com/?k=1', 'https://example.com/.well-known/oauth-protected-resource?k=1'],
    ['http://localhost:8080', 'http://localhost:8080/.well-known/oauth-protected-resource'],
  ])('has its place for %s', (identifier, url) => {
    expect(resourceMetadataUrl(identifier)).toBe(url)
  })
})
