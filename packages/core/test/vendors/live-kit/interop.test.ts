import { type LiveKitOptions, liveKit } from '@mayfly/core/vendors'
import { judgeLiveKitToken } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import {
  AccessToken,
  type AccessTokenOptions,
  TokenVerifier,
  TrackSource,
  type VideoGrant,
} from 'livekit-server-sdk'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type VerifiedHmacToken, verifiedToken, verifyHmac } from '../../support/hmac-tokens.ts'

const NOW = 1_700_000_000
const [KEY, SECRET] = ['devkey', 'secret']

async function theirs(
  grant: VideoGrant,
  options: AccessTokenOptions = { identity: 'alice' },
): Promise<VerifiedHmacToken> {
  const token = new AccessToken(KEY, SECRET, options)
  token.addGrant(grant)
  return verifyHmac(await token.toJwt(), SECRET)
}

function source(options: Partial<LiveKitOptions> & Pick<LiveKitOptions, 'grants'>) {
  const clock = new FakeClock(NOW * 1000)
  return liveKit({ apiKey: KEY, apiSecret: SECRET, identity: 'alice', clock, ...options })
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOW * 1000, toFake: ['Date'] })
})

afterEach(() => {
  vi.useRealTimers()
})

describe('liveKit makes the tokens of LiveKit’s own library, claim by claim, with', () => {
  it('a participant in a room', async () => {
    const grants = { room: 'a', roomJoin: true, canPublish: false, hidden: true }
    const { claims } = await verifiedToken(source({ grants, backdate: 0 }), SECRET)
    expect(claims).toEqual((await theirs(grants)).claims)
  })

  it('the sources that may be sent', async () => {
    const grants = { room: 'a', roomJoin: true } as const
    const { CAMERA, MICROPHONE, SCREEN_SHARE, SCREEN_SHARE_AUDIO } = TrackSource
    const numbers = [CAMERA, MICROPHONE, SCREEN_SHARE, SCREEN_SHARE_AUDIO]
    const names = ['camera', 'microphone', 'screen_share', 'screen_share_audio'] as const
    const ours = source({ grants: { ...grants, canPublishSources: names }, backdate: 0 })
    const { claims } = await theirs({ ...grants, canPublishSources: numbers })
    expect((await verifiedToken(ours, SECRET)).claims).toEqual(claims)
  })

  it('all that is known of a participant, for another time', async () => {
    const grants = { room: 'a', roomJoin: true }
    const known = { name: 'Alice', metadata: '{"a":1}', attributes: { team: 'blue' } }
    const ours = source({ grants, ...known, lifetime: 600, backdate: 0 })
    const their = await theirs(grants, { identity: 'alice', ttl: 600, ...known })
    expect((await verifiedToken(ours, SECRET)).claims).toEqual(their.claims)
  })

  it('a server that lists rooms, and that calls by SIP', async () => {
    const { apiKey, apiSecret } = { apiKey: KEY, apiSecret: SECRET }
    const token = new AccessToken(KEY, SECRET)
    token.addGrant({ roomList: true })
    token.addSIPGrant({ call: true })
    const grants = { video: { roomList: true }, sip: { call: true } }
    const clock = new FakeClock(NOW * 1000)
    const ours = liveKit({ apiKey, apiSecret, grants, backdate: 0, clock })
    const { claims } = verifyHmac(await token.toJwt(), SECRET)
    expect((await verifiedToken(ours, SECRET)).claims).toEqual(claims)
  })
})

describe('LiveKit’s own verifier', () => {
  const verifier = new TokenVerifier(KEY, SECRET)

  it('accepts our tokens', async () => {
    const { value } = await source({ grants: { room: 'a', roomJoin: true } }).getToken()
    expect(await verifier.verify(value)).toMatchObject({
      sub: 'alice',
      video: { room: 'a', roomJoin: true },
    })
  })

  it('refuses those of another key, and those that have ended', async () => {
    const grants = { room: 'a', roomJoin: true }
    const other = await source({ grants, apiKey: 'other' }).getToken()
    await expect(verifier.verify(other.value)).rejects.toThrow(/iss/)
    const short = await source({ grants, lifetime: 60 }).getToken()
    vi.setSystemTime((NOW + 60 + 11) * 1000)
    await expect(verifier.verify(short.value)).rejects.toThrow(/exp/)
  })
})

describe('the judge of LiveKit tokens', () => {
  it('accepts what LiveKit’s own library makes', async () => {
    const { value, claims } = await theirs({ room: 'a', roomJoin: true })
    const clock = new FakeClock(NOW * 1000)
    const key = { apiKey: KEY, apiSecret: SECRET, room: 'a', clock }
    expect(judgeLiveKitToken(value, key)).toEqual({ accepted: true, claims })
  })
})
