import { createHmac, generateKeyPairSync } from 'node:crypto'
import type { TokenSource } from '@mayfly/core'
import {
  apns,
  appleClientSecret,
  appStoreConnect,
  appStoreServer,
  githubApp,
  googleServiceAccount,
  jwtSource,
  liveKit,
  musicKit,
  telesign,
  twilio,
  VONAGE_CLIENT_SDK_ACL,
  vonage,
  weatherKit,
  zoomMeetingSdk,
  zoomVideoSdk,
} from '@mayfly/core/vendors'
import { FakeClock } from '@mayfly/testing'

/** Seconds; the time of every test here. */
export const NOW = 1_700_000_000

/** The clock of every test here. */
export const clock: FakeClock = new FakeClock(NOW * 1000)

type Json = Record<string, unknown>

/** Writes a token of any header and payload. */
export function write(header: Json, payload: Json, signature?: string): string {
  const input = `${encode(header)}.${encode(payload)}`
  const bytes = SIZES[String(header['alg'])] ?? 256
  const filling = createHmac('sha256', 'secret').update(input).digest()
  const own = Buffer.alloc(bytes, filling).toString('base64url')
  return `${input}.${signature ?? own}`
}

const SIZES: Readonly<Record<string, number>> = { HS256: 32, ES256: 64 }

/** Takes a token apart. */
function open(token: string): { header: Json; payload: Json } {
  const [header = '', payload = ''] = token.split('.')
  return { header: decode(header), payload: decode(payload) }
}

/** Changes claims of a token, and members of its header; `undefined` takes one away. */
export function change(token: string, claims: Json, header: Json = {}): string {
  const opened = open(token)
  return write({ ...opened.header, ...header }, { ...opened.payload, ...claims })
}

function encode(value: Json): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function decode(part: string): Json {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Json
}

const pem = { type: 'pkcs8', format: 'pem' } as const
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export(pem).toString()
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export(pem).toString()
const apple = { keyId: '2X9R4HXF34', privateKey: ec, clock }
const team = { ...apple, teamId: 'DEF123GHIJ' }
const account = {
  type: 'service_account',
  client_email: 'robot@project.iam.gserviceaccount.com',
  private_key: rsa,
  private_key_id: 'abc',
  token_uri: 'https://oauth2.googleapis.com/token',
}

/** A source of each kind of token that is signed here, with the title that it should be known by. */
export const SOURCES: Readonly<Record<string, TokenSource>> = {
  'App Store Connect (team key)': appStoreConnect({ ...apple, issuerId: '57246542-96fe' }),
  'App Store Connect (individual key)': appStoreConnect({ ...apple, individual: true }),
  'the App Store Server API': appStoreServer({ ...apple, issuerId: '57246542', bundleId: 'com.x' }),
  APNs: apns(team),
  'Sign in with Apple (client secret)': appleClientSecret({ ...team, clientId: 'com.example' }),
  MusicKit: musicKit({ ...team, origin: ['https://music.example.com'] }),
  WeatherKit: weatherKit({ ...team, serviceId: 'com.example.weather' }),
  'Zoom Video SDK': zoomVideoSdk({
    sdkKey: 'KEY',
    sdkSecret: 'secret',
    topic: 'Cool Cars',
    role: 'host',
    geoRegions: 'US,CA',
    clock,
  }),
  'Zoom Meeting SDK': zoomMeetingSdk({
    clientId: 'KEY',
    clientSecret: 'secret',
    meetingNumber: '123456789',
    role: 'host',
    clock,
  }),
  Vonage: vonage({
    applicationId: 'aaaaaaaa-bbbb-cccc-dddd-0123456789ab',
    privateKey: rsa,
    subject: 'alice',
    acl: VONAGE_CLIENT_SDK_ACL,
    clock,
  }),
  'Telesign App Verify': telesign({
    customerId: 'FFFFFFFF-EEEE-DDDD-1234-AB1234567890',
    apiKey: Buffer.alloc(64, 7).toString('base64'),
    phoneNumber: '15555551212',
    clock,
  }),
  Twilio: twilio({
    accountSid: 'AC01',
    keySid: 'SK01',
    keySecret: 'secret',
    identity: 'alice',
    grants: { video: {} },
    clock,
  }),
  LiveKit: liveKit({
    apiKey: 'APIabc',
    apiSecret: 'secret',
    identity: 'alice',
    grants: { roomJoin: true, room: 'r' },
    clock,
  }),
  'a GitHub App': githubApp({ appId: '123456', privateKey: rsa, clock }),
  'a Google service account (self-signed)': googleServiceAccount({
    credentials: account,
    audience: 'https://pubsub.googleapis.com/',
    clock,
  }),
  'an OAuth client (private_key_jwt)': jwtSource({
    algorithm: 'RS256',
    key: rsa,
    claims: { iss: 'client', sub: 'client', aud: 'https://as.example.com' },
    tokenId: () => 'x',
    lifetime: 60,
    origins: [],
    clock,
  }),
}

/** A token as one of these sources makes it. */
export async function tokenOf(title: string): Promise<string> {
  const source = SOURCES[title]
  if (source === undefined) throw new Error(`There is no source of ${title}.`)
  return (await source.getToken()).value
}
