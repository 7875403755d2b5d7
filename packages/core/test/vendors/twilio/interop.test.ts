import { type TwilioGrants, type TwilioOptions, twilio } from '@mayfly/core/vendors'
import { judgeTwilioToken } from '@mayfly/sandboxes'
import { FakeClock } from '@mayfly/testing'
import AccessToken from 'twilio/lib/jwt/AccessToken.js'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type VerifiedHmacToken, verifiedToken, verifyHmac } from '../../support/hmac-tokens.ts'

const NOW = 1_700_000_000
const SECRET = 'SecretOfTheApiKeyWith32Letters00'
const [ACCOUNT, KEY] = [`AC${'a'.repeat(32)}`, `SK${'b'.repeat(32)}`]

const { ChatGrant, PlaybackGrant, SyncGrant, TaskRouterGrant, VideoGrant, VoiceGrant } = AccessToken
type TheirGrant = AccessToken.Grant<unknown, unknown, unknown>

interface TheirOptions {
  readonly ttl?: number
  readonly nbf?: number
  readonly region?: string
}

function theirs(grants: readonly TheirGrant[], options: TheirOptions = {}): VerifiedHmacToken {
  const token = new AccessToken(ACCOUNT, KEY, SECRET, { identity: 'alice', ...options })
  for (const grant of grants) token.addGrant(grant)
  return verifyHmac(token.toJwt(), SECRET)
}

/** By default their ids are the same for all tokens of a second; ours are not. */
function ours(grants: TwilioGrants, options: Partial<TwilioOptions> = {}) {
  const clock = new FakeClock(NOW * 1000)
  const key = { accountSid: ACCOUNT, keySid: KEY, keySecret: SECRET, identity: 'alice' }
  const same = { backdate: 0, tokenId: () => `${KEY}-${NOW}`, clock }
  return verifiedToken(twilio({ ...key, grants, ...same, ...options }), SECRET)
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOW * 1000, toFake: ['Date'] })
})

afterEach(() => {
  vi.useRealTimers()
})

describe('twilio makes the tokens of Twilio’s own library, claim by claim, with', () => {
  const pairs: readonly [string, TheirGrant, TwilioGrants][] = [
    ['a room', new VideoGrant({ room: 'a' }), { video: { room: 'a' } }],
    ['any room', new VideoGrant(), { video: {} }],
    [
      'calls in and out',
      new VoiceGrant({
        incomingAllow: true,
        outgoingApplicationSid: 'AP01',
        outgoingApplicationParams: { to: 'x' },
        pushCredentialSid: 'CR01',
        endpointId: 'e',
      }),
      {
        voice: {
          incoming: { allow: true },
          outgoing: { application_sid: 'AP01', params: { to: 'x' } },
          push_credential_sid: 'CR01',
          endpoint_id: 'e',
        },
      },
    ],
    [
      'conversations',
      new ChatGrant({
        serviceSid: 'IS01',
        endpointId: 'e',
        deploymentRoleSid: 'RL01',
        pushCredentialSid: 'CR01',
      }),
      {
        chat: {
          service_sid: 'IS01',
          endpoint_id: 'e',
          deployment_role_sid: 'RL01',
          push_credential_sid: 'CR01',
        },
      },
    ],
    [
      'sync',
      new SyncGrant({ serviceSid: 'IS01', endpointId: 'e' }),
      { data_sync: { service_sid: 'IS01', endpoint_id: 'e' } },
    ],
    [
      'tasks',
      new TaskRouterGrant({ workspaceSid: 'WS01', workerSid: 'WK01', role: 'worker' }),
      { task_router: { workspace_sid: 'WS01', worker_sid: 'WK01', role: 'worker' } },
    ],
    ['a player', new PlaybackGrant({ grant: { a: 1 } }), { player: { a: 1 } }],
  ]
  it.each(pairs)('%s', async (_, theirGrant, ourGrants) => {
    const { header, claims } = await ours(ourGrants)
    expect({ header, claims }).toEqual({ ...theirs([theirGrant]), value: undefined })
  })

  it('several grants, a region, a beginning and another life', async () => {
    const their = theirs([new VideoGrant(), new SyncGrant()], {
      ttl: 600,
      nbf: NOW - 5,
      region: 'ie1',
    })
    const our = await ours(
      { video: {}, data_sync: {} },
      { lifetime: 600, claims: { nbf: NOW - 5 }, region: 'ie1' },
    )
    expect(our.claims).toEqual(their.claims)
    expect(our.header).toEqual(their.header)
  })
})

describe('the judge of Twilio tokens', () => {
  it('accepts what Twilio’s own library makes', () => {
    const { value, claims } = theirs([new VideoGrant({ room: 'a' })], { ttl: 86_400 })
    const key = { accountSid: ACCOUNT, keySid: KEY, keySecret: SECRET }
    const clock = new FakeClock(NOW * 1000)
    expect(judgeTwilioToken(value, { ...key, clock })).toEqual({ accepted: true, claims })
  })
})
