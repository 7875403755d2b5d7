import { inspect } from 'node:util'
import { bearerFetch, TokenManager } from '@mayfly/core'
import { type LiveKitOptions, type LiveKitVideoGrants, liveKit } from '@mayfly/core/vendors'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { verifiedToken } from '../../support/hmac-tokens.ts'
import { answer, startUpstream } from '../../support/upstream.ts'

const NOW = 1_700_000_000
const SECRET = 'secret'
const KEY = {
  apiKey: 'devkey',
  apiSecret: SECRET,
  identity: 'alice',
  grants: { room: 'cool-cars', roomJoin: true },
} as const

async function claimsOf(options: Partial<LiveKitOptions> = {}) {
  const source = liveKit({ ...KEY, clock: new FakeClock(), ...options })
  return (await verifiedToken(source, SECRET)).claims
}

describe('liveKit', () => {
  it('makes a token for a participant, for six hours, dated by nbf alone', async () => {
    expect(Object.entries(await claimsOf())).toEqual([
      ['iss', 'devkey'],
      ['sub', 'alice'],
      ['exp', NOW - 60 + 21_600],
      ['nbf', NOW - 60],
      ['video', { room: 'cool-cars', roomJoin: true }],
    ])
  })

  it('names no origin: its tokens go to an SDK', async () => {
    expect(liveKit(KEY).origins).toEqual([])
    expect(liveKit(KEY).lifetime).toBe(21_540)
  })

  it('authorises requests to the server’s API where its origin is named', async () => {
    await using server = await startUpstream((_, response) => answer(response, 200))
    const grants = { roomList: true }
    const { apiKey, apiSecret } = KEY
    const source = liveKit({ apiKey, apiSecret, grants, origins: [server.origin] })
    await bearerFetch(new TokenManager(source))(`${server.origin}/twirp/livekit.RoomService`)
    expect(server.seen[0]?.authorization).toMatch(/^Bearer ey/)
  })

  it('takes every grant for rooms', async () => {
    const grants: Required<LiveKitVideoGrants> = {
      room: 'a',
      roomJoin: true,
      roomCreate: true,
      roomList: false,
      roomAdmin: true,
      roomRecord: true,
      ingressAdmin: true,
      canPublish: true,
      canPublishSources: ['camera', 'microphone', 'screen_share', 'screen_share_audio'],
      canSubscribe: true,
      canPublishData: true,
      canUpdateOwnMetadata: true,
      canSubscribeMetrics: true,
      canManageAgentSession: true,
      hidden: true,
      recorder: true,
      agent: true,
      destinationRoom: 'b',
    }
    expect((await claimsOf({ grants }))['video']).toEqual(grants)
  })

  it('takes grants of all kinds, each under its claim', async () => {
    const grants = {
      video: { room: 'a', roomJoin: true },
      sip: { admin: true, call: false },
      inference: { perform: true },
      observability: { write: true },
    }
    expect(await claimsOf({ grants })).toMatchObject(grants)
    const claims = await claimsOf({ grants: { sip: { call: true } } })
    expect(claims).toMatchObject({ sip: { call: true } })
    expect(claims).not.toHaveProperty('video')
  })

  it('puts what is known of the participant behind the grants', async () => {
    const claims = await claimsOf({
      claims: { roomConfig: { agents: [{ agentName: 'a' }] } },
      attributes: { team: 'blue', empty: '' },
      metadata: '{"a":1}',
      name: 'Alice',
      tokenId: () => 'id-1',
    })
    expect(Object.entries(claims).slice(5)).toEqual([
      ['name', 'Alice'],
      ['metadata', '{"a":1}'],
      ['attributes', { team: 'blue', empty: '' }],
      ['roomConfig', { agents: [{ agentName: 'a' }] }],
      ['jti', 'id-1'],
    ])
  })

  it('needs no identity for what is no participant', async () => {
    const claims = await claimsOf({ identity: undefined, grants: { roomList: true } } as object)
    expect(claims).not.toHaveProperty('sub')
  })

  it.each([
    ['one second', { lifetime: 1 }, 'exp', NOW + 1],
    ['a year', { lifetime: 31_536_000 }, 'exp', NOW - 60 + 31_536_000],
    ['no backdate', { backdate: 0 }, 'nbf', NOW],
  ] as const)('takes %s', async (_, options, claim, value) => {
    expect((await claimsOf(options))[claim]).toBe(value)
  })

  const bad: readonly [string, object, string][] = [
    ['no key', { apiKey: undefined }, 'apiKey'],
    ['no secret', { apiSecret: undefined }, 'apiSecret'],
    ['an empty secret', { apiSecret: '' }, 'apiSecret'],
    ['a participant without an identity', { identity: undefined }, 'identity'],
    ['an empty identity', { identity: '' }, 'identity'],
    ['no grants', { grants: undefined }, 'grants'],
    ['grants that are null', { grants: null }, 'grants'],
    ['grants that are text', { grants: 'room' }, 'grants'],
    ['grants that allow nothing', { grants: {} }, 'grants'],
    ['grants of a kind that allow nothing', { grants: { video: {}, sip: {} } }, 'grants'],
    ['joining no room', { grants: { roomJoin: true } }, 'grants'],
    ['control over no room', { grants: { video: { roomAdmin: true } } }, 'grants'],
    ['an empty room', { grants: { room: '', roomJoin: true } }, 'grants.room'],
    ['a grant that does not exist', { grants: { canPublsh: true } }, 'canPublsh'],
    ['a grant beside those by claim', { grants: { sip: {}, roomList: true } }, 'roomList'],
    ['a grant that is 1', { grants: { roomList: 1 } }, 'grants.roomList'],
    ['a source that does not exist', sources(['webcam']), 'grants.canPublishSources'],
    ['a source that is a number', sources([1]), 'grants.canPublishSources'],
    ['one source that is not in a list', sources('camera'), 'grants.canPublishSources'],
    ['a SIP grant that is text', { grants: { sip: { call: 'yes' } } }, 'grants.sip.call'],
    ['metadata that is an object', { metadata: {} }, 'metadata'],
    ['attributes that are text', { attributes: 'a=b' }, 'attributes'],
    ['an attribute that is a number', { attributes: { age: 5 } }, 'attributes'],
    ['no time at all', { lifetime: 0 }, 'lifetime'],
    ['part of a second', { lifetime: 1.5 }, 'lifetime'],
    ['milliseconds', { lifetime: 21_600_000_000_000 }, 'lifetime'],
    ['a backdate as long as the lifetime', { lifetime: 60, backdate: 60 }, 'backdate'],
    ['a claim that replaces a grant', { claims: { sip: { call: true } } }, 'claims'],
    ['a claim that replaces a date', { claims: { nbf: NOW } }, 'claims'],
    ['a claim that an option is there for', { claims: { name: 'x' } }, 'claims'],
    ['a fixed token id', { tokenId: 'same' }, 'tokenId'],
  ]
  it.each(bad)('refuses %s when the source is made', (_, options, option) => {
    expect(() => liveKit({ ...KEY, ...options })).toThrow(
      expect.objectContaining({ name: 'OptionError', option }),
    )
  })

  it('names the nearest grant for a misspelt one', () => {
    const grants = { room: 'a', roomjoin: true } as object
    expect(() => liveKit({ ...KEY, grants })).toThrow('Did you mean "roomJoin"?')
  })

  it('changes none of its options and keeps none', async () => {
    const canPublishSources = ['camera' as const]
    const attributes = { team: 'blue' }
    const grants = Object.freeze({ ...KEY.grants, canPublishSources })
    const source = liveKit({ ...KEY, grants, attributes })
    canPublishSources.pop()
    attributes.team = 'red'
    const { claims } = await verifiedToken(source, SECRET)
    expect(claims).toMatchObject({ video: { canPublishSources: ['camera'] } })
    expect(claims).toMatchObject({ attributes: { team: 'blue' } })
  })

  it('shows no secret in inspect, JSON or its id', () => {
    const apiSecret = 'a-secret-that-is-looked-for'
    const source = liveKit({ ...KEY, apiSecret })
    const seen = inspect(source, { depth: 10, showHidden: true }) + JSON.stringify(source)
    expect(seen).not.toContain(apiSecret)
  })
})

function sources(canPublishSources: unknown): object {
  return { grants: { ...KEY.grants, canPublishSources } }
}
