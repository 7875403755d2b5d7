import { generateKeyPairSync } from 'node:crypto'
import { TokenManager } from '@mayfly/core'
import { apns } from '@mayfly/core/vendors'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { expectDistinctIds, itRefuses, mint, NOW, TEAM } from './tokens.ts'

function make(options: object = {}): ReturnType<typeof apns> {
  return apns({ ...TEAM, clock: new FakeClock(), ...options })
}

function managed(options: object = {}) {
  const clock = new FakeClock()
  const manager = new TokenManager(make({ clock, ...options }), { clock, random: () => 0 })
  const after = async (seconds: number, forceRefresh = false): Promise<number> => {
    clock.advanceSeconds(seconds)
    await manager.getToken({ forceRefresh })
    return manager.stats().mints
  }
  return { clock, manager, after }
}

describe('apns', () => {
  it('makes tokens with iss and iat and nothing else', async () => {
    const { header, payload } = await mint(make())
    expect(header).toEqual({ alg: 'ES256', kid: TEAM.keyId, typ: 'JWT' })
    expect(Object.entries(payload)).toEqual([
      ['iss', TEAM.teamId],
      ['iat', NOW - 600],
    ])
  })

  it('ends its tokens an hour after iat, although they do not say so', async () => {
    expect(await make().getToken()).toMatchObject({ issuedAt: NOW - 600, expiresAt: NOW + 3000 })
  })

  it.each([
    [{}, ['https://api.push.apple.com', 'https://api.sandbox.push.apple.com']],
    [{ environment: 'production' }, ['https://api.push.apple.com']],
    [{ environment: 'sandbox' }, ['https://api.sandbox.push.apple.com']],
    [{ origins: ['https://push.example'] }, ['https://push.example']],
  ])('sends its tokens, by %o, to %s alone', (options, origins) => {
    expect(make(options).origins).toEqual(origins)
  })

  it('has an id that goes by the team, whatever the key', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    expect(make({ keyId: 'OTHER', privateKey }).id).toBe(make().id)
    expectDistinctIds(make, [
      {},
      { teamId: 'OTHER' },
      { environment: 'production' },
      { lifetime: 3000 },
      { backdate: 0 },
    ])
    expect(make().id).not.toContain(TEAM.teamId)
  })

  it.each([
    [403, '{"reason":"ExpiredProviderToken"}', true],
    [403, '{"reason":"InvalidProviderToken"}', false],
    [403, '{"reason":["ExpiredProviderToken"]}', false],
    [403, 'ExpiredProviderToken', false],
    [403, '', false],
    [400, '{"reason":"ExpiredProviderToken"}', false],
    [429, '{"reason":"TooManyProviderTokenUpdates"}', false],
  ])('says of %i %s whether it refuses the token: %s', (status, body, refuses) => {
    expect(make().isRefusal?.({ status, body, headers: new Headers() })).toBe(refuses)
  })

  itRefuses(make, [
    ['no team', { teamId: undefined }, 'teamId'],
    ['another environment', { environment: 'development' }, 'environment'],
    ['further claims', { claims: { aud: 'x' } }, 'claims'],
    ['no further claims, in so many words', { claims: {} }, 'claims'],
    ['token ids', { tokenId: () => 'x' }, 'tokenId'],
    ['more than an hour', { lifetime: 3601 }, 'lifetime'],
    ['milliseconds', { lifetime: 3_600_000_000_000 }, 'lifetime'],
    ['a token that ends before another may be had', { lifetime: 1800 }, 'lifetime'],
    ['a backdate that leaves no time', { backdate: 1800 }, 'backdate'],
  ])

  it('takes a lifetime and a backdate that leave a second more than Apple makes one wait', () => {
    expect(make({ lifetime: 1801 }).reuse).toEqual({ maxReuse: 1801, minAge: 1200 })
    expect(make({ lifetime: 1201, backdate: 0 }).reuse).toEqual({ maxReuse: 1201, minAge: 1200 })
    expect(make({ backdate: 1799 }).reuse).toEqual({ maxReuse: 3000, minAge: 1200 })
  })
})

describe('apns in a manager', () => {
  it.each([
    [2969, true],
    [2970, false],
  ])('uses a token again %i seconds after iat: %s', async (seconds, again) => {
    const { clock, manager } = managed({ backdate: 0 })
    const { value } = await manager.getToken()
    clock.advanceSeconds(seconds)
    expect((await manager.getToken()).value === value).toBe(again)
  })

  it('mints no second token within 20 minutes, even when it is forced', async () => {
    const { after } = managed()
    expect([await after(0), await after(1199, true), await after(1, true)]).toEqual([1, 1, 2])
  })

  it('mints no second token within 20 minutes, even when the first was refused', async () => {
    const { manager, after } = managed()
    await after(0)
    manager.invalidate(await manager.getToken())
    expect([await after(1199), await after(1)]).toEqual([1, 2])
  })

  it('goes by the team when its key is exchanged: the new one waits its turn', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    let key: unknown = TEAM.privateKey
    const { after } = managed({ privateKey: () => key })
    await after(0)
    key = privateKey
    expect([await after(1199, true), await after(1, true)]).toEqual([1, 2])
  })
})
