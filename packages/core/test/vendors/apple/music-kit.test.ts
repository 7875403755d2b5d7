import { musicKit } from '@mayfly/core/vendors'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { expectDistinctIds, itRefuses, mint, NOW, TEAM } from './tokens.ts'

function make(options: object = {}): ReturnType<typeof musicKit> {
  return musicKit({ ...TEAM, clock: new FakeClock(), ...options })
}

describe('musicKit', () => {
  it('makes developer tokens for 12 hours', async () => {
    const { header, payload } = await mint(make())
    expect(header).toEqual({ alg: 'ES256', kid: TEAM.keyId, typ: 'JWT' })
    expect(Object.entries(payload)).toEqual([
      ['iss', TEAM.teamId],
      ['iat', NOW - 60],
      ['exp', NOW - 60 + 43_200],
    ])
  })

  it('limits tokens to web origins, of which it keeps a copy', async () => {
    const origin = ['https://example.com', 'http://localhost:3000']
    const source = make({ origin })
    origin.push('https://evil.example')
    const { payload } = await mint(source)
    expect(payload['origin']).toEqual(['https://example.com', 'http://localhost:3000'])
  })

  it('ends no token later than six months from now', async () => {
    for (const backdate of [0, 60]) {
      const { expiresAt } = await make({ lifetime: 15_777_000, backdate }).getToken()
      expect(expiresAt).toBe(NOW + 15_777_000 - backdate)
    }
    expect(() => make({ lifetime: 15_777_001 })).toThrow(/six months \(15777000\)/)
  })

  it('sends its tokens to the Apple Music API', () => {
    expect(make().origins).toEqual(['https://api.music.apple.com'])
  })

  it('has an id that follows everything that changes the token', () => {
    const origin = ['https://example.com']
    expectDistinctIds(make, [{}, { teamId: 'X' }, { origin }, { lifetime: 60 }, { keyId: 'X' }])
  })

  itRefuses(make, [
    ['no team', { teamId: undefined }, 'teamId'],
    ['one origin that is no array', { origin: 'https://example.com' }, 'origin'],
    ['no origins', { origin: [] }, 'origin'],
    ['an origin with a path', { origin: ['https://example.com/'] }, 'origin'],
    ['an origin in upper case', { origin: ['https://Example.com'] }, 'origin'],
    ['an origin with its default port', { origin: ['https://example.com:443'] }, 'origin'],
    ['a host alone', { origin: ['example.com'] }, 'origin'],
    ['a pattern', { origin: ['https://*.example.com'] }, 'origin'],
    ['an origin that no browser has', { origin: ['ftp://example.com'] }, 'origin'],
    ['what is no text', { origin: [1] }, 'origin'],
    ['an origin among the further claims', { claims: { origin: ['x'] } }, 'claims'],
    ['milliseconds', { lifetime: 1e12 }, 'lifetime'],
  ])
})
