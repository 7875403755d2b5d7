import { SignJWT } from 'jose'
import jwt from 'jsonwebtoken'
import { describe, expect, it } from 'vitest'
import { FakeClock } from '@mayfly/testing'
import { judgeZoomMeetingSdkToken } from '../../src/zoom/meeting-sdk.ts'
import { judgeZoomVideoSdkToken } from '../../src/zoom/video-sdk.ts'

const NOW = 1_700_000_000
const SECRET = 'your-256-bit-secret'
const clock = new FakeClock(NOW * 1000)

type Claims = Readonly<Record<string, unknown>>

function sign(claims: Claims, secret = SECRET, algorithm: jwt.Algorithm = 'HS256'): string {
  return jwt.sign(JSON.stringify(claims), secret, { algorithm })
}

const VIDEO = {
  app_key: 'key',
  role_type: 0,
  tpc: 'Cool Cars',
  version: 1,
  iat: NOW - 30,
  exp: NOW - 30 + 7200,
}

function video(claims: Claims, topic?: string): string {
  const app = { sdkKey: 'key', sdkSecret: SECRET, clock, ...(topic !== undefined && { topic }) }
  const verdict = judgeZoomVideoSdkToken(sign({ ...VIDEO, ...claims }), app)
  return verdict.accepted ? 'accepted' : verdict.fault
}

describe('the judge of Zoom Video SDK tokens', () => {
  it('accepts one that jose signed, and gives its claims', async () => {
    const token = await new SignJWT(VIDEO)
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .sign(new TextEncoder().encode(SECRET))
    const app = { sdkKey: 'key', sdkSecret: SECRET, clock }
    expect(judgeZoomVideoSdkToken(token, app)).toEqual({ accepted: true, claims: VIDEO })
  })

  it.each([
    ['nothing out of order', {}, 'accepted'],
    ['every claim', everyVideoClaim(), 'accepted'],
    ['another app', { app_key: 'other' }, 'app-key'],
    ['no app', { app_key: undefined }, 'app-key'],
    ['a role that is text', { role_type: '1' }, 'role'],
    ['role 2', { role_type: 2 }, 'role'],
    ['no role', { role_type: undefined }, 'role'],
    ['a topic of 200', { tpc: 't'.repeat(200) }, 'accepted'],
    ['a topic of 201', { tpc: 't'.repeat(201) }, 'topic'],
    ['an empty topic', { tpc: '' }, 'topic'],
    ['a topic with a slash', { tpc: 'a/b' }, 'topic'],
    ['a topic with every symbol', { tpc: ' !#$%&()+-:;<=.>?@[]^_{}|~,\\' }, 'accepted'],
    ['a topic with a line end', { tpc: 'a\n' }, 'topic'],
    ['a version that is text', { version: '1' }, 'version'],
    ['no version', { version: undefined }, 'version'],
    ['30 minutes', { exp: NOW - 30 + 1800 }, 'accepted'],
    ['a second less', { exp: NOW - 30 + 1799 }, 'too-short'],
    ['48 hours', { exp: NOW - 30 + 172_800 }, 'accepted'],
    ['a second more', { exp: NOW - 30 + 172_801 }, 'too-long'],
    ['an iat of now', { iat: NOW }, 'accepted'],
    ['an iat ahead', { iat: NOW + 1 }, 'iat-in-future'],
    ['its end now', { iat: NOW - 7200, exp: NOW }, 'expired'],
    ['no iat', { iat: undefined }, 'dates'],
    ['an exp that is text', { exp: `${NOW + 7200}` }, 'dates'],
    ['a user of 36', { user_key: 'u'.repeat(36), user_identity: 'u'.repeat(36) }, 'accepted'],
    ['a user of 37', { user_key: 'u'.repeat(37) }, 'user'],
    ['no user, but null', { user_identity: null }, 'user'],
    ['a session of 37', { session_key: 's'.repeat(37) }, 'session-key'],
    ['an unknown region', { geo_regions: 'US,FR' }, 'regions'],
    ['regions that are a list', { geo_regions: ['US'] }, 'regions'],
    ['regions with a space', { geo_regions: 'US, CA' }, 'regions'],
    ['recording 2', { cloud_recording_option: 2 }, 'switch'],
    ['election true', { cloud_recording_election: true }, 'switch'],
    ['transcript 3', { cloud_recording_transcript_option: 3 }, 'switch'],
    ['WebRTC -1', { video_webrtc_mode: -1 }, 'switch'],
    ['audio 0.5', { audio_webrtc_mode: 0.5 }, 'switch'],
    ['an empty tracking id', { telemetry_tracking_id: '' }, 'tracking-id'],
  ])('judges a token with %s', (_, claims, expected) => {
    expect(video(claims)).toBe(expected)
  })

  it('compares the topic with the one that the client joins, capitals aside', () => {
    expect(video({}, 'cool cars')).toBe('accepted')
    expect(video({}, 'cool car')).toBe('other-topic')
  })

  it.each([
    ['another secret', sign(VIDEO, 'another-secret'), 'signature'],
    ['another algorithm', sign(VIDEO, SECRET, 'HS512'), 'algorithm'],
    ['no algorithm', jwt.sign(VIDEO, '', { algorithm: 'none' }), 'algorithm'],
    ['no token at all', 'x.y', 'malformed'],
  ])('refuses %s in Zoom’s words', (_, token, fault) => {
    expect(judgeZoomVideoSdkToken(token, { sdkKey: 'key', sdkSecret: SECRET, clock })).toEqual({
      accepted: false,
      fault,
      answer: { code: 3712, message: 'Signature is invalid.' },
    })
  })
})

function everyVideoClaim(): Claims {
  return {
    user_key: 'u',
    session_key: 's',
    geo_regions: 'AU,BR,CA,CN,DE,HK,IN,JP,MX,NL,SG,US',
    cloud_recording_option: 1,
    cloud_recording_election: 1,
    cloud_recording_transcript_option: 2,
    telemetry_tracking_id: 't',
    video_webrtc_mode: 1,
    audio_webrtc_mode: 1,
  }
}

const NATIVE = {
  appKey: 'id',
  iat: NOW - 30,
  exp: NOW - 30 + 7200,
  tokenExp: NOW - 30 + 7200,
}
const WEB = { ...NATIVE, sdkKey: 'id', mn: '123', role: 0 }

function meeting(claims: Claims, client: 'web' | 'native'): string {
  const base = client === 'web' ? WEB : NATIVE
  const app = { clientId: 'id', clientSecret: SECRET, client, clock, meetingNumber: '123' }
  const verdict = judgeZoomMeetingSdkToken(sign({ ...base, ...claims }), app)
  return verdict.accepted ? 'accepted' : verdict.fault
}

const HALF_AN_HOUR = NOW - 30 + 1800

describe('the judge of Zoom Meeting SDK tokens', () => {
  it.each([
    ['nothing out of order', {}, 'accepted', 'accepted'],
    ['another app', { appKey: 'other' }, 'app-key', 'app-key'],
    ['another sdkKey', { sdkKey: 'other' }, 'app-key', 'app-key'],
    ['no sdkKey', { sdkKey: undefined }, 'app-key', 'accepted'],
    ['neither meeting nor role', { mn: undefined, role: undefined }, 'meeting', 'accepted'],
    ['a meeting alone', { mn: '123', role: undefined }, 'meeting', 'meeting'],
    ['a role alone', { mn: undefined, role: 1 }, 'meeting', 'meeting'],
    ['a meeting that is a number', { mn: 123, role: 1 }, 'meeting', 'meeting'],
    ['a role that is text', { mn: '123', role: '1' }, 'meeting', 'meeting'],
    ['another meeting', { mn: '124', role: 1 }, 'other-meeting', 'other-meeting'],
    ['an exp of exactly 1800', { exp: HALF_AN_HOUR }, 'accepted', 'too-short'],
    ['a tokenExp of exactly 1800', { tokenExp: HALF_AN_HOUR }, 'accepted', 'too-short'],
    ['both of 1801', { exp: HALF_AN_HOUR + 1, tokenExp: HALF_AN_HOUR + 1 }, 'accepted', 'accepted'],
    ['a tokenExp of 1799', { tokenExp: HALF_AN_HOUR - 1 }, 'too-short', 'too-short'],
    ['48 hours and a second', { exp: NOW - 30 + 172_801 }, 'too-long', 'too-long'],
    ['no tokenExp', { tokenExp: undefined }, 'dates', 'dates'],
    ['an iat ahead', { iat: NOW + 1 }, 'iat-in-future', 'iat-in-future'],
    ['its end now', { iat: NOW - 3600, exp: NOW }, 'expired', 'expired'],
    ['a tokenExp of now', { iat: NOW - 3600, tokenExp: NOW }, 'expired', 'expired'],
    ['WebRTC 2', { video_webrtc_mode: 2 }, 'webrtc', 'webrtc'],
    ['WebRTC 1', { video_webrtc_mode: 1 }, 'accepted', 'accepted'],
  ])('judges a token with %s', (_, claims, web, native) => {
    expect([meeting(claims, 'web'), meeting(claims, 'native')]).toEqual([web, native])
  })

  it.each([
    ['web', { code: 3712, message: 'Signature is invalid.' }],
    ['native', { code: 11, message: 'AUTHRET_JWTTOKENWRONG' }],
  ] as const)('refuses in the words of the %s client', (client, answer) => {
    const app = { clientId: 'id', clientSecret: SECRET, client, clock }
    const verdict = judgeZoomMeetingSdkToken(sign(WEB, 'another'), app)
    expect(verdict).toEqual({ accepted: false, fault: 'signature', answer })
  })
})
