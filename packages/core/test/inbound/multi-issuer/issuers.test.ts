import { authenticate, MultiIssuerVerifier, originBinding } from '@mayfly/core'
import { startJwksServer } from '@mayfly/sandboxes'
import { createTestIssuer, FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { AUDIENCE, failure } from '../../support/inbound.ts'
import { bearing } from '../../support/requests.ts'
import { twoIssuers } from './two-issuers.ts'

describe('A verifier of several issuers', () => {
  it('judges each token by its own issuer’s keys, algorithms and audience', async () => {
    await using bench = await twoIssuers()
    const { staff, partner, verifier } = bench
    const aud = (audience: string): object => ({ claims: { aud: audience } })
    expect((await verifier.verify(staff.mint())).claims.iss).toBe(staff.issuer)
    expect((await verifier.verify(partner.mint())).claims.iss).toBe(partner.issuer)
    for (const token of [staff.mint(aud('partner-api')), partner.mint(aud(AUDIENCE))]) {
      expect(await failure(() => verifier.verify(token))).toMatchObject({ code: 'ERR_AUDIENCE' })
    }
    await using rsa = await startJwksServer({ clock: bench.clock, algorithm: 'RS256' })
    staff.answerKeysWith({ status: 200, body: rsa.jwks })
    const token = rsa.mint({ claims: { iss: staff.issuer, aud: AUDIENCE } })
    expect(await failure(() => verifier.verify(token))).toMatchObject({
      code: 'ERR_TOKEN_ALGORITHM',
    })
  })

  it('knows a token that it has accepted, and judges it anew all the same', async () => {
    await using bench = await twoIssuers()
    const { clock, staff, verifier, events } = bench
    const token = staff.mint()
    await verifier.verify(token)
    await verifier.verify(token)
    expect(events.filter(({ type }) => type === 'verify')).toEqual([
      { type: 'verify', cached: false, durationMs: 0 },
      { type: 'verify', cached: true, durationMs: 0 },
    ])
    clock.advanceSeconds(305)
    expect(await failure(() => verifier.verify(token))).toMatchObject({ code: 'ERR_TOKEN_EXPIRED' })
  })

  it('lets an issuer that is down take only its own tokens with it', async () => {
    await using bench = await twoIssuers()
    const { staff, partner, verifier } = bench
    partner.down()
    expect(await failure(() => verifier.warmUp())).toMatchObject({ code: 'ERR_KEYS_FETCH' })
    await verifier.verify(staff.mint())
    expect(await failure(() => verifier.verify(partner.mint()))).toMatchObject({ status: 503 })
    expect(verifier.health()).toMatchObject({
      ready: true,
      keys: [
        { from: staff.issuer, state: 'fresh' },
        { from: partner.jwksUri, state: 'empty', lastFailure: 'ERR_KEYS_FETCH' },
      ],
    })
  })

  it('is not ready before any of them has keys', async () => {
    await using bench = await twoIssuers()
    expect(bench.verifier.health().ready).toBe(false)
    await bench.verifier.warmUp()
    expect(bench.verifier.health().ready).toBe(true)
    expect([bench.staff.keyRequests, bench.partner.keyRequests]).toEqual([1, 1])
  })

  it('takes several names of one issuer', async () => {
    const clock = new FakeClock()
    const audience = AUDIENCE
    const [short, long] = ['accounts.example', 'https://accounts.example']
    const issuer = createTestIssuer({ issuer: long, audience, clock })
    const issuers = [{ issuer: [short, long], keys: issuer.keys }]
    const verifier = new MultiIssuerVerifier({ audience, issuers, clock })
    await verifier.verify(issuer.mint())
    await verifier.verify(issuer.mint({ claims: { iss: short } }))
  })

  it('stands behind a guard, and answers vary with the origin if any issuer binds to origins', async () => {
    await using bench = await twoIssuers()
    const { clock, staff, partner, verifier } = bench
    expect(verifier.checksOrigin).toBe(false)
    const bound = new MultiIssuerVerifier({
      audience: null,
      clock,
      issuers: [
        { issuer: staff.issuer, keys: staff.jwks, algorithms: ['ES256'] },
        {
          issuer: partner.issuer,
          keys: partner.jwks,
          algorithms: ['RS256'],
          origin: originBinding({ claim: 'origins' }),
        },
      ],
    })
    const origin = ['origin', 'https://evil.example'] as const
    const claims = { origins: ['https://app.example.com'] }
    const fromPartner = bearing(partner.mint({ claims }), origin)
    expect(await authenticate(bound, fromPartner)).toMatchObject({
      ok: false,
      error: { reason: 'origin_mismatch', headers: { vary: 'Origin' } },
    })
    const fromStaff = await authenticate(bound, bearing(staff.mint(), origin))
    expect(fromStaff).toMatchObject({ ok: true, headers: { vary: 'Origin' } })
  })
})
