import {
  type ApnsOptions,
  apns,
  type AppleClientSecretOptions,
  appleClientSecret,
  type AppStoreConnectOptions,
  appStoreConnect,
  type AppStoreServerOptions,
  appStoreServer,
  type MusicKitOptions,
  musicKit,
  type WeatherKitOptions,
  weatherKit,
} from '@mayfly/core/vendors'
import { type Credential, ORIGIN, SIGNED, SIGNED_PLAINLY, type VendorOption } from './option.ts'
import type { VendorCommand } from './vendor.ts'

const GROUP = 'Apple:'
const CREDENTIAL: Credential = { kind: 'key', property: 'privateKey', what: 'the .p8 key' }

const KEY_ID: VendorOption = {
  flags: '--key-id <id>',
  description: 'the key’s id, as Apple shows it beside the key',
  required: true,
}
const ISSUER_ID: VendorOption = {
  flags: '--issuer-id <id>',
  description: 'the issuer id, from the page of the API keys',
}
const TEAM_ID: VendorOption = {
  flags: '--team-id <id>',
  description: 'the team’s id: ten letters and digits',
  required: true,
}
const ENVIRONMENT: VendorOption = {
  flags: '--environment <name>',
  description: 'which of Apple’s servers it is for',
  choices: ['production', 'sandbox'],
}

/** The commands for tokens that are signed with an Apple key. */
export const APPLE: readonly VendorCommand[] = [
  {
    name: 'app-store-connect',
    function: 'appStoreConnect',
    title: 'App Store Connect API',
    group: GROUP,
    credential: CREDENTIAL,
    options: [
      KEY_ID,
      ISSUER_ID,
      {
        flags: '--individual',
        description: 'the key is an individual one, without an issuer id',
        kind: 'switch',
      },
      {
        flags: '--enterprise',
        description: 'it is for the Enterprise Program API',
        kind: 'switch',
      },
      {
        flags: '--scope <entry>',
        description: 'a request that the token is for: "GET /v1/apps"; may be repeated',
        kind: 'list',
      },
      ...SIGNED,
      ORIGIN,
    ],
    example: '--key-id 2X9R4HXF34 --issuer-id ISSUER --key AuthKey_2X9R4HXF34.p8',
    url: 'https://api.appstoreconnect.apple.com/v1/apps',
    create: (settings, { clock }) =>
      appStoreConnect({ ...settings, clock } as unknown as AppStoreConnectOptions),
  },
  {
    name: 'app-store-server',
    function: 'appStoreServer',
    title: 'App Store Server API',
    group: GROUP,
    credential: CREDENTIAL,
    options: [
      KEY_ID,
      { ...ISSUER_ID, required: true },
      {
        flags: '--bundle-id <id>',
        description: 'the app’s bundle id, such as com.example.app',
        required: true,
      },
      ENVIRONMENT,
      ...SIGNED,
      ORIGIN,
    ],
    example:
      '--key-id ABC123DEFG --issuer-id ISSUER --bundle-id com.example.app --key SubscriptionKey.p8',
    url: 'https://api.storekit.apple.com/inApps/v1/history/TRANSACTION',
    create: (settings, { clock }) =>
      appStoreServer({ ...settings, clock } as unknown as AppStoreServerOptions),
  },
  {
    name: 'apns',
    function: 'apns',
    title: 'push notifications (APNs)',
    group: GROUP,
    credential: CREDENTIAL,
    options: [TEAM_ID, KEY_ID, ENVIRONMENT, ...SIGNED_PLAINLY, ORIGIN],
    noRequests: 'APNs speaks HTTP/2 alone, and Node’s fetch does not: use curl and --header.',
    example: '--team-id DEF123GHIJ --key-id ABC123DEFG --key AuthKey_ABC123DEFG.p8 --cache',
    create: (settings, { clock }) => apns({ ...settings, clock } as unknown as ApnsOptions),
  },
  {
    name: 'music-kit',
    function: 'musicKit',
    title: 'Apple Music API (MusicKit)',
    group: GROUP,
    credential: CREDENTIAL,
    options: [
      TEAM_ID,
      KEY_ID,
      {
        flags: '--web-origin <url>',
        description: 'a web site that may use the token in browsers; may be repeated',
        kind: 'list',
        property: 'origin',
      },
      ...SIGNED,
      ORIGIN,
    ],
    example: '--team-id DEF123GHIJ --key-id ABC123DEFG --key AuthKey_ABC123DEFG.p8 --lifetime 12h',
    url: 'https://api.music.apple.com/v1/catalog/us/songs/203709340',
    create: (settings, { clock }) => musicKit({ ...settings, clock } as unknown as MusicKitOptions),
  },
  {
    name: 'weather-kit',
    function: 'weatherKit',
    title: 'WeatherKit REST API',
    group: GROUP,
    credential: CREDENTIAL,
    options: [
      TEAM_ID,
      KEY_ID,
      {
        flags: '--service-id <id>',
        description: 'the service that WeatherKit was enabled for, such as com.example.weather',
        required: true,
      },
      ...SIGNED_PLAINLY,
      ORIGIN,
    ],
    example:
      '--team-id DEF123GHIJ --key-id ABC123DEFG --service-id com.example.weather --key AuthKey_ABC123DEFG.p8',
    url: 'https://weatherkit.apple.com/api/v1/availability/48.2/16.37',
    create: (settings, { clock }) =>
      weatherKit({ ...settings, clock } as unknown as WeatherKitOptions),
  },
  {
    name: 'apple-client-secret',
    function: 'appleClientSecret',
    title: 'client secret for Sign in with Apple',
    group: GROUP,
    credential: CREDENTIAL,
    options: [
      TEAM_ID,
      KEY_ID,
      {
        flags: '--client-id <id>',
        description: 'the app’s bundle id, or the id of the service for the web',
        required: true,
      },
      ...SIGNED,
      ORIGIN,
    ],
    example:
      '--team-id DEF123GHIJ --key-id ABC123DEFG --client-id com.example.web --key AuthKey_ABC123DEFG.p8',
    create: (settings, { clock }) =>
      appleClientSecret({ ...settings, clock } as unknown as AppleClientSecretOptions),
  },
]
