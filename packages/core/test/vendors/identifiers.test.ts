import * as vendors from '@mayfly/core/vendors'
import type { TokenSource } from '@mayfly/core'
import { describe, expect, it } from 'vitest'
import { pairs, pem } from '../keys/materials.ts'
import { TEAM } from './apple/tokens.ts'
import { CREDENTIALS } from './google/credentials.ts'

type Make = (options: never) => unknown

/** What a vendor's function is called with, and what each of its texts is. */
interface Row {
  readonly make: Make
  readonly options: Readonly<Record<string, unknown>>
  /** Texts that may hold anything, or are not copied from a vendor's page: checked elsewhere. */
  readonly free?: readonly string[]
  readonly secrets?: readonly string[]
  /** Secrets that no callback gives. */
  readonly hidden?: readonly string[]
  /** Texts within an option, by their path. */
  readonly within?: readonly string[]
}

const { keyId, teamId, privateKey } = TEAM
const rsa = pem(pairs.rsa.privateKey, 'pkcs8')
const team = { keyId, teamId, privateKey }
const issuerId = '57246542-96fe-1a63-e053-0824d011072a'
const SECRET = 'qwertyuiopasdfghjklzxcvbnm123456'
const client = { tokenEndpoint: 'https://auth.example.com/token', clientId: 'orders' }
const oauth = {
  ...client,
  audience: 'https://api.example.com',
  resource: 'https://api.example.com',
}
const app = vendors.githubApp({ appId: 'Iv23li', privateKey: rsa })
const cloud = { credentials: CREDENTIALS }
const key = 'privateKey'

const ROWS: Readonly<Record<string, readonly Row[]>> = {
  appStoreConnect: [
    { make: vendors.appStoreConnect, options: { keyId, privateKey, issuerId }, free: [key] },
  ],
  appStoreServer: [
    {
      make: vendors.appStoreServer,
      options: { keyId, privateKey, issuerId, bundleId: 'com.example.app' },
      free: [key],
    },
  ],
  apns: [{ make: vendors.apns, options: team, free: [key] }],
  musicKit: [{ make: vendors.musicKit, options: team, free: [key] }],
  weatherKit: [
    { make: vendors.weatherKit, options: { ...team, serviceId: 'com.example.w' }, free: [key] },
  ],
  appleClientSecret: [
    {
      make: vendors.appleClientSecret,
      options: { ...team, clientId: 'com.example.web' },
      free: [key],
    },
  ],
  vonage: [
    {
      make: vendors.vonage,
      options: { applicationId: issuerId, privateKey: rsa, subject: 'alice' },
      free: [key],
    },
  ],
  verifyVonageWebhook: [],
  telesign: [
    {
      make: vendors.telesign,
      options: {
        customerId: 'FFFFFFFF-EEEE-DDDD-1234-AB1234567890',
        // Whatever is not base64 is dropped from it, as Telesign itself does.
        apiKey: 'dGVsZXNpZ24tdGVzdC1rZXktMDEyMzQ1Njc4OWFiY2RlZg==',
        phoneNumber: '15555551212',
        externalId: 'order-1',
      },
      free: ['apiKey'],
    },
  ],
  voicegain: [
    {
      make: vendors.voicegain,
      options: {
        consoleToken: `e30.e30.${SECRET}`,
        audience: 'app.example.com',
        api: 'stt',
        contextId: 'context-0123456789',
        baseUrl: 'https://api.example.com',
      },
      secrets: ['consoleToken'],
    },
  ],
  zoomVideoSdk: [
    {
      make: vendors.zoomVideoSdk,
      options: {
        sdkKey: 'key',
        sdkSecret: SECRET,
        topic: 'Cool Cars',
        role: 'host',
        userKey: 'alice',
        userIdentity: 'alice',
        sessionKey: 'session',
        telemetryTrackingId: 'track',
      },
      // A session's name may have spaces anywhere, and is told by Zoom's own table of characters.
      free: ['role', 'topic'],
      secrets: ['sdkSecret'],
    },
  ],
  zoomMeetingSdk: [
    {
      make: vendors.zoomMeetingSdk,
      options: { clientId: 'id', clientSecret: SECRET, meetingNumber: '85746065432', role: 'host' },
      free: ['role'],
      secrets: ['clientSecret'],
    },
  ],
  zoomServerToServer: [
    {
      make: vendors.zoomServerToServer,
      options: {
        accountId: 'account',
        clientId: 'id',
        clientSecret: SECRET,
        tokenEndpoint: 'https://zoom.us/oauth/token',
      },
      secrets: ['clientSecret'],
    },
  ],
  githubApp: [
    {
      make: vendors.githubApp,
      options: { appId: 'Iv23li', privateKey: rsa, baseUrl: 'https://github.example.com/api/v3' },
      free: [key],
    },
  ],
  githubInstallation: [
    {
      make: vendors.githubInstallation,
      options: { app, installationId: '12345678', baseUrl: 'https://api.github.com' },
    },
  ],
  googleServiceAccount: [
    {
      make: vendors.googleServiceAccount,
      options: { ...cloud, scope: 'read', subject: 'alice@example.com' },
      free: ['scope'],
      within: ['credentials.client_email', 'credentials.private_key_id', 'credentials.token_uri'],
    },
    {
      make: vendors.googleServiceAccount,
      options: { ...cloud, audience: 'https://pubsub.googleapis.com/' },
    },
  ],
  clientCredentials: [
    {
      make: vendors.clientCredentials,
      options: { ...oauth, clientSecret: SECRET, scope: 'read' },
      free: ['scope'],
      secrets: ['clientSecret'],
    },
    {
      make: vendors.clientCredentials,
      options: { issuer: 'https://auth.example.com', clientId: 'orders', clientSecret: SECRET },
      free: ['clientSecret'],
    },
    {
      make: vendors.clientCredentials,
      options: {
        ...client,
        privateKey: rsa,
        keyId: '1',
        assertion: { audience: 'https://a.example' },
      },
      free: [key],
      within: ['assertion.audience'],
    },
  ],
  twilio: [
    {
      make: vendors.twilio,
      options: {
        accountSid: `AC${'0'.repeat(32)}`,
        keySid: `SK${'0'.repeat(32)}`,
        keySecret: SECRET,
        identity: 'alice',
        region: 'ie1',
        grants: {
          video: { room: 'Cool Cars' },
          chat: { service_sid: `IS${'0'.repeat(32)}`, endpoint_id: 'a' },
        },
      },
      secrets: ['keySecret'],
      within: ['grants.video.room', 'grants.chat.service_sid', 'grants.chat.endpoint_id'],
    },
  ],
  liveKit: [
    {
      make: vendors.liveKit,
      options: {
        apiKey: 'APIMmxiL8rquKzt',
        apiSecret: SECRET,
        identity: 'alice',
        name: 'Alice',
        metadata: '{}',
        grants: { room: 'cool-cars', roomJoin: true },
      },
      free: ['metadata'],
      secrets: ['apiSecret'],
      within: ['grants.room'],
    },
  ],
  snowflake: [
    {
      make: vendors.snowflake,
      options: { account: 'myorg-acct', user: 'loader', privateKey: rsa },
      free: [key],
    },
  ],
  firebaseCustomToken: [
    { make: vendors.firebaseCustomToken, options: { ...cloud, uid: 'alice', tenantId: 'tenant' } },
  ],
  googleIdToken: [
    { make: vendors.googleIdToken, options: { ...cloud, audience: 'https://a.run.app' } },
  ],
  stream: [
    {
      make: vendors.stream,
      options: { apiSecret: SECRET, userId: 'alice' },
      secrets: ['apiSecret'],
    },
  ],
  // Its key is one text, which is taken apart: no callback gives it.
  ably: [
    {
      make: vendors.ably,
      options: { apiKey: `app1.key1:${SECRET}`, clientId: 'alice' },
      hidden: ['apiKey'],
    },
  ],
  muxPlayback: [
    {
      make: vendors.muxPlayback,
      options: { keyId: 'key1', privateKey: rsa, playbackId: 'play1', type: 'video' },
      free: [key, 'type'],
    },
  ],
  cloudflareStream: [
    {
      make: vendors.cloudflareStream,
      options: { keyId: 'key1', privateKey: rsa, videoId: 'video1' },
      free: [key],
    },
  ],
  exchangedSource: [
    {
      make: vendors.exchangedSource,
      options: { id: 'mine', origins: ['https://a.example'], request: () => undefined },
    },
  ],
  jwtSource: [
    {
      make: vendors.jwtSource,
      options: {
        algorithm: 'RS256',
        key: rsa,
        keyId: '1',
        claims: {},
        lifetime: 60,
        origins: ['https://api.example.com'],
      },
      free: ['algorithm', 'key'],
    },
  ],
}

/** What is copied along with an identifier, and what the message shows of it. */
const EXCESS: readonly (readonly [what: string, spoil: (text: string) => string, shown: RegExp])[] =
  [
    ['a line end behind it', (text) => `${text}\n`, /\(\\n\)/],
    ['a line end of Windows behind it', (text) => `${text}\r\n`, /\(\\r\\?n?/],
    ['a space before it', (text) => ` ${text}`, /a space/],
    ['a space behind it', (text) => `${text} `, /a space/],
    ['a tab behind it', (text) => `${text}\t`, /\(\\t\)/],
    ['a NUL behind it', (text) => `${text}\0`, /\(\\0\)/],
    ['a zero-width space behind it', (text) => `${text}\u200b`, /U\+200B/],
    ['a zero-width space before it', (text) => `\u200b${text}`, /U\+200B/],
    ['a byte order mark before it', (text) => `\ufeff${text}`, /U\+FEFF/],
    ['a no-break space behind it', (text) => `${text}\u00a0`, /U\+00A0/],
    ['double quotes around it', (text) => `"${text}"`, /in quotes|\(U\+0022\)/],
    ['single quotes around it', (text) => `'${text}'`, /in quotes|\(U\+0027\)/],
    ['curly quotes around it', (text) => `“${text}”`, /in quotes|\(U\+201C\)/],
    ['a tab within it', (text) => `${text[0]}\t${text.slice(1)}`, /\(\\t\)/],
    ['a line end within it', (text) => `${text[0]}\n${text.slice(1)}`, /\(\\n\)/],
  ]

const makers = Object.entries(vendors).filter(([name]) => /^[a-z]/.test(name))

describe('the identifiers of every vendor', () => {
  it('are all in this table', () => {
    expect(Object.keys(ROWS).toSorted()).toEqual(makers.map(([name]) => name).toSorted())
    for (const [name, rows] of Object.entries(ROWS)) {
      for (const { options, free = [] } of rows) {
        for (const one of free) expect(options, name).toHaveProperty(one)
      }
    }
  })

  for (const [name, rows] of Object.entries(ROWS)) {
    for (const row of rows) describeRow(name, row)
  }
})

function describeRow(
  name: string,
  { make, options, free = [], secrets = [], within = [], hidden = [] }: Row,
): void {
  const texts = Object.entries(options).flatMap(([option, value]) =>
    typeof value === 'string' && !free.includes(option) ? [option] : [],
  )
  it(`${name} takes them as they are`, () => {
    expect(() => make(options as never)).not.toThrow()
  })

  it.each([...texts, ...within])(`${name} shows what is too much in "%s"`, (path) => {
    for (const [what, spoil, shown] of EXCESS) {
      const spoiled = change(options, path.split('.'), spoil)
      const error = errorOf(() => make(spoiled as never), `${name}, ${path}: ${what}`)
      expect(error).toMatchObject({ name: 'OptionError', code: 'ERR_OPTION_INVALID', option: path })
      expect(error.message, what).toMatch(shown)
      if ([...secrets, ...hidden].includes(path))
        expect(error.message).not.toContain(SECRET.slice(0, 8))
    }
  })

  it.each(secrets)(`${name} shows what is too much in "%s" of a callback`, async (path) => {
    for (const [what, spoil, shown] of EXCESS) {
      const give = (): string => spoil(String(options[path]))
      const source = make({ ...options, [path]: give } as never) as TokenSource
      const error = await source.getToken().then(
        () => undefined,
        (thrown: unknown) => thrown as Error,
      )
      expect(error, what).toMatchObject({ name: 'OptionError', option: path })
      expect(error?.message, what).toMatch(shown)
      expect(error?.message).not.toContain(SECRET.slice(0, 8))
    }
  })
}

/** Copies an object with one of the texts in it changed. */
function change(
  value: unknown,
  [name = '', ...rest]: readonly string[],
  spoil: (text: string) => string,
): unknown {
  const object = value as Readonly<Record<string, unknown>>
  const member = object[name]
  return {
    ...object,
    [name]: rest.length > 0 ? change(member, rest, spoil) : spoil(String(member)),
  }
}

function errorOf(run: () => unknown, what: string): Error {
  try {
    run()
  } catch (error) {
    return error as Error
  }
  throw new Error(`${what} was taken.`)
}
