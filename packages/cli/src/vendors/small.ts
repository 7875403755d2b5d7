import {
  ably,
  type AblyOptions,
  cloudflareStream,
  type CloudflareStreamOptions,
  firebaseCustomToken,
  type FirebaseCustomTokenOptions,
  googleIdToken,
  type GoogleIdTokenOptions,
  muxPlayback,
  type MuxPlaybackOptions,
  snowflake,
  type SnowflakeOptions,
  stream,
  type StreamOptions,
} from '@mayfly/core/vendors'
import { EXCHANGED, ORIGIN, SIGNED, type VendorOption } from './option.ts'
import type { VendorCommand } from './vendor.ts'

const GROUP = 'Video, chat, data and Google:'
const KEY_ID: VendorOption = {
  flags: '--key-id <id>',
  description: 'the id of the signing key',
  required: true,
}
const NO_REQUESTS = 'The token goes to an SDK or into a URL, not to an API from here.'

/** Vendors whose tokens are little more than a few claims. */
export const SMALL: readonly VendorCommand[] = [
  {
    name: 'snowflake',
    function: 'snowflake',
    title: 'Snowflake: key-pair authentication',
    group: GROUP,
    credential: { kind: 'key', property: 'privateKey', what: 'the user’s private key' },
    options: [
      {
        flags: '--account <name>',
        description: 'the account, as its URL has it: myorg-account123',
        required: true,
      },
      { flags: '--user <name>', description: 'the user’s name', required: true },
      ...SIGNED,
      ORIGIN,
    ],
    example: '--account myorg-account123 --user ALICE --key rsa_key.p8',
    url: 'https://myorg-account123.snowflakecomputing.com/api/v2/databases',
    create: (settings, { clock }) =>
      snowflake({ ...settings, clock } as unknown as SnowflakeOptions),
  },
  {
    name: 'firebase-custom-token',
    function: 'firebaseCustomToken',
    title: 'Firebase: a custom token, to sign a user in',
    group: GROUP,
    credential: { kind: 'key', property: 'credentials', what: 'the JSON file of the key' },
    options: [
      { flags: '--uid <id>', description: 'the user to sign in', required: true },
      {
        flags: '--developer-claim <name=value>',
        description: 'a claim for security rules, name=text or name:=json; may be repeated',
        kind: 'assignments',
        property: 'developerClaims',
      },
      { flags: '--tenant-id <id>', description: 'the tenant, where the project has several' },
      ...SIGNED,
      ORIGIN,
    ],
    noRequests: NO_REQUESTS,
    example: '--uid alice --key service-account.json',
    create: (settings, { clock }) =>
      firebaseCustomToken({ ...settings, clock } as unknown as FirebaseCustomTokenOptions),
  },
  {
    name: 'google-id-token',
    function: 'googleIdToken',
    title: 'Google: an ID token for Cloud Run or Identity-Aware Proxy',
    group: GROUP,
    credential: { kind: 'key', property: 'credentials', what: 'the JSON file of the key' },
    options: [
      {
        flags: '--audience <text>',
        description: 'the service’s URL, or the client id of Identity-Aware Proxy',
        required: true,
      },
      ...EXCHANGED,
      ORIGIN,
    ],
    example: '--audience https://orders-abc.a.run.app --key service-account.json --cache',
    url: 'https://orders-abc.a.run.app/',
    create: (settings, surroundings) =>
      googleIdToken({ ...settings, ...surroundings } as unknown as GoogleIdTokenOptions),
  },
  {
    name: 'stream',
    function: 'stream',
    title: 'Stream: chat, feeds and video',
    group: GROUP,
    credential: { kind: 'secret', property: 'apiSecret', what: 'the app’s secret' },
    options: [
      { flags: '--user-id <id>', description: 'the user; or --server' },
      {
        flags: '--server',
        description: 'a token for Stream’s API itself, which may do everything',
        kind: 'switch',
      },
      ...SIGNED,
      ORIGIN,
    ],
    noRequests: NO_REQUESTS,
    example: '--user-id alice --secret-env STREAM_API_SECRET',
    create: (settings, { clock }) => stream({ ...settings, clock } as unknown as StreamOptions),
  },
  {
    name: 'ably',
    function: 'ably',
    title: 'Ably: a JWT for a client',
    group: GROUP,
    credential: { kind: 'secret', property: 'apiKey', what: 'the API key, appId.keyId:secret' },
    options: [
      { flags: '--client-id <id>', description: 'who the token is for; * allows any' },
      {
        flags: '--capability <channel=json>',
        description: 'what it allows, such as chat:=["subscribe"]; may be repeated',
        kind: 'assignments',
      },
      ...SIGNED,
      ORIGIN,
    ],
    noRequests: NO_REQUESTS,
    example: '--client-id alice --secret-env ABLY_API_KEY',
    create: (settings, { clock }) => ably({ ...settings, clock } as unknown as AblyOptions),
  },
  {
    name: 'mux-playback',
    function: 'muxPlayback',
    title: 'Mux: signed playback',
    group: GROUP,
    credential: { kind: 'key', property: 'privateKey', what: 'the signing key' },
    options: [
      KEY_ID,
      { flags: '--playback-id <id>', description: 'what may be played', required: true },
      {
        flags: '--type <name>',
        description: 'what the token is for',
        choices: ['video', 'thumbnail', 'gif', 'storyboard', 'drm'],
      },
      {
        flags: '--param <name=value>',
        description: 'a parameter of the URL; may be repeated',
        kind: 'assignments',
        property: 'params',
      },
      ...SIGNED,
      ORIGIN,
    ],
    noRequests: NO_REQUESTS,
    example: '--key-id abc123 --playback-id xyz789 --key mux.pem',
    create: (settings, { clock }) =>
      muxPlayback({ ...settings, clock } as unknown as MuxPlaybackOptions),
  },
  {
    name: 'cloudflare-stream',
    function: 'cloudflareStream',
    title: 'Cloudflare Stream: signed playback',
    group: GROUP,
    credential: { kind: 'key', property: 'privateKey', what: 'the signing key' },
    options: [
      KEY_ID,
      { flags: '--video-id <id>', description: 'the video', required: true },
      { flags: '--downloadable', description: 'it may be downloaded', kind: 'switch' },
      { flags: '--not-before <time>', description: 'from when it may be played', kind: 'time' },
      ...SIGNED,
      ORIGIN,
    ],
    noRequests: NO_REQUESTS,
    example: '--key-id abc123 --video-id xyz789 --key stream.pem',
    create: (settings, { clock }) =>
      cloudflareStream({ ...settings, clock } as unknown as CloudflareStreamOptions),
  },
]
