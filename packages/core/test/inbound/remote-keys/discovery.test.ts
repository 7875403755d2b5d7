import { setImmediate } from 'node:timers/promises'
import { RemoteKeys, TokenVerifier } from '@mayfly/core'
import { type JwksServer, type JwksServerOptions, startJwksServer } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { metadataUrls } from '../../../src/http/server-metadata.ts'
import { AUDIENCE, failure } from '../../support/inbound.ts'
import { lasting } from '../../support/remote.ts'

interface Discovered extends AsyncDisposable {
  readonly clock: FakeClock
  readonly server: JwksServer
  readonly verifier: TokenVerifier
}

async function discovered(
  options: JwksServerOptions = {},
  spell: (issuer: string) => string = (issuer) => issuer,
): Promise<Discovered> {
  const clock = new FakeClock()
  const server = await startJwksServer({ clock, audience: AUDIENCE, ...options })
  const issuer = spell(server.issuer)
  const keys = { issuer }
  const verifier = new TokenVerifier({ issuer, audience: AUDIENCE, keys, clock })
  return { clock, server, verifier, [Symbol.asyncDispose]: () => server.close() }
}

describe('The metadata of an issuer is at', () => {
  it.each([
    [
      'https://a.example',
      'https://a.example/.well-known/oauth-authorization-server',
      'https://a.example/.well-known/openid-configuration',
    ],
    [
      'https://a.example/',
      'https://a.example/.well-known/oauth-authorization-server',
      'https://a.example/.well-known/openid-configuration',
    ],
    [
      'https://a.example:8443/t/1',
      'https://a.example:8443/.well-known/oauth-authorization-server/t/1',
      'https://a.example:8443/t/1/.well-known/openid-configuration',
    ],
    [
      'https://a.example//evil.example',
      'https://a.example/.well-known/oauth-authorization-server//evil.example',
      'https://a.example//evil.example/.well-known/openid-configuration',
    ],
  ])('the well-known places of %s', (issuer, ...places) => {
    expect(metadataUrls(new URL(issuer)).map(({ href }) => href)).toEqual(places)
  })
})

describe('Keys of an issuer', () => {
  it.each([
    { metadata: 'oauth', path: '' },
    { metadata: 'oauth', path: '/tenant' },
    { metadata: 'openid', path: '' },
    { metadata: 'openid', path: '/tenant/' },
  ] as const)('are found by %o', async (options) => {
    await using bench = await discovered(options)
    const { server, verifier } = bench
    const tokens = [1, 2, 3].map(() => verifier.verify(lasting(server)))
    await Promise.all(tokens)
    expect(server.keyRequests).toBe(1)
    expect(server.metadataRequests).toBe(options.metadata === 'oauth' ? 1 : 2)
    expect(verifier.health().keys[0]).toMatchObject({ from: server.issuer })
  })

  it('are found by the second document where the first is nonsense', async () => {
    await using bench = await discovered({ metadata: 'openid' })
    const { server, verifier } = bench
    server.failNext(1, 500, { path: '/.well-known/oauth-authorization-server' })
    await verifier.verify(lasting(server))
  })

  it('are fetched from where they were found, until the day is over', async () => {
    await using bench = await discovered()
    const { clock, server, verifier } = bench
    const token = lasting(server)
    for (let hour = 0; hour < 24; hour++) {
      await verifier.verify(token)
      clock.advance(3_600_000)
    }
    expect([server.keyRequests, server.metadataRequests]).toEqual([24, 1])
    await verifier.verify(token)
    expect([server.keyRequests, server.metadataRequests]).toEqual([25, 2])
  })

  it('are looked for again when they are no longer there', async () => {
    await using bench = await discovered()
    const { clock, server, verifier } = bench
    await using moved = await startJwksServer({ clock })
    const token = lasting(server)
    await verifier.verify(token)
    server.answerKeysWith({ status: 404 })
    moved.answerKeysWith({ status: 200, body: server.jwks })
    server.changeMetadata({ jwks_uri: moved.jwksUri })
    clock.advance(600_000)
    await verifier.verify(token)
    clock.advance(1000)
    await verifier.warmUp()
    expect([server.keyRequests, moved.keyRequests]).toEqual([2, 1])
  })

  it('are fetched from where they were while the metadata alone is down', async () => {
    await using bench = await discovered()
    const { clock, server, verifier } = bench
    const token = lasting(server)
    await verifier.verify(token)
    server.failNext(100, 500, { path: '/.well-known/oauth-authorization-server' })
    clock.advance(86_400_000)
    await verifier.verify(token)
    expect(server.keyRequests).toBe(2)
    expect(verifier.health().keys[0]).toMatchObject({ state: 'fresh', failures: 0 })
  })

  it('are not fetched any more when the metadata has become another issuer’s', async () => {
    await using bench = await discovered()
    const { clock, server, verifier } = bench
    await verifier.warmUp()
    server.changeMetadata({ issuer: 'https://evil.example' })
    clock.advance(86_400_000)
    await verifier.verify(lasting(server))
    expect(verifier.health().keys[0]).toMatchObject({ lastFailure: 'ERR_KEYS_ISSUER' })
    expect(server.keyRequests).toBe(1)
  })

  it('come within one time limit, the metadata included', async () => {
    await using bench = await discovered()
    const { clock, server, verifier } = bench
    const late = new Promise<void>((resolve) => {
      server.beforeAnswer = async ({ path }) => {
        if (path.includes('oauth-authorization-server')) return clock.advance(3000)
        if (path.includes('openid-configuration')) return undefined
        resolve()
        return new Promise(() => {})
      }
    })
    const failed = failure(() => verifier.warmUp())
    await late
    clock.advance(2000)
    expect(await failed).toMatchObject({ code: 'ERR_KEYS_TIMEOUT' })
  })
})

describe('Metadata may be', () => {
  it('behind a redirect, but the keys may not', async () => {
    await using bench = await discovered()
    const { server, verifier } = bench
    await using other = await startJwksServer({ clock: bench.clock })
    const place = '/.well-known/oauth-authorization-server'
    server.redirect(place, other.origin + place)
    other.changeMetadata({ issuer: server.issuer, jwks_uri: server.jwksUri })
    await verifier.verify(lasting(server))
    server.redirect('/keys.json', other.jwksUri)
    expect(await failure(() => verifier.reload())).toMatchObject({ code: 'ERR_KEYS_FETCH' })
    expect(other.keyRequests).toBe(0)
  })

  it.each<[string, (bench: Discovered) => void]>([
    [
      'never answers',
      ({ server, clock }) => {
        server.beforeAnswer = ({ path }) => {
          if (!path.includes('oauth-authorization-server')) return undefined
          queueMicrotask(() => clock.advance(1250))
          return new Promise<void>(() => {})
        }
      },
    ],
    ['breaks off', ({ server }) => server.spoilNext(1, 'malformed')],
    ['answers with an error', ({ server }) => server.failNext(1, 500)],
    [
      'redirects in a circle',
      ({ server }) =>
        server.redirect(
          '/.well-known/oauth-authorization-server',
          '/.well-known/oauth-authorization-server',
        ),
    ],
  ])('at the second place alone, where the first one %s', async (_, spoil) => {
    await using bench = await discovered({ metadata: 'openid' })
    spoil(bench)
    await bench.verifier.verify(lasting(bench.server))
  })

  it('written with null members, and with members of no concern named twice', async () => {
    const asked: string[] = []
    await using bench = await discovered()
    const { server } = bench
    const { issuer, jwksUri } = server
    const keys = new RemoteKeys({
      issuer,
      fetch: (input) => {
        const { url } = new Request(input)
        asked.push(url)
        const known = `"issuer":${JSON.stringify(issuer)},"jwks_uri":${JSON.stringify(jwksUri)}`
        const metadata = `{"a":null,"claims":[],"claims":["x"],${known}}`
        const set = `{"x":1,"x":2,"keys":${JSON.stringify(server.jwks.keys)}}`
        return Promise.resolve(new Response(url === jwksUri ? set : metadata))
      },
    })
    await keys.warmUp()
    expect(asked).toHaveLength(2)
  })
})

describe('The time limit', () => {
  it('ends the search, even where fetch does not heed it', async () => {
    const clock = new FakeClock()
    const asked: string[] = []
    let fail: (error: Error) => void = () => {}
    const keys = new RemoteKeys({
      issuer: 'https://issuer.example',
      clock,
      fetch: (input) => {
        asked.push(new Request(input).url)
        return new Promise((_, reject) => (fail = reject))
      },
    })
    const failed = failure(() => keys.warmUp())
    clock.advance(5000)
    expect(await failed).toMatchObject({ code: 'ERR_KEYS_TIMEOUT' })
    fail(new Error('too late'))
    await setImmediate()
    expect(asked).toHaveLength(1)
  })
})

describe('Metadata is refused', () => {
  const refusals: readonly (readonly [string, Record<string, unknown>, string, RegExp])[] = [
    ['of another issuer', { issuer: 'https://evil.example' }, 'ERR_KEYS_ISSUER', /another issuer/],
    ['of no issuer', { issuer: undefined }, 'ERR_KEYS_ISSUER', /another issuer/],
    ['of a list of issuers', { issuer: [] }, 'ERR_KEYS_ISSUER', /another issuer/],
    ['without jwks_uri', { jwks_uri: undefined }, 'ERR_KEYS_FORMAT', /no "jwks_uri"/],
    ['with a jwks_uri in the clear', { jwks_uri: 'http://a.example/' }, 'ERR_KEYS_FORMAT', /https/],
    ['with a relative jwks_uri', { jwks_uri: '/keys.json' }, 'ERR_KEYS_FORMAT', /no "jwks_uri"/],
    ['with a jwks_uri of data', { jwks_uri: 'data:,{}' }, 'ERR_KEYS_FORMAT', /no "jwks_uri"/],
    ['with a jwks_uri that is no text', { jwks_uri: 7 }, 'ERR_KEYS_FORMAT', /no "jwks_uri"/],
    ['with credentials', { jwks_uri: 'https://a:b@c.example' }, 'ERR_KEYS_FORMAT', /no "jwks_uri"/],
  ]
  it.each(refusals)('%s', async (_, changes, code, says) => {
    await using bench = await discovered()
    const { server, verifier } = bench
    server.changeMetadata(changes)
    const error = await failure(() => verifier.warmUp())
    expect(error).toMatchObject({ code, message: expect.stringMatching(says) as string })
    expect(server.keyRequests).toBe(0)
    expect(await failure(() => verifier.verify(server.mint()))).toMatchObject({ status: 503 })
  })

  it('of an issuer whose name goes on where this one ends', async () => {
    await using bench = await discovered()
    for (const end of ['.evil.example', '/tenant', '?', ' ']) {
      bench.server.changeMetadata({ issuer: bench.server.issuer + end })
      const error = await failure(() => bench.verifier.warmUp())
      expect(error).toMatchObject({ code: 'ERR_KEYS_ISSUER' })
      bench.clock.advance(60_000)
    }
  })

  it('by a server that wants to be left alone, which it is', async () => {
    await using bench = await discovered({ metadata: 'openid' })
    const { server, verifier } = bench
    server.failNext(2, 429, { retryAfter: 90 })
    await failure(() => verifier.warmUp())
    expect(verifier.health().keys[0]).toMatchObject({ retryInMs: 90_000 })
  })

  it('that differs by a slash, and the message says so', async () => {
    await using bench = await discovered({ path: '/tenant' }, (issuer) => `${issuer}/`)
    const error = await failure(() => bench.verifier.warmUp())
    expect(error).toMatchObject({ code: 'ERR_KEYS_ISSUER' })
    expect((error as Error).message).toContain('Only the slash at the end differs')
  })

  it('that is nowhere, and the message says where it was looked for', async () => {
    await using bench = await discovered({ metadata: 'none', path: '/tenant' })
    const { server, verifier } = bench
    const error = await failure(() => verifier.warmUp())
    expect(error).toMatchObject({ code: 'ERR_KEYS_FETCH', cause: expect.any(AggregateError) })
    const { message } = error as Error
    expect(message).toContain(
      `${server.origin}/.well-known/oauth-authorization-server/tenant answered 404.`,
    )
    expect(message).toContain(
      `${server.origin}/tenant/.well-known/openid-configuration answered 404.`,
    )
  })

  it('that redirects to plain http, in a circle, or to nowhere', async () => {
    const place = '/.well-known/oauth-authorization-server'
    for (const target of [
      'http://idp.example/metadata',
      place,
      '',
      'https://user:pw@idp.example/',
    ]) {
      await using bench = await discovered()
      const { server, verifier } = bench
      server.redirect(place, target)
      expect(await failure(() => verifier.warmUp())).toMatchObject({ code: 'ERR_KEYS_FETCH' })
    }
  })

  it('by which an issuer on the network names an address on this machine', async () => {
    const asked: string[] = []
    const issuer = 'https://issuer.example'
    const jwks_uri = 'http://127.0.0.1:6379/'
    const verifier = new TokenVerifier({
      issuer,
      audience: null,
      keys: {
        issuer,
        fetch: async (input) => {
          asked.push(new Request(input).url)
          return Response.json({ issuer, jwks_uri })
        },
      },
    })
    expect(await failure(() => verifier.warmUp())).toMatchObject({ code: 'ERR_KEYS_FORMAT' })
    expect(asked.every((url) => url.startsWith(`${issuer}/.well-known/`))).toBe(true)
  })
})
