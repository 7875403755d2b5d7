import { inspect } from 'node:util'
import { TokenManager } from '@mayfly/core'
import { jwtSource, type ZoomMeetingSdkOptions, zoomMeetingSdk } from '@mayfly/core/vendors'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { verifiedToken, verifyHmac } from '../../support/hmac-tokens.ts'

const SECRET = 'your-256-bit-secret'
const NATIVE = { clientId: 'abc123', clientSecret: SECRET } as const
const WEB = { ...NATIVE, meetingNumber: '123456789', role: 'participant' } as const

/** V-ZM-2, from the README of Zoom's own sample. */
const VECTOR =
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzZGtLZXkiOiJhYmMxMjMiLCJtbiI6IjEyMzQ1Njc4OSIsInJvbGUiOjAsImlhdCI6MTY0NjkzNzU1MywiZXhwIjoxNjQ2OTQ0NzUzLCJhcHBLZXkiOiJhYmMxMjMiLCJ0b2tlbkV4cCI6MTY0Njk0NDc1M30.UcWxbWY-y22wFarBBc9i3lGQuZAsuUpl8GRR8wUah2M'
const VECTOR_CLOCK = new FakeClock((1_646_937_553 + 30) * 1000)

const NOW = 1_700_000_000

function source(options: object = {}, base: object = WEB) {
  const all: unknown = { clock: new FakeClock(), ...base, ...options }
  return zoomMeetingSdk(all as ZoomMeetingSdkOptions)
}

async function claimsOf(options: object = {}, base: object = WEB) {
  return (await verifiedToken(source(options, base), SECRET)).claims
}

describe('zoomMeetingSdk', () => {
  it('makes the claims of Zoom’s sample token (V-ZM-2)', async () => {
    const { claims, header } = verifyHmac(VECTOR, SECRET)
    const ours = await verifiedToken(source({ clock: VECTOR_CLOCK }), SECRET)
    expect(ours.claims).toEqual(claims)
    expect(ours.header).toEqual(header)
  })

  it('leaves Zoom’s sample token (V-ZM-2) to be made to the letter by jwtSource', async () => {
    const { value } = await jwtSource({
      algorithm: 'HS256',
      key: { secret: new TextEncoder().encode(SECRET) },
      allowShortSecret: true,
      claims: ({ issuedAt, expiresAt }) => ({
        sdkKey: 'abc123',
        mn: '123456789',
        role: 0,
        iat: issuedAt,
        exp: expiresAt,
        appKey: 'abc123',
        tokenExp: expiresAt,
      }),
      lifetime: 7200,
      backdate: 30,
      origins: [],
      clock: VECTOR_CLOCK,
    }).getToken()
    expect(value).toBe(VECTOR)
  })

  it('puts every claim in Zoom’s order, the caller’s own behind them', async () => {
    const claims = await claimsOf({
      claims: { note: 'ours' },
      videoWebRtcMode: 1,
      tokenLifetime: 3600,
      role: 'host',
      tokenId: () => 'id-1',
    })
    expect(Object.entries(claims)).toEqual([
      ['appKey', 'abc123'],
      ['sdkKey', 'abc123'],
      ['mn', '123456789'],
      ['role', 1],
      ['iat', NOW - 30],
      ['exp', NOW - 30 + 7200],
      ['tokenExp', NOW - 30 + 3600],
      ['video_webrtc_mode', 1],
      ['note', 'ours'],
      ['jti', 'id-1'],
    ])
  })

  it('makes the token of a native client without a meeting and a role', async () => {
    const claims = await claimsOf({}, NATIVE)
    expect(Object.keys(claims)).toEqual(['appKey', 'sdkKey', 'iat', 'exp', 'tokenExp'])
    expect(claims['tokenExp']).toBe(claims['exp'])
  })

  it('names no origin: its tokens go to an SDK', async () => {
    expect(source().origins).toEqual([])
    expect((await source().getToken()).origins).toEqual([])
    expect(source()).toMatchObject({ lifetime: 7170, maxLifetime: 172_800 })
  })

  it('ends its tokens by tokenExp where that is earlier', async () => {
    const clock = new FakeClock()
    const short = source({ clock, tokenLifetime: 1800 })
    const token = await short.getToken()
    expect(token).toMatchObject({ issuedAt: NOW - 30, expiresAt: NOW - 30 + 1800, origins: [] })
    expect(short).toMatchObject({ lifetime: 1770, maxLifetime: 172_800 })
    const manager = new TokenManager(short, { clock })
    const first = await manager.getToken()
    clock.advanceSeconds(1771)
    expect((await manager.getToken()).value).not.toBe(first.value)
  })

  it('ends its tokens by exp where tokenExp is later', async () => {
    const token = await source({ lifetime: 1800, tokenLifetime: 172_800 }).getToken()
    expect(token.expiresAt).toBe(NOW - 30 + 1800)
  })

  it.each([
    ['1800 seconds on the web', { lifetime: 1800 }, 'exp', NOW - 30 + 1800],
    ['a tokenExp of 1800 on the web', { tokenLifetime: 1800 }, 'tokenExp', NOW - 30 + 1800],
    ['172 800 seconds', { lifetime: 172_800 }, 'exp', NOW - 30 + 172_800],
    ['a tokenExp of 172 800', { tokenLifetime: 172_800 }, 'tokenExp', NOW - 30 + 172_800],
    ['a number of 11 digits', { meetingNumber: '85746065432' }, 'mn', '85746065432'],
    ['digits that begin with 0', { meetingNumber: '012' }, 'mn', '012'],
    ['no WebRTC', { videoWebRtcMode: 0 }, 'video_webrtc_mode', 0],
  ])('takes %s', async (_, options, claim, value) => {
    expect((await claimsOf(options))[claim]).toBe(value)
  })

  it.each([
    ['1801 seconds', { lifetime: 1801 }, 'exp', NOW - 30 + 1801],
    ['a tokenExp of 1801', { tokenLifetime: 1801 }, 'tokenExp', NOW - 30 + 1801],
    ['172 800 seconds', { lifetime: 172_800 }, 'tokenExp', NOW - 30 + 172_800],
  ])('takes %s in native clients', async (_, options, claim, value) => {
    expect((await claimsOf(options, NATIVE))[claim]).toBe(value)
  })

  it.each([
    ['exactly 1800 seconds', { lifetime: 1800 }, 'lifetime'],
    ['a tokenExp of exactly 1800', { tokenLifetime: 1800 }, 'tokenLifetime'],
    ['1799 seconds', { lifetime: 1799 }, 'lifetime'],
    ['a meeting without a role', { meetingNumber: '123' }, 'role'],
    ['a role without a meeting', { role: 'host' }, 'meetingNumber'],
  ])('refuses %s in native clients', (_, options, option) => {
    expect(() => source(options, NATIVE)).toThrow(
      expect.objectContaining({ name: 'OptionError', option }),
    )
  })

  it.each([
    ['no client id', { clientId: undefined }, 'clientId'],
    ['no secret', { clientSecret: undefined }, 'clientSecret'],
    ['an empty secret', { clientSecret: '' }, 'clientSecret'],
    ['a secret with a space in front', { clientSecret: ` ${SECRET}` }, 'clientSecret'],
    ['a meeting number that is a number', { meetingNumber: 123_456_789 }, 'meetingNumber'],
    ['a meeting number with spaces', { meetingNumber: '857 4606 5432' }, 'meetingNumber'],
    ['an empty meeting number', { meetingNumber: '' }, 'meetingNumber'],
    ['digits that are not ASCII', { meetingNumber: '١٢٣' }, 'meetingNumber'],
    ['a role that is a number', { role: 0 }, 'role'],
    ['one second less than 30 minutes', { lifetime: 1799 }, 'lifetime'],
    ['one second more than 48 hours', { lifetime: 172_801 }, 'lifetime'],
    ['a tokenExp before 30 minutes', { tokenLifetime: 1799 }, 'tokenLifetime'],
    ['a tokenExp after 48 hours', { tokenLifetime: 172_801 }, 'tokenLifetime'],
    ['a tokenExp in milliseconds', { tokenLifetime: 7_200_000_000_000 }, 'tokenLifetime'],
    ['milliseconds', { lifetime: 7_200_000_000_000 }, 'lifetime'],
    ['a backdate as long as the lifetime', { lifetime: 1800, backdate: 1800 }, 'backdate'],
    ['WebRTC 2', { videoWebRtcMode: 2 }, 'videoWebRtcMode'],
    ['a claim that replaces Zoom’s', { claims: { mn: '1' } }, 'claims'],
    ['a claim that replaces a date', { claims: { tokenExp: 1 } }, 'claims'],
    ['a fixed token id', { tokenId: 'same' }, 'tokenId'],
    ['an origin with a path', { origins: ['https://example.com/v1'] }, 'origins'],
  ])('refuses %s when the source is made', (_, options, option) => {
    expect(() => source(options)).toThrow(expect.objectContaining({ name: 'OptionError', option }))
  })

  it('names the nearest option for a misspelt one', () => {
    expect(() => source({ meetingNumer: '1' })).toThrow('Did you mean "meetingNumber"?')
  })

  it('shows no secret in inspect, JSON or its id', () => {
    const seen = inspect(source({ tokenLifetime: 1800 }), { depth: 10, showHidden: true })
    expect(seen + JSON.stringify(source())).not.toContain(SECRET)
  })
})
