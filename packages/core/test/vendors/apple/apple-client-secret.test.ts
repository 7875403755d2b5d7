import { bearerFetch } from '@mayfly/core'
import { appleClientSecret } from '@mayfly/core/vendors'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { expectDistinctIds, itRefuses, mint, NOW, TEAM } from './tokens.ts'

const clientId = 'com.example.web'

function make(options: object = {}): ReturnType<typeof appleClientSecret> {
  const all = { ...TEAM, clientId, clock: new FakeClock(), ...options }
  return appleClientSecret(all)
}

describe('appleClientSecret', () => {
  it('makes client secrets for an hour', async () => {
    const { header, payload } = await mint(make())
    expect(header).toEqual({ alg: 'ES256', kid: TEAM.keyId, typ: 'JWT' })
    expect(Object.entries(payload)).toEqual([
      ['iss', TEAM.teamId],
      ['iat', NOW - 60],
      ['exp', NOW + 3540],
      ['aud', 'https://appleid.apple.com'],
      ['sub', clientId],
    ])
  })

  it('ends no secret later than six months from now', async () => {
    for (const backdate of [0, 60]) {
      const { expiresAt } = await make({ lifetime: 15_777_000, backdate }).getToken()
      expect(expiresAt).toBe(NOW + 15_777_000 - backdate)
    }
    expect(() => make({ lifetime: 15_777_001 })).toThrow(/six months \(15777000\)/)
  })

  it('sends its secrets nowhere as a bearer token: they belong into a form', async () => {
    expect(make().origins).toEqual([])
    await expect(bearerFetch(make())('https://appleid.apple.com')).rejects.toMatchObject({
      code: 'ERR_FOREIGN_ORIGIN',
    })
  })

  it('has an id that follows everything that changes the token', () => {
    expectDistinctIds(make, [{}, { teamId: 'X' }, { clientId: 'x' }, { lifetime: 60 }])
  })

  itRefuses(make, [
    ['no team', { teamId: undefined }, 'teamId'],
    ['no client', { clientId: undefined }, 'clientId'],
    ['a claim that replaces the audience', { claims: { aud: 'x' } }, 'claims'],
    ['milliseconds', { lifetime: 1e12 }, 'lifetime'],
    ['part of a second', { lifetime: 0.5 }, 'lifetime'],
  ])
})
