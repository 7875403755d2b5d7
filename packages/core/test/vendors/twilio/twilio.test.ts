import { inspect } from 'node:util'
import { type TwilioGrants, type TwilioOptions, twilio } from '@mayfly/core/vendors'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { verifiedToken } from '../../support/hmac-tokens.ts'

const NOW = 1_700_000_000
const SECRET = 'SecretOfTheApiKeyWith32Letters00'
const KEY = {
  accountSid: `AC${'a'.repeat(32)}`,
  keySid: `SK${'b'.repeat(32)}`,
  keySecret: SECRET,
  identity: 'alice',
  grants: { video: { room: 'Cool Cars' } },
} as const

async function tokenOf(options: Partial<TwilioOptions> = {}) {
  return verifiedToken(twilio({ ...KEY, clock: new FakeClock(), ...options }), SECRET)
}

describe('twilio', () => {
  it('makes an access token for an hour', async () => {
    const { header, claims } = await tokenOf()
    expect(header).toEqual({ alg: 'HS256', typ: 'JWT', cty: 'twilio-fpa;v=1' })
    expect(claims).toEqual({
      jti: expect.any(String),
      iss: KEY.keySid,
      sub: KEY.accountSid,
      iat: NOW - 60,
      exp: NOW - 60 + 3600,
      grants: { identity: 'alice', video: { room: 'Cool Cars' } },
    })
  })

  it('names a token by its key and the time, and no two by the same', async () => {
    const source = twilio({ ...KEY, clock: new FakeClock() })
    const other = twilio({ ...KEY, identity: 'bob', clock: new FakeClock() })
    const ids = new Set<unknown>()
    for (let count = 0; count < 100; count++) {
      for (const one of [source, other]) ids.add((await verifiedToken(one, SECRET)).claims['jti'])
    }
    expect(ids.size).toBe(200)
    const pattern = new RegExp(`^${KEY.keySid}-${NOW}-[0-9a-f]{16}$`)
    for (const id of ids) expect(id).toMatch(pattern)
  })

  it('takes ids of one’s own', async () => {
    let count = 0
    const tokenId = () => `id-${++count}`
    const source = twilio({ ...KEY, tokenId })
    expect((await verifiedToken(source, SECRET)).claims['jti']).toBe('id-1')
    expect((await verifiedToken(source, SECRET)).claims['jti']).toBe('id-2')
  })

  it('names no origin: its tokens go to an SDK', async () => {
    expect(twilio(KEY).origins).toEqual([])
    expect(twilio(KEY)).toMatchObject({ lifetime: 3540, maxLifetime: 86_400 })
  })

  const everything: TwilioGrants = {
    video: {},
    voice: {
      incoming: { allow: true },
      outgoing: { application_sid: 'AP01', params: { to: 'x', deep: { a: [1] } } },
      push_credential_sid: 'CR01',
      endpoint_id: 'e',
    },
    chat: {
      service_sid: 'IS01',
      endpoint_id: 'e',
      deployment_role_sid: 'RL01',
      push_credential_sid: 'CR01',
    },
    data_sync: { service_sid: 'default', endpoint_id: 'e' },
    task_router: { workspace_sid: 'WS01', worker_sid: 'WK01', role: 'worker' },
    player: { playbackUrl: 'https://live-video.example', requestCredentials: null },
  }

  it('takes a grant for every product, and leaves out what is undefined', async () => {
    const { claims } = await tokenOf({ grants: everything })
    expect(claims['grants']).toEqual({ identity: 'alice', ...everything })
    const sparse = { video: undefined, voice: { endpoint_id: undefined } } as object
    const { claims: few } = await tokenOf({ grants: sparse })
    expect(few['grants']).toEqual({ identity: 'alice', voice: {} })
  })

  it.each([
    ['24 hours', { lifetime: 86_400 }, 'exp', NOW - 60 + 86_400],
    ['one second', { lifetime: 1 }, 'exp', NOW + 1],
    ['no backdate', { backdate: 0 }, 'iat', NOW],
    ['a claim of one’s own', { claims: { nbf: NOW } }, 'nbf', NOW],
  ] as const)('takes %s', async (_, options, claim, value) => {
    expect((await tokenOf(options)).claims[claim]).toBe(value)
  })

  it('puts the region into the header', async () => {
    const { header } = await tokenOf({ region: 'ie1' })
    expect(header).toEqual({ alg: 'HS256', typ: 'JWT', cty: 'twilio-fpa;v=1', twr: 'ie1' })
  })

  const bad: readonly [string, object, string][] = [
    ['no account', { accountSid: undefined }, 'accountSid'],
    ['a key for the account', { accountSid: KEY.keySid }, 'accountSid'],
    ['no key', { keySid: undefined }, 'keySid'],
    ['an account for the key', { keySid: KEY.accountSid }, 'keySid'],
    ['no secret', { keySecret: undefined }, 'keySecret'],
    ['a secret with a line end', { keySecret: `${SECRET}\r\n` }, 'keySecret'],
    ['no identity', { identity: undefined }, 'identity'],
    ['an empty identity', { identity: '' }, 'identity'],
    ['no grants', { grants: undefined }, 'grants'],
    ['grants that allow nothing', { grants: {} }, 'grants'],
    ['grants that are a list', { grants: [] }, 'grants'],
    ['grants that are null', { grants: null }, 'grants'],
    ['an identity in the grants', { grants: { identity: 'bob', video: {} } }, 'identity'],
    ['a product that does not exist', { grants: { videos: {} } }, 'videos'],
    ['a product that is true', { grants: { video: true } }, 'grants.video'],
    ['the library’s spelling', { grants: { chat: { serviceSid: 'IS01' } } }, 'serviceSid'],
    ['an empty room', { grants: { video: { room: '' } } }, 'grants.video.room'],
    ['another service', { grants: { chat: { service_sid: 'SK1' } } }, 'grants.chat.service_sid'],
    [
      'calls out without an app',
      { grants: { voice: { outgoing: {} } } },
      'grants.voice.outgoing.application_sid',
    ],
    [
      'a call in that is "yes"',
      { grants: { voice: { incoming: { allow: 'yes' } } } },
      'grants.voice.incoming.allow',
    ],
    [
      'parameters that are text',
      { grants: { voice: { outgoing: { application_sid: 'AP1', params: 'to=x' } } } },
      'grants.voice.outgoing.params',
    ],
    ['a player’s grant that is no JSON', { grants: { player: { a: 1n } } }, 'grants.player'],
    ['a region that is a name', { region: 'Ireland' }, 'region'],
    ['a region in capitals', { region: 'IE1' }, 'region'],
    ['a region with an edge', { region: 'ie1-dublin' }, 'region'],
    ['one second more than 24 hours', { lifetime: 86_401 }, 'lifetime'],
    ['no time at all', { lifetime: 0 }, 'lifetime'],
    ['milliseconds', { lifetime: 3_600_000_000_000 }, 'lifetime'],
    ['a backdate as long as the lifetime', { lifetime: 60, backdate: 60 }, 'backdate'],
    ['a claim that replaces Twilio’s', { claims: { grants: {} } }, 'claims'],
    ['an id for all tokens', { claims: { jti: 'same' } }, 'claims'],
    ['a fixed token id', { tokenId: 'same' }, 'tokenId'],
  ]
  it.each(bad)('refuses %s when the source is made', (_, options, option) => {
    expect(() => twilio({ ...KEY, ...options })).toThrow(
      expect.objectContaining({ name: 'OptionError', option }),
    )
  })

  it('names the nearest grant for a misspelt one', () => {
    const grants = { chat: { serviceSid: 'IS01' } } as object
    expect(() => twilio({ ...KEY, grants })).toThrow('Did you mean "service_sid"?')
  })

  it('changes none of its options and keeps none', async () => {
    const video = { room: 'Cool Cars' }
    const source = twilio({ ...KEY, grants: Object.freeze({ video }) })
    video.room = 'other'
    expect((await verifiedToken(source, SECRET)).claims['grants']).toMatchObject({
      video: { room: 'Cool Cars' },
    })
  })

  it('shows no secret in inspect, JSON or its id', () => {
    const source = twilio(KEY)
    const seen = inspect(source, { depth: 10, showHidden: true }) + JSON.stringify(source)
    expect(seen).not.toContain(SECRET)
  })
})
