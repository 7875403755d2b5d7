import { weatherKit } from '@mayfly/core/vendors'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { expectDistinctIds, itRefuses, mint, NOW, TEAM } from './tokens.ts'

const serviceId = 'com.example.weather'

function make(options: object = {}): ReturnType<typeof weatherKit> {
  return weatherKit({ ...TEAM, serviceId, clock: new FakeClock(), ...options })
}

describe('weatherKit', () => {
  it('makes tokens with iss, iat, exp and sub and nothing else, and an id in the header', async () => {
    const { header, payload } = await mint(make())
    const id = 'DEF123GHIJ.com.example.weather'
    expect(header).toEqual({ alg: 'ES256', typ: 'JWT', kid: TEAM.keyId, id })
    expect(Object.entries(payload)).toEqual([
      ['iss', TEAM.teamId],
      ['iat', NOW - 60],
      ['exp', NOW + 3540],
      ['sub', serviceId],
    ])
  })

  it('takes a lifetime of any length, as Apple states no limit', async () => {
    const { payload } = await mint(make({ lifetime: 31_536_000 }))
    expect(payload['exp']).toBe(NOW - 60 + 31_536_000)
  })

  it('sends its tokens to WeatherKit', () => {
    expect(make().origins).toEqual(['https://weatherkit.apple.com'])
  })

  it('has an id that follows everything that changes the token', () => {
    expectDistinctIds(make, [{}, { teamId: 'X' }, { serviceId: 'x' }, { lifetime: 60 }])
  })

  itRefuses(make, [
    ['no team', { teamId: undefined }, 'teamId'],
    ['no service', { serviceId: undefined }, 'serviceId'],
    ['further claims', { claims: { aud: 'x' } }, 'claims'],
    ['token ids', { tokenId: () => 'x' }, 'tokenId'],
    ['milliseconds', { lifetime: 3_600_000_000_000 }, 'lifetime'],
    ['no time at all', { lifetime: 0 }, 'lifetime'],
  ])
})
