import { diagnose, TokenManager, type TokenSource } from '@mayfly/core'
import * as vendors from '@mayfly/core/vendors'
import { FakeClock } from '@mayfly/testing'
import { describe, expect, it } from 'vitest'
import { pairs, pem } from '../keys/materials.ts'
import { TEAM } from './apple/tokens.ts'
import { CREDENTIALS } from './google/credentials.ts'

interface Capped {
  readonly name: string
  /** Seconds from `iat` to `exp` that the vendor takes at the most. */
  readonly cap: number
  readonly make: (options: object) => TokenSource
}

const { keyId, privateKey, teamId } = TEAM
const SIX_MONTHS = 15_777_000
const team = { keyId, privateKey, issuerId: 'issuer' }
const ofTeam = { keyId, privateKey, teamId }
const app = { applicationId: 'app', privateKey: pem(pairs.rsa.privateKey, 'pkcs8') }
const session = {
  sdkKey: 'key',
  sdkSecret: 'a-secret-of-zoom',
  topic: 'Cars',
  role: 'host',
} as const
const meeting = { clientId: 'id', clientSecret: 'a-secret-of-zoom' }
const google = { credentials: CREDENTIALS, audience: 'https://pubsub.googleapis.com/' }
const gitHub = { appId: 'Iv23li', privateKey: app.privateKey }
const account = {
  accountSid: `AC${'0'.repeat(32)}`,
  keySid: `SK${'0'.repeat(32)}`,
  keySecret: 'a-secret-of-twilio',
  identity: 'alice',
  grants: { video: { room: 'Cars' } },
}
const products = ['GET /v1/ciProducts']
const clientId = 'com.example.web'

const CAPPED: readonly Capped[] = [
  {
    name: 'appStoreConnect',
    cap: 1200,
    make: (own) => vendors.appStoreConnect({ ...team, ...own }),
  },
  {
    name: 'appStoreConnect with a scope that may be long-lived',
    cap: SIX_MONTHS,
    make: (own) => vendors.appStoreConnect({ ...team, scope: products, ...own }),
  },
  {
    name: 'appStoreServer',
    cap: 3600,
    make: (own) => vendors.appStoreServer({ ...team, bundleId: 'com.example.app', ...own }),
  },
  { name: 'apns', cap: 3600, make: (own) => vendors.apns({ ...ofTeam, ...own }) },
  {
    name: 'appleClientSecret',
    cap: SIX_MONTHS,
    make: (own) => vendors.appleClientSecret({ ...ofTeam, clientId, ...own }),
  },
  { name: 'musicKit', cap: SIX_MONTHS, make: (own) => vendors.musicKit({ ...ofTeam, ...own }) },
  { name: 'vonage', cap: 86_400, make: (own) => vendors.vonage({ ...app, ...own }) },
  {
    name: 'googleServiceAccount, self-signed',
    cap: 3600,
    make: (own) => vendors.googleServiceAccount({ ...google, ...own }),
  },
  {
    name: 'zoomVideoSdk',
    cap: 172_800,
    make: (own) => vendors.zoomVideoSdk({ ...session, ...own }),
  },
  {
    name: 'zoomMeetingSdk',
    cap: 172_800,
    make: (own) => vendors.zoomMeetingSdk({ ...meeting, ...own }),
  },
  {
    name: 'zoomMeetingSdk with a shorter tokenLifetime',
    cap: 172_800,
    make: (own) => vendors.zoomMeetingSdk({ ...meeting, tokenLifetime: 3600, ...own }),
  },
  { name: 'githubApp', cap: 600, make: (own) => vendors.githubApp({ ...gitHub, ...own }) },
  { name: 'twilio', cap: 86_400, make: (own) => vendors.twilio({ ...account, ...own }) },
]

describe.each(CAPPED)('$name', ({ cap, make }) => {
  it(`says that its tokens live ${cap} seconds at the most`, () => {
    expect(make({}).maxLifetime).toBe(cap)
  })

  it('takes a lifetime of just that, and refuses one second more', () => {
    expect(make({ lifetime: cap }).maxLifetime).toBe(cap)
    expect(() => make({ lifetime: cap + 1 })).toThrow(
      expect.objectContaining({ option: 'lifetime' }),
    )
  })

  it('tells it to what explains a refusal, through a manager too', async () => {
    const clock = new FakeClock()
    const source = new TokenManager(make({ clock }), { clock })
    const token = await source.getToken()
    const refusal = Response.json({}, { status: 401 })
    const { maxLifetime } = await diagnose(refusal, token, { source, clock })
    expect(maxLifetime).toBe(cap)
  })
})

describe('jwtSource', () => {
  const make = (options: object): TokenSource =>
    vendors.jwtSource({
      algorithm: 'ES256',
      key: pem(pairs.p256.privateKey, 'pkcs8'),
      claims: { iss: 'us' },
      lifetime: 600,
      origins: [],
      ...options,
    })

  it('knows no limit unless it is told one', () => {
    expect(make({}).maxLifetime).toBeUndefined()
    expect(make({ maxLifetime: 600 }).maxLifetime).toBe(600)
  })

  it.each([
    ['a lifetime beyond the limit', { maxLifetime: 599 }, 'lifetime'],
    ['milliseconds', { maxLifetime: 1_700_000_000_000 }, 'maxLifetime'],
    ['parts of a second', { maxLifetime: 600.5 }, 'maxLifetime'],
    ['nothing at all', { maxLifetime: 0 }, 'maxLifetime'],
  ])('refuses %s', (_, options, option) => {
    expect(() => make(options)).toThrow(expect.objectContaining({ option }))
  })
})

it('knows no limit of vendors that state none: WeatherKit and LiveKit', () => {
  const weather = vendors.weatherKit({ ...ofTeam, serviceId: 'com.example.weather' })
  const rooms = vendors.liveKit({
    apiKey: 'key',
    apiSecret: 'a-secret-of-livekit',
    identity: 'alice',
    grants: { room: 'cars', roomJoin: true },
  })
  expect([weather.maxLifetime, rooms.maxLifetime]).toEqual([undefined, undefined])
})
