import { inspect } from 'node:util'
import { TokenManager, verifyCompact } from '@mayfly/core'
import { jwtSource, type ZoomVideoSdkOptions, zoomVideoSdk } from '@mayfly/core/vendors'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { verifiedToken, verifyHmac } from '../../support/hmac-tokens.ts'

const SECRET = 'your-256-bit-secret'
const SESSION = {
  sdkKey: 'VIDEO_SDK_KEY',
  sdkSecret: SECRET,
  topic: 'Cool Cars',
  role: 'participant',
} as const

/** V-ZM-1, from the README of Zoom's own sample. */
const VECTOR =
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhcHBfa2V5IjoiVklERU9fU0RLX0tFWSIsImlhdCI6MTY0NjI0ODc5NiwiZXhwIjoxNjQ2MjU1OTk2LCJ0cGMiOiJDb29sIENhcnMiLCJ1c2VyX2lkZW50aXR5IjoidXNlcjEyMyIsInNlc3Npb25fa2V5Ijoic2Vzc2lvbjEyMyIsInJvbGVfdHlwZSI6MH0.Y6C65mZUxTZFeGiOI6oW5q2UkIXe3nLTK0MVNkfiJ9c'
const VECTOR_CLOCK = new FakeClock((1_646_248_796 + 30) * 1000)

const NOW = 1_700_000_000
const LONG = 't'.repeat(2048)

async function claimsOf(options: Partial<ZoomVideoSdkOptions> = {}) {
  const source = zoomVideoSdk({ ...SESSION, clock: new FakeClock(), ...options })
  return (await verifiedToken(source, SECRET)).claims
}

describe('zoomVideoSdk', () => {
  it('makes the claims of Zoom’s sample token (V-ZM-1), and the version that it lacks', async () => {
    const { claims: theirs } = verifyHmac(VECTOR, SECRET)
    const ours = await claimsOf({
      userIdentity: 'user123',
      sessionKey: 'session123',
      clock: VECTOR_CLOCK,
    })
    expect(ours).toEqual({ ...theirs, version: 1 })
  })

  it('leaves Zoom’s sample token (V-ZM-1) to be made to the letter by jwtSource', async () => {
    const source = jwtSource({
      algorithm: 'HS256',
      key: { secret: new TextEncoder().encode(SECRET) },
      allowShortSecret: true,
      claims: ({ issuedAt, expiresAt }) => ({
        app_key: 'VIDEO_SDK_KEY',
        iat: issuedAt,
        exp: expiresAt,
        tpc: 'Cool Cars',
        user_identity: 'user123',
        session_key: 'session123',
        role_type: 0,
      }),
      lifetime: 7200,
      backdate: 30,
      origins: [],
      clock: VECTOR_CLOCK,
    })
    expect((await source.getToken()).value).toBe(VECTOR)
  })

  it('is made of parts that verify Zoom’s sample token (V-ZM-1), and no altered one', async () => {
    const key = { secret: new TextEncoder().encode(SECRET) }
    const keys = [{ algorithm: 'HS256', key, allowShortSecret: true }] as const
    const { payload } = await verifyCompact(VECTOR, keys, { algorithms: ['HS256'] })
    expect(JSON.parse(new TextDecoder().decode(payload))).toMatchObject({ tpc: 'Cool Cars' })
    const altered = VECTOR.replace(/c$/, 'g')
    await expect(verifyCompact(altered, keys, { algorithms: ['HS256'] })).rejects.toThrow()
  })

  it('puts every claim in Zoom’s order, the caller’s own behind them', async () => {
    const claims = await claimsOf({
      claims: { note: 'ours' },
      audioWebRtcMode: 1,
      videoWebRtcMode: 0,
      telemetryTrackingId: 'track-1',
      cloudRecordingTranscriptOption: 2,
      cloudRecordingElection: 0,
      cloudRecordingOption: 1,
      geoRegions: ['US', 'DE'],
      sessionKey: 'session123',
      userKey: 'user123',
      userIdentity: 'user123',
      role: 'host',
      tokenId: () => 'id-1',
    })
    expect(Object.entries(claims)).toEqual([
      ['app_key', 'VIDEO_SDK_KEY'],
      ['role_type', 1],
      ['tpc', 'Cool Cars'],
      ['version', 1],
      ['iat', NOW - 30],
      ['exp', NOW - 30 + 7200],
      ['user_identity', 'user123'],
      ['user_key', 'user123'],
      ['session_key', 'session123'],
      ['geo_regions', 'US,DE'],
      ['cloud_recording_option', 1],
      ['cloud_recording_election', 0],
      ['cloud_recording_transcript_option', 2],
      ['telemetry_tracking_id', 'track-1'],
      ['video_webrtc_mode', 0],
      ['audio_webrtc_mode', 1],
      ['note', 'ours'],
      ['jti', 'id-1'],
    ])
  })

  it('leaves out what it was not told', async () => {
    expect(Object.keys(await claimsOf())).toEqual([
      'app_key',
      'role_type',
      'tpc',
      'version',
      'iat',
      'exp',
    ])
  })

  it('has the header that Zoom’s sample has, to the letter', async () => {
    const { value } = await zoomVideoSdk(SESSION).getToken()
    expect(value.split('.')[0]).toBe(VECTOR.split('.')[0])
  })

  it('names no origin: its tokens go to an SDK', async () => {
    const source = zoomVideoSdk(SESSION)
    expect(source.origins).toEqual([])
    expect((await source.getToken()).origins).toEqual([])
    expect(source).toMatchObject({ lifetime: 7170, maxLifetime: 172_800 })
  })

  it.each([
    ['role participant', { role: 'participant' }, 'role_type', 0],
    ['role host', { role: 'host' }, 'role_type', 1],
    ['its former name of the user', { userIdentity: 'a' }, 'user_identity', 'a'],
    ['a user of 36 characters', { userKey: 'u'.repeat(36) }, 'user_key', 'u'.repeat(36)],
    ['a session of 36', { sessionKey: 's'.repeat(36) }, 'session_key', 's'.repeat(36)],
    ['a topic of 200', { topic: 't'.repeat(200) }, 'tpc', 't'.repeat(200)],
    ['tracking of 2048', { telemetryTrackingId: LONG }, 'telemetry_tracking_id', LONG],
    ['a topic of 1', { topic: 't' }, 'tpc', 't'],
    ['regions as text', { geoRegions: 'US, CA,SG' }, 'geo_regions', 'US,CA,SG'],
    [
      'no transcript',
      { cloudRecordingTranscriptOption: 0 },
      'cloud_recording_transcript_option',
      0,
    ],
    ['a life of 1800', { lifetime: 1800 }, 'exp', NOW - 30 + 1800],
    ['a life of 172 800', { lifetime: 172_800 }, 'exp', NOW - 30 + 172_800],
    ['no backdate', { backdate: 0 }, 'iat', NOW],
  ] as const)('takes %s', async (_, options, claim, value) => {
    expect((await claimsOf(options))[claim]).toBe(value)
  })

  it('takes exactly the characters in a topic that Zoom’s documents list', () => {
    const listed = ' !#$%&()+-:;<=.>?@[]^_{}|~,\\'
    for (let code = 0; code < 0x250; code++) {
      const character = String.fromCodePoint(code)
      const allowed = /[A-Za-z0-9]/.test(character) || listed.includes(character)
      const make = () => zoomVideoSdk({ ...SESSION, topic: `a${character}` })
      if (allowed) expect(make).not.toThrow()
      else expect(make, `U+${code.toString(16)}`).toThrow('position 2')
    }
    expect(() => zoomVideoSdk({ ...SESSION, topic: 'party 🎉' })).toThrow('position 7')
  })

  const bad: readonly [string, object, string][] = [
    ['no key', { sdkKey: undefined }, 'sdkKey'],
    ['no secret', { sdkSecret: undefined }, 'sdkSecret'],
    ['an empty secret', { sdkSecret: '' }, 'sdkSecret'],
    ['a secret with a line end', { sdkSecret: `${SECRET}\n` }, 'sdkSecret'],
    ['a secret that is a number', { sdkSecret: 5 }, 'sdkSecret'],
    ['no topic', { topic: undefined }, 'topic'],
    ['an empty topic', { topic: '' }, 'topic'],
    ['a topic of 201 characters', { topic: 't'.repeat(201) }, 'topic'],
    ['no role', { role: undefined }, 'role'],
    ['a role that is a number', { role: 1 }, 'role'],
    ['another role', { role: 'cohost' }, 'role'],
    ['a user of 37 characters', { userKey: 'u'.repeat(37) }, 'userKey'],
    ['an empty user', { userKey: '' }, 'userKey'],
    ['37 under the former name', { userIdentity: 'u'.repeat(37) }, 'userIdentity'],
    ['two names for the user', { userKey: 'a', userIdentity: 'b' }, 'userIdentity'],
    ['a session of 37 characters', { sessionKey: 's'.repeat(37) }, 'sessionKey'],
    ['a region that Zoom has not', { geoRegions: 'US,FR' }, 'geoRegions'],
    ['a region in small letters', { geoRegions: ['us'] }, 'geoRegions'],
    ['no region', { geoRegions: [] }, 'geoRegions'],
    ['an empty region', { geoRegions: '' }, 'geoRegions'],
    ['regions that are a number', { geoRegions: 1 }, 'geoRegions'],
    ['recording 2', { cloudRecordingOption: 2 }, 'cloudRecordingOption'],
    ['recording -1', { cloudRecordingOption: -1 }, 'cloudRecordingOption'],
    ['election 2', { cloudRecordingElection: 2 }, 'cloudRecordingElection'],
    ['election true', { cloudRecordingElection: true }, 'cloudRecordingElection'],
    ['transcript 3', { cloudRecordingTranscriptOption: 3 }, 'cloudRecordingTranscriptOption'],
    ['transcript "1"', { cloudRecordingTranscriptOption: '1' }, 'cloudRecordingTranscriptOption'],
    ['WebRTC video 2', { videoWebRtcMode: 2 }, 'videoWebRtcMode'],
    ['WebRTC audio 2', { audioWebRtcMode: 2 }, 'audioWebRtcMode'],
    ['an empty tracking id', { telemetryTrackingId: '' }, 'telemetryTrackingId'],
    ['2049 of tracking', { telemetryTrackingId: `${LONG}t` }, 'telemetryTrackingId'],
    ['one second less than 30 minutes', { lifetime: 1799 }, 'lifetime'],
    ['one second more than 48 hours', { lifetime: 172_801 }, 'lifetime'],
    ['milliseconds', { lifetime: 7_200_000_000_000 }, 'lifetime'],
    ['part of a second', { lifetime: 1800.5 }, 'lifetime'],
    ['a backdate as long as the lifetime', { lifetime: 1800, backdate: 1800 }, 'backdate'],
    ['a claim that replaces Zoom’s', { claims: { tpc: 'other' } }, 'claims'],
    ['a claim that an option is there for', { claims: { user_key: 'x' } }, 'claims'],
    ['a claim that replaces a date', { claims: { exp: 1 } }, 'claims'],
    ['a fixed token id', { tokenId: 'same' }, 'tokenId'],
    ['an origin in the clear', { origins: ['http://example.com'] }, 'origins'],
  ]
  it.each(bad)('refuses %s when the source is made', (_, options, option) => {
    expect(() => zoomVideoSdk({ ...SESSION, ...options })).toThrow(
      expect.objectContaining({ name: 'OptionError', option }),
    )
  })

  it('names its limits, and the nearest option for a misspelt one', () => {
    expect(() => zoomVideoSdk({ ...SESSION, lifetime: 60 })).toThrow(/1800.*172800/)
    const misspelt = { ...SESSION, geoRegion: 'US' } as ZoomVideoSdkOptions
    expect(() => zoomVideoSdk(misspelt)).toThrow('Did you mean "geoRegions"?')
  })

  it('refuses a secret that is another kind of key', () => {
    const pem = '-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----'
    expect(() => zoomVideoSdk({ ...SESSION, sdkSecret: pem })).toThrow(
      expect.objectContaining({ name: 'KeyError', code: 'ERR_KEY_TYPE' }),
    )
  })

  it('changes none of its options and keeps none', async () => {
    const geoRegions = ['US' as const]
    const extra = { note: 'ours' }
    const source = zoomVideoSdk(Object.freeze({ ...SESSION, geoRegions, claims: extra }))
    geoRegions.push('US')
    extra.note = 'changed'
    const { claims } = await verifiedToken(source, SECRET)
    expect(claims).toMatchObject({ geo_regions: 'US', note: 'ours' })
  })

  it('shows no secret in inspect, JSON or its id', () => {
    const source = zoomVideoSdk(SESSION)
    const seen = inspect(source, { depth: 10, showHidden: true }) + JSON.stringify(source)
    expect(seen).not.toContain(SECRET)
    expect(source.id).toMatch(/^zoom-video-sdk:/)
  })

  it('is reused by a manager until shortly before its end', async () => {
    const clock = new FakeClock()
    const manager = new TokenManager(zoomVideoSdk({ ...SESSION, clock }), { clock })
    const first = await manager.getToken()
    clock.advanceSeconds(6500)
    expect((await manager.getToken()).value).toBe(first.value)
    clock.advanceSeconds(660)
    expect((await manager.getToken()).value).not.toBe(first.value)
  })
})
