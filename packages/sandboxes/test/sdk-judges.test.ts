import jwt from 'jsonwebtoken'
import { describe, expect, it } from 'vitest'
import { FakeClock } from '@mayfly/testing'
import { judgeLiveKitToken } from '../src/live-kit.ts'
import { judgeTelesignToken } from '../src/telesign.ts'
import { judgeTwilioToken } from '../src/twilio.ts'

const NOW = 1_700_000_000
const SECRET = 'a-secret'
const clock = new FakeClock(NOW * 1000)

type Claims = Readonly<Record<string, unknown>>

function sign(claims: Claims, header: object, secret = SECRET): string {
  const algorithm = 'HS256'
  return jwt.sign(JSON.stringify(claims), secret, {
    algorithm,
    header: { alg: algorithm, typ: 'JWT', ...header },
  })
}

const TWILIO = {
  jti: 'SK01-1700000000',
  iss: 'SK01',
  sub: 'AC01',
  iat: NOW,
  exp: NOW + 3600,
  grants: { identity: 'alice', video: {} },
}
const FPA = { cty: 'twilio-fpa;v=1' }
const TWILIO_KEY = { accountSid: 'AC01', keySid: 'SK01', keySecret: SECRET, clock }

function twilioCode(claims: Claims, header: object = FPA): number {
  const verdict = judgeTwilioToken(sign({ ...TWILIO, ...claims }, header), TWILIO_KEY)
  return verdict.accepted ? 200 : verdict.answer.code
}

describe('the judge of Twilio tokens', () => {
  it.each([
    ['nothing out of order', {}, 200],
    ['another key', { iss: 'SK02' }, 20_103],
    ['another account', { sub: 'AC02' }, 20_103],
    ['no id', { jti: undefined }, 20_101],
    ['an empty id', { jti: '' }, 20_101],
    ['no end', { exp: undefined }, 20_104],
    ['an end that is text', { exp: 'soon' }, 20_104],
    ['its end now', { exp: NOW }, 20_104],
    ['its end in a second', { exp: NOW + 1 }, 200],
    ['24 hours', { exp: NOW + 86_400 }, 200],
    ['24 hours and a second', { exp: NOW + 86_401 }, 20_157],
    ['24 hours and a second from its iat', { iat: NOW - 1, exp: NOW + 86_400 }, 20_157],
    ['24 hours and a second from now', { iat: NOW + 1, exp: NOW + 86_401 }, 20_157],
    ['no iat', { iat: undefined }, 200],
    ['an iat ahead', { iat: NOW + 1 }, 20_105],
    ['an nbf of now', { nbf: NOW }, 200],
    ['an nbf ahead', { nbf: NOW + 1 }, 20_105],
    ['no grants', { grants: undefined }, 20_106],
    ['grants that are null', { grants: null }, 20_106],
    ['no identity', { grants: { video: {} } }, 20_106],
    ['an empty identity', { grants: { identity: '', video: {} } }, 20_106],
    ['no product', { grants: { identity: 'a' } }, 20_106],
    ['an unknown product', { grants: { identity: 'a', videos: {} } }, 20_106],
    ['a product that is true', { grants: { identity: 'a', video: true } }, 20_106],
  ])('answers a token with %s', (_, claims, code) => {
    expect(twilioCode(claims)).toBe(code)
  })

  it.each([
    ['no content type', {}, 20_102],
    ['another content type', { cty: 'twilio-fpa;v=2' }, 20_102],
    ['another type', { ...FPA, typ: 'at+jwt' }, 20_102],
  ])('answers a header with %s', (_, header, code) => {
    expect(twilioCode({}, header)).toBe(code)
  })

  it('answers in Twilio’s words', () => {
    const verdict = judgeTwilioToken(sign(TWILIO, FPA, 'another'), TWILIO_KEY)
    const answer = { code: 20_107, message: 'Invalid Access Token signature' }
    expect(verdict).toEqual({ accepted: false, fault: 'signature', answer })
    expect(judgeTwilioToken('no token', TWILIO_KEY)).toMatchObject({ fault: 'malformed' })
  })
})

const LIVEKIT = {
  iss: 'devkey',
  sub: 'alice',
  nbf: NOW,
  exp: NOW + 3600,
  video: { room: 'a', roomJoin: true },
}

function liveKit(claims: Claims, room?: string): string {
  const key = { apiKey: 'devkey', apiSecret: SECRET, clock, ...(room !== undefined && { room }) }
  const verdict = judgeLiveKitToken(sign({ ...LIVEKIT, ...claims }, {}), key)
  return verdict.accepted ? 'accepted' : verdict.fault
}

describe('the judge of LiveKit tokens', () => {
  it.each([
    ['nothing out of order', {}, 'accepted'],
    ['another key', { iss: 'other' }, 'issuer'],
    ['no end', { exp: undefined }, 'expiry'],
    ['its end now', { exp: NOW }, 'expired'],
    ['its end in a second', { exp: NOW + 1 }, 'accepted'],
    ['its beginning ahead', { nbf: NOW + 1 }, 'not-yet-valid'],
    ['a beginning that is text', { nbf: 'now' }, 'not-yet-valid'],
    ['no beginning', { nbf: undefined }, 'accepted'],
    ['grants that are null', { video: null }, 'grants'],
    ['a grant that is text', { video: { roomList: 'yes' } }, 'grants'],
    ['a room that is a number', { video: { room: 1 } }, 'grants'],
    ['a source that is a number', { video: { canPublishSources: [1] } }, 'grants'],
    ['a source', { video: { canPublishSources: ['camera'] } }, 'accepted'],
    ['sources that are text', { video: { canPublishSources: 'camera' } }, 'grants'],
    ['no identity', { sub: undefined }, 'identity'],
    ['no identity for a list of rooms', { sub: undefined, video: { roomList: true } }, 'accepted'],
    ['no grants for rooms', { video: undefined, sip: { call: true } }, 'accepted'],
  ])('judges a token with %s', (_, claims, expected) => {
    expect(liveKit(claims)).toBe(expected)
  })

  it('lets nobody join but the room that the token names', () => {
    expect(liveKit({}, 'a')).toBe('accepted')
    expect(liveKit({}, 'b')).toBe('other-room')
    expect(liveKit({ video: { room: 'a' } }, 'a')).toBe('room')
    expect(liveKit({ video: undefined }, 'a')).toBe('room')
  })

  it('answers 401 to a bad token, and 403 to one for something else', () => {
    const key = { apiKey: 'devkey', apiSecret: SECRET, clock }
    const altered = judgeLiveKitToken(sign(LIVEKIT, {}, 'another'), key)
    expect(altered).toMatchObject({ fault: 'signature', answer: { code: 401 } })
    const elsewhere = judgeLiveKitToken(sign(LIVEKIT, {}), { ...key, room: 'b' })
    expect(elsewhere).toMatchObject({ fault: 'other-room', answer: { code: 403 } })
  })
})

describe('the judge of Telesign tokens', () => {
  const bytes = Buffer.from('a key of Telesign, of 35 characters')
  const apiKey = bytes.toString('base64')
  const good = { iss: 'customer', iat: NOW - 10, exp: NOW + 80, phn: '15555551212', xid: 'x' }
  const customer = { customerId: 'customer', apiKey, phoneNumber: '15555551212', clock }
  const tokenOf = (claims: Claims, secret: Buffer = bytes): string =>
    jwt.sign(JSON.stringify({ ...good, ...claims }), secret, { algorithm: 'HS256' })

  it.each<readonly [string, Claims, string | undefined]>([
    ['nothing out of order', {}, undefined],
    ['another customer', { iss: 'other' }, 'customer'],
    ['another number', { phn: '15555551213' }, 'phone'],
    ['a number with a plus', { phn: '+15555551212' }, 'phone'],
    ['a number that is one', { phn: 15_555_551_212 }, 'phone'],
    ['no transaction', { xid: undefined }, 'transaction'],
    ['an empty transaction', { xid: '' }, 'transaction'],
    ['an iat of now', { iat: NOW }, undefined],
    ['an iat of the next second', { iat: NOW + 1 }, 'not-yet-valid'],
    ['its end now', { exp: NOW }, 'expired'],
    ['its end in a second', { exp: NOW + 1 }, undefined],
    ['no end', { exp: undefined }, 'dates'],
  ])('judges one with %s', (_what, claims, fault) => {
    const verdict = judgeTelesignToken(tokenOf(claims), customer)
    expect(verdict.accepted ? undefined : verdict.fault).toBe(fault)
  })

  it('reads the key as Telesign does, and answers in its words', () => {
    const written = `${apiKey.slice(0, 4)}-_${apiKey.slice(4)}`
    expect(judgeTelesignToken(tokenOf({}), { ...customer, apiKey: written }).accepted).toBe(true)
    const verdicts = [tokenOf({}, Buffer.from(apiKey)), tokenOf({ iss: 'other' }), 'x'].map(
      (token) => judgeTelesignToken(token, customer),
    )
    expect(verdicts).toMatchObject([
      { fault: 'signature', answer: { code: -30_006 } },
      { fault: 'customer', answer: { code: -30_000 } },
      { fault: 'malformed', answer: { code: -30_006 } },
    ])
  })
})
