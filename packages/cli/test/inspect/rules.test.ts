import { describe, expect, it } from 'vitest'
import { inspectToken } from '../../src/inspect/inspect.ts'
import { VENDOR_NAMES } from '../../src/inspect/rules/profiles.ts'
import { VENDORS } from '../../src/vendors/registry.ts'
import { change, NOW, SOURCES, tokenOf, write } from './support/tokens.ts'

type Json = Record<string, unknown>

function rulesOf(token: string, vendor?: string): string[] {
  const { findings } = inspectToken(token, { now: NOW, vendor })
  return findings.map(({ rule, at }) => `${rule} ${at}`)
}

describe('a token that is as its vendor wants it', () => {
  it.each(Object.keys(SOURCES))('breaks no rule and is known to be for %s', async (title) => {
    const { findings, vendor, faults } = inspectToken(await tokenOf(title), { now: NOW })
    expect({ title: vendor?.title, findings, faults }).toEqual({ title, findings: [], faults: [] })
    expect(['sure', 'likely']).toContain(vendor?.certainty)
  })
})

const CONNECT = 'App Store Connect (team key)'
const INDIVIDUAL = 'App Store Connect (individual key)'
const SERVER = 'the App Store Server API'
const SECRET = 'Sign in with Apple (client secret)'
const VIDEO = 'Zoom Video SDK'
const MEETING = 'Zoom Meeting SDK'
const TELESIGN = 'Telesign App Verify'
const GOOGLE = 'a Google service account (self-signed)'
const CLIENT = 'an OAuth client (private_key_jwt)'
const gone = undefined
const SIX_MONTHS = 15_777_000

type Broken = readonly [title: string, rule: string, claims: Json, header?: Json]

const BROKEN: readonly Broken[] = [
  [CONNECT, 'algorithm header.alg', {}, { alg: 'RS256' }],
  [CONNECT, 'missing header.kid', {}, { kid: gone }],
  [CONNECT, 'value header.kid', {}, { kid: 'AuthKey_2X9R4HXF34.p8' }],
  [CONNECT, 'value header.typ', {}, { typ: 'jwt' }],
  [CONNECT, 'missing payload.iss', { iss: gone }],
  [CONNECT, 'value payload.aud', { aud: 'appstoreconnect-v2' }],
  [CONNECT, 'value payload.aud', { aud: ['appstoreconnect-v1'] }],
  [CONNECT, 'too-long payload.exp', { iat: NOW - 60, exp: NOW + 1141 }],
  [CONNECT, 'too-far-ahead payload.exp', { iat: NOW, exp: NOW + 1201 }],
  [CONNECT, 'issued-in-future payload.iat', { iat: NOW + 1 }],
  [CONNECT, 'date payload.exp', { exp: (NOW + 60) * 1000 }],
  [CONNECT, 'date payload.iat', { iat: String(NOW) }],
  [CONNECT, 'date payload.iat', { iat: NOW - 0.5 }],
  [CONNECT, 'missing payload.exp', { exp: gone }],
  [CONNECT, 'ends-before-begin payload.exp', { exp: NOW - 60 }],
  [CONNECT, 'value payload.scope', { scope: ['POST /v1/apps'] }],
  [CONNECT, 'value payload.scope', { scope: 'GET /v1/apps' }],
  [CONNECT, 'value payload.scope', { scope: ['/v1/apps'] }],
  [CONNECT, 'too-long payload.exp', { scope: ['GET /v1/apps'], exp: NOW + 86_400 }],
  [INDIVIDUAL, 'forbidden payload.iss', { iss: '57246542-96fe' }],
  [SERVER, 'too-long payload.exp', { exp: NOW + 3700 }],
  [SERVER, 'value payload.bid', { bid: '' }],
  ['APNs', 'too-old payload.iat', { iat: NOW - 3600 }],
  ['APNs', 'value payload.iss', { iss: 'GHIJ' }],
  [SECRET, 'too-far-ahead payload.exp', { exp: NOW + SIX_MONTHS + 1 }],
  [SECRET, 'missing payload.sub', { sub: gone }],
  ['MusicKit', 'value payload.origin', { origin: 'https://music.example.com' }],
  ['WeatherKit', 'other-claim payload.aud', { aud: 'x' }],
  ['WeatherKit', 'service header.id', { sub: 'com.example.other' }],
  [VIDEO, 'value payload.role_type', { role_type: '1' }],
  [VIDEO, 'missing payload.role_type', { role_type: gone }],
  [VIDEO, 'topic payload.tpc', { tpc: 'Cool / Cars' }],
  [VIDEO, 'value payload.tpc', { tpc: 'x'.repeat(201) }],
  [VIDEO, 'value payload.version', { version: '1' }],
  [VIDEO, 'value payload.user_key', { user_key: 'x'.repeat(37) }],
  [VIDEO, 'value payload.geo_regions', { geo_regions: 'US,UK' }],
  [VIDEO, 'value payload.cloud_recording_option', { cloud_recording_option: 2 }],
  [
    VIDEO,
    'value payload.cloud_recording_transcript_option',
    { cloud_recording_transcript_option: 3 },
  ],
  [VIDEO, 'too-short payload.exp', { iat: NOW, exp: NOW + 1799 }],
  [VIDEO, 'too-long payload.exp', { iat: NOW, exp: NOW + 172_801 }],
  [VIDEO, 'algorithm header.alg', {}, { alg: 'HS512' }],
  [MEETING, 'meeting-and-role payload.role', { role: gone }],
  [MEETING, 'meeting-and-role payload.mn', { mn: gone }],
  [MEETING, 'value payload.mn', { mn: 123_456_789 }],
  [MEETING, 'token-end payload.tokenExp', { tokenExp: NOW + 60 }],
  [MEETING, 'date payload.tokenExp', { tokenExp: (NOW + 7200) * 1000 }],
  [MEETING, 'sdk-key payload.sdkKey', { sdkKey: 'OTHER' }],
  [MEETING, 'native-minimum payload.exp', { mn: gone, role: gone, iat: NOW, exp: NOW + 1800 }],
  ['Vonage', 'missing payload.jti', { jti: gone }],
  ['Vonage', 'value payload.jti', { jti: 'one' }],
  ['Vonage', 'value payload.application_id', { application_id: 'my-app' }],
  ['Vonage', 'too-long payload.exp', { iat: NOW, exp: NOW + 86_401 }],
  ['Vonage', 'too-short payload.exp', { iat: NOW, exp: NOW + 29 }],
  ['Vonage', 'too-old payload.iat', { iat: NOW - 86_400, exp: NOW + 60 }],
  ['Vonage', 'acl payload.acl', { acl: { '/*/users/**': {} } }],
  ['Vonage', 'acl payload.acl', { acl: { paths: ['/*/users/**'] } }],
  ['Vonage', 'acl payload.acl', { acl: { paths: { '/*/users/**': true } } }],
  ['Vonage', 'acl payload.acl', { acl: { paths: {} } }],
  ['Vonage', 'not-before payload.nbf', { nbf: NOW + 172_800 }],
  ['Vonage', 'forbidden payload.iss', { iss: 'me' }],
  [TELESIGN, 'value payload.phn', { phn: '+15555551212' }],
  [TELESIGN, 'value payload.phn', { phn: 15_555_551_212 }],
  [TELESIGN, 'missing payload.xid', { xid: gone }],
  ['Twilio', 'missing header.cty', {}, { cty: gone }],
  ['Twilio', 'value payload.iss', { iss: 'AC01' }],
  ['Twilio', 'too-long payload.exp', { iat: NOW, exp: NOW + 86_401 }],
  ['Twilio', 'grants payload.grants', { grants: { video: {} } }],
  ['Twilio', 'grants payload.grants', { grants: { identity: 'alice' } }],
  ['LiveKit', 'identity payload.sub', { sub: gone }],
  ['LiveKit', 'grants payload.video', { video: { roomJoin: 'true' } }],
  ['LiveKit', 'not-before payload.nbf', { nbf: NOW + 60 }],
  ['a GitHub App', 'too-far-ahead payload.exp', { exp: NOW + 601 }],
  ['a GitHub App', 'issued-in-future payload.iat', { iat: NOW + 5 }],
  ['a GitHub App', 'algorithm header.alg', {}, { alg: 'HS256' }],
  [GOOGLE, 'too-long payload.exp', { iat: NOW - 10, exp: NOW + 3591 }],
  [GOOGLE, 'audience-or-scope payload.aud', { scope: 'a' }],
  [GOOGLE, 'audience-or-scope payload.aud', { aud: gone }],
  [CLIENT, 'token-id payload.jti', { jti: gone }],
  [CLIENT, 'forbidden payload.scope', { scope: 'read' }],
]

describe('a token that breaks a rule', () => {
  it.each(BROKEN.map((broken) => ({ broken })))('is told so: $broken', async ({ broken }) => {
    const [title, rule, claims, header = {}] = broken
    const good = await tokenOf(title)
    expect(rulesOf(good)).toEqual([])
    const vendor = inspectToken(good, { now: NOW }).vendor?.name
    expect(rulesOf(change(good, claims, header), vendor)).toContain(rule)
  })

  it.each<readonly [string, Json]>([
    [CONNECT, { iat: NOW, exp: NOW + 1200 }],
    [VIDEO, { iat: NOW, exp: NOW + 1800 }],
    [VIDEO, { iat: NOW, exp: NOW + 172_800 }],
    ['Vonage', { iat: NOW, exp: NOW + 86_400 }],
    [SECRET, { exp: NOW + SIX_MONTHS }],
    ['a GitHub App', { iat: NOW, exp: NOW + 600 }],
    ['APNs', { iat: NOW - 3599 }],
  ])('but one on the very edge of it is none: %s %j', async (title, claims) => {
    expect(rulesOf(change(await tokenOf(title), claims))).toEqual([])
  })

  it('may live for months with scopes on resources for which Apple allows it', async () => {
    const scope = ['GET /v1/ciProducts', 'GET /v1/apps/1/perfPowerMetrics']
    const long = { scope, exp: NOW + SIX_MONTHS - 60 }
    expect(rulesOf(change(await tokenOf(CONNECT), long))).toEqual([])
  })

  it('is not complained about twice for one claim', async () => {
    const rules = rulesOf(change(await tokenOf(VIDEO), { exp: (NOW + 7200) * 1000 }))
    expect(rules).toEqual(['date payload.exp'])
    expect(rulesOf(change(await tokenOf(VIDEO), {}, { alg: 'none' }))).toEqual([
      'unsigned header.alg',
    ])
  })
})

describe('rules for every token', () => {
  const payload = { sub: 'alice', exp: NOW + 60 }
  it.each([
    ['unsigned header.alg', { alg: 'None' }, payload],
    ['no-algorithm header.alg', {}, payload],
    ['unknown-algorithm header.alg', { alg: 'RSA' }, payload],
    ['key-id header.kid', { alg: 'HS256', kid: 7 }, payload],
    ['critical header.crit', { alg: 'HS256', crit: ['b64'] }, payload],
    ['key-in-header header.jku', { alg: 'HS256', jku: 'https://x' }, payload],
    ['no-expiry payload.exp', { alg: 'HS256' }, { sub: 'alice' }],
    ['claim-name payload.expires_in', { alg: 'HS256' }, { expires_in: 60 }],
    ['claim-name payload.Exp', { alg: 'HS256' }, { Exp: NOW }],
    ['date payload.exp', { alg: 'HS256' }, { exp: null }],
    ['date payload.exp', { alg: 'HS256' }, { exp: 0 }],
  ])('find %s', (rule, header, claims) => {
    expect(rulesOf(write(header, claims))).toContain(rule)
  })
})

describe('the vendors', () => {
  it('have the names that the other commands know them by', () => {
    const commands = new Set(VENDORS.map(({ name }) => name))
    expect(VENDOR_NAMES.filter((name) => !commands.has(name))).toEqual(['vonage-webhook'])
  })
})

describe('recognising', () => {
  it('is not done by what everybody has', () => {
    const token = write(
      { alg: 'RS256', kid: 'a' },
      { iss: 'https://as', sub: 'u', aud: 'x', exp: NOW },
    )
    expect(inspectToken(token, { now: NOW }).vendor).toBeUndefined()
  })

  it('can be told', async () => {
    const token = write({ alg: 'HS256' }, { exp: NOW + 10 })
    const { vendor, findings } = inspectToken(token, { now: NOW, vendor: 'telesign' })
    expect(vendor?.certainty).toBe('told')
    expect(findings.map(({ at }) => at)).toContain('payload.phn')
  })

  it('names what else it might be', () => {
    const header = { alg: 'ES256', kid: '2X9R4HXF34' }
    const token = write(header, { iss: 'DEF123GHIJ', iat: NOW, exp: NOW + 60, sub: 'x', bid: 'y' })
    const { vendor } = inspectToken(token, { now: NOW })
    expect(vendor?.certainty).toBe('likely')
    expect(vendor?.others).not.toEqual([])
  })

  it('tells an App Store Server token from one of App Store Connect', async () => {
    const { vendor } = inspectToken(await tokenOf(SERVER), { now: NOW })
    expect(vendor?.name).toBe('app-store-server')
  })
})
