import { type IntrospectionOptions, MultiIssuerVerifier, TokenIntrospection } from '@mayfly/core'
import { FakeClock } from '@mayfly/testing'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { AUDIENCE, bench, failure, GOOD_CLAIMS, ISSUER, NOW } from '../../support/inbound.ts'

const TOKEN = 'an-opaque-token'
const GOOD = { active: true, ...GOOD_CLAIMS, scope: 'read', token_type: 'Bearer' }
const endpoint = 'https://auth.example.com/introspect'

interface Asked {
  readonly authorization: string | null
  readonly body: URLSearchParams
}

/** An endpoint that answers as it is told, and a verifier that asks it. */
async function asking(
  answer: () => unknown,
  options: Partial<IntrospectionOptions> = {},
  verifying = {},
) {
  const clock = new FakeClock()
  const asked: Asked[] = []
  const introspection = new TokenIntrospection({
    endpoint,
    clientId: 'the api',
    clientSecret: 'p:w%d',
    clock,
    fetch: async (input, init) => {
      const request = new Request(input, init)
      asked.push({
        authorization: request.headers.get('authorization'),
        body: new URLSearchParams(await request.text()),
      })
      const found = await answer()
      return found instanceof Response ? found : Response.json(found)
    },
    ...options,
  })
  const { verifier, sign } = await bench({ clock, introspection, ...verifying })
  return { clock, asked, verifier, sign, introspection }
}

describe('An opaque token', () => {
  it('is asked about, by whoever the API is, and gives what was answered', async () => {
    const { verifier, asked } = await asking(() => GOOD)
    const { claims, scopes, protectedHeader } = await verifier.verify(TOKEN)
    expect([claims.sub, scopes, protectedHeader]).toEqual(['alice', ['read'], {}])
    expect(asked[0]?.authorization).toBe(`Basic ${btoa('the+api:p%3Aw%25d')}`)
    expect(Object.fromEntries(asked[0]?.body ?? [])).toEqual({
      token: TOKEN,
      token_type_hint: 'access_token',
    })
  })

  it('is asked about once for all who come at once, and again after 30 s', async () => {
    const { verifier, asked, clock } = await asking(() => GOOD)
    await Promise.all(Array.from({ length: 50 }, () => verifier.verify(TOKEN)))
    clock.advance(29_999)
    await verifier.verify(TOKEN)
    expect(asked).toHaveLength(1)
    clock.advance(1)
    await verifier.verify(TOKEN)
    expect(asked).toHaveLength(2)
  })

  it('that was revoked is noticed after 30 s, and what is inactive is never kept', async () => {
    let active = true
    const { verifier, asked, clock } = await asking(() => ({ ...GOOD, active }))
    await verifier.verify(TOKEN)
    active = false
    await verifier.verify(TOKEN)
    clock.advance(30_000)
    for (const _ of [1, 2]) {
      expect(await failure(() => verifier.verify(TOKEN))).toMatchObject({
        status: 401,
        reason: 'token_inactive',
      })
    }
    expect(asked).toHaveLength(3)
  })

  it('is never taken past its exp, whatever is kept', async () => {
    const { verifier, asked, clock } = await asking(
      () => ({ ...GOOD, exp: NOW + 10 }),
      {},
      { clockTolerance: 0 },
    )
    await verifier.verify(TOKEN)
    clock.advanceSeconds(10)
    expect(await failure(() => verifier.verify(TOKEN))).toMatchObject({ reason: 'token_expired' })
    expect(asked).toHaveLength(2)
  })

  it.each([
    ['issuer_mismatch', { iss: 'https://evil.example' }],
    ['claim_missing', { iss: undefined }],
    ['audience_mismatch', { aud: 'other' }],
    ['token_expired', { exp: NOW - 60 }],
    ['claim_invalid', { exp: String(NOW + 60) }],
    ['claim_missing', { exp: undefined }],
    ['claim_invalid', { scope: 7 }],
    ['claim_invalid', { tenant: 2 ** 60 }],
    ['key_unproven', { cnf: { jkt: 'A'.repeat(43) } }],
    ['key_unproven', { cnf: { kid: 'k' } }],
    ['type_mismatch', { token_type: 'refresh_token' }],
    ['type_mismatch', { typ: 'Refresh' }],
    ['type_mismatch', { token_use: 'id' }],
  ])('is judged by the same rules as a JWT: %s for %o', async (reason, claims) => {
    const { verifier } = await asking(() => ({ ...GOOD, ...claims }))
    for (const _ of ['new', 'kept']) {
      expect(await failure(() => verifier.verify(TOKEN))).toMatchObject({ status: 401, reason })
    }
  })

  it('is asked about state as well, by its jti', async () => {
    const { verifier } = await asking(
      () => GOOD,
      {},
      { revocations: { isRevoked: (id: string) => id === 'token-1' } },
    )
    expect(await failure(() => verifier.verify(TOKEN))).toMatchObject({ reason: 'token_revoked' })
  })

  it.each([
    ['an error', () => new Response('', { status: 500 })],
    ['that it does not know this API', () => new Response('{}', { status: 401 })],
    ['a page', () => new Response('<html>')],
    ['no "active"', () => ({ ...GOOD, active: undefined })],
    ['an "active" that is text', () => ({ ...GOOD, active: 'true' })],
    ['"active" twice', () => new Response('{"active":false,"active":true}')],
    ['a redirect', () => Response.redirect('https://evil.example/')],
    ['too much', () => ({ ...GOOD, more: 'x'.repeat(70_000) })],
    [
      'nothing',
      () => {
        throw new Error('down')
      },
    ],
  ])('is 503 where the endpoint answers with %s, and nothing of it shows', async (_, answer) => {
    const { verifier } = await asking(answer)
    const error = await failure(() => verifier.verify(TOKEN))
    expect(error).toMatchObject({
      status: 503,
      reason: 'introspection_unavailable',
      headers: { 'retry-after': '5' },
    })
    expect(inspect(error, { depth: 5 })).not.toMatch(/opaque-token|p:w%d/)
  })

  it('is 503 where the endpoint never answers, or is asked about too much at once', async () => {
    const { verifier, clock } = await asking(() => new Promise(() => {}), { maxCalls: 2 })
    const waiting = ['a', 'b'].map((token) => failure(() => verifier.verify(token)))
    await new Promise(setImmediate)
    const busy = { status: 503, reason: 'introspection_unavailable' }
    expect(await failure(() => verifier.verify('c'))).toMatchObject(busy)
    clock.advance(5000)
    for (const error of await Promise.all(waiting)) expect(error).toMatchObject(busy)
  })

  it('is a JWT where it looks like one, and those are never asked about', async () => {
    const { verifier, asked, sign } = await asking(() => GOOD)
    await verifier.verify(await sign())
    const forged = `${(await sign()).slice(0, -4)}AAAA`
    expect(await failure(() => verifier.verify(forged))).toMatchObject({
      reason: 'signature_invalid',
    })
    expect(asked).toHaveLength(0)
    expect(await failure(() => verifier.verify('x'.repeat(20_000)))).toMatchObject({
      reason: 'token_malformed',
    })
    expect(asked).toHaveLength(0)
  })

  it('is refused where nobody is to be asked', async () => {
    const { verifier } = await bench()
    expect(await failure(() => verifier.verify(TOKEN))).toMatchObject({ reason: 'token_malformed' })
  })
})

describe('An introspection cannot be made', () => {
  const named = { endpoint, clientId: 'a', clientSecret: 'b' }
  it.each([
    ['endpoint', { ...named, endpoint: 'http://auth.example.com/' }],
    ['endpoint', { clientId: 'a', clientSecret: 'b' }],
    ['clientId', { endpoint }],
    ['clientId', { endpoint, clientId: 'a' }],
    ['authorization', { ...named, authorization: () => 'x' }],
    ['cacheMaxAgeMs', { ...named, cacheMaxAgeMs: 60_000 }],
    ['maxCalls', { ...named, maxCalls: 0 }],
    ['clientID', { ...named, clientID: 'a' }],
  ])('with the wrong %s', (option, options) => {
    expect(() => new TokenIntrospection(options as IntrospectionOptions)).toThrow(
      expect.objectContaining({ name: 'OptionError', option }) as object,
    )
  })

  it('for several issuers, nor be something else', async () => {
    const introspection = new TokenIntrospection(named)
    const keys = { issuer: ISSUER }
    const issuers = [{ issuer: ISSUER, keys, audience: AUDIENCE }]
    const several = { issuers, introspection } as never
    const inside = { issuers: [{ ...issuers[0], introspection }] } as never
    for (const options of [several, inside]) {
      expect(() => new MultiIssuerVerifier(options)).toThrow(/introspection/)
    }
    expect(await failure(() => bench({ introspection: {} as never }))).toMatchObject({
      option: 'introspection',
    })
  })
})
