import {
  type LiveKitOptions,
  liveKit,
  type TelesignOptions,
  telesign,
  type TwilioOptions,
  twilio,
  VONAGE_CLIENT_SDK_ACL,
  type VoicegainOptions,
  voicegain,
  type VonageAcl,
  type VonageOptions,
  vonage,
} from '@mayfly/core/vendors'
import { EXCHANGED, LIFETIME, ORIGIN, type Settings, SIGNED } from './option.ts'
import type { VendorCommand } from './vendor.ts'

const GROUP = 'Voice, video and messages:'

/** The commands for the tokens of vendors of voice, video and messages. */
export const COMMUNICATION: readonly VendorCommand[] = [
  {
    name: 'vonage',
    function: 'vonage',
    title: 'Vonage: application JWT',
    group: GROUP,
    credential: { kind: 'key', property: 'privateKey', what: 'the application’s private key' },
    options: [
      { flags: '--application-id <uuid>', description: 'the application’s id', required: true },
      { flags: '--subject <name>', description: 'the name of the user of a client SDK' },
      {
        flags: '--acl-path <path>',
        description: 'a path that the token is for, such as "/*/users/**"; may be repeated',
        kind: 'list',
      },
      {
        flags: '--client-sdk',
        description: 'the paths that client SDKs need',
        kind: 'switch',
      },
      {
        flags: '--not-before <time>',
        description: 'from when Vonage takes the token: 2026-11-21T20:00:00Z',
        kind: 'time',
      },
      ...SIGNED.filter(({ flags }) => flags !== '--jti'),
      ORIGIN,
    ],
    example: '--application-id APPLICATION --key private.key --subject alice --client-sdk',
    url: 'https://api.nexmo.com/v1/calls',
    create: (settings, { clock }) =>
      vonage({ ...withAcl(settings), clock } as unknown as VonageOptions),
  },
  {
    name: 'telesign',
    function: 'telesign',
    title: 'Telesign: App Verify',
    group: GROUP,
    credential: { kind: 'secret', property: 'apiKey', what: 'the API key, base64 as it is shown' },
    options: [
      {
        flags: '--customer-id <uuid>',
        description: 'the customer id, as TelePortal shows it',
        required: true,
      },
      {
        flags: '--phone-number <digits>',
        description: 'the number that is verified, with the country code',
        required: true,
      },
      {
        flags: '--external-id <id>',
        description: 'names the transaction (default: a random UUID)',
      },
      ...SIGNED,
      ORIGIN,
    ],
    single: 'Telesign wants a token of its own for each transaction.',
    example: '--customer-id CUSTOMER --phone-number 15555551212 --secret-env TELESIGN_API_KEY',
    create: (settings, { clock }) => telesign({ ...settings, clock } as unknown as TelesignOptions),
  },
  {
    name: 'voicegain',
    function: 'voicegain',
    title: 'Voicegain: short-lived JWT for a web site',
    group: GROUP,
    credential: { kind: 'secret', property: 'consoleToken', what: 'the JWT of the console' },
    options: [
      {
        flags: '--audience <site>',
        description: 'the web site: app.example.com, *.example.com, localhost:8088',
        required: true,
      },
      { flags: '--api <name>', description: 'the API that the token is for (default: all)' },
      { flags: '--context-id <id>', description: 'the context (default: the console JWT’s own)' },
      {
        flags: '--base-url <url>',
        description: 'where Voicegain is (default: https://api.voicegain.ai)',
      },
      { ...LIFETIME, property: 'expiresIn' },
      ...EXCHANGED,
      ORIGIN,
    ],
    example: '--audience app.example.com --lifetime 5m --secret-file console.jwt',
    url: 'https://api.voicegain.ai/v1/sa/config',
    create: (settings, surroundings) =>
      voicegain({ ...settings, ...surroundings } as unknown as VoicegainOptions),
  },
  {
    name: 'twilio',
    function: 'twilio',
    title: 'Twilio: access token for client SDKs',
    group: GROUP,
    credential: { kind: 'secret', property: 'keySecret', what: 'the API key’s secret' },
    options: [
      { flags: '--account-sid <AC…>', description: 'the account', required: true },
      { flags: '--key-sid <SK…>', description: 'the API key', required: true },
      { flags: '--identity <name>', description: 'names the user', required: true },
      {
        flags: '--grant <name=value>',
        description: 'what is allowed: video, video.room=cars; may be repeated',
        kind: 'assignments',
        bare: 'object',
        property: 'grants',
        required: true,
      },
      { flags: '--region <name>', description: 'the region that the key belongs to, such as ie1' },
      ...SIGNED.filter(({ flags }) => flags !== '--jti'),
      ORIGIN,
    ],
    example:
      '--account-sid AC… --key-sid SK… --identity alice --grant video.room=cars --secret-env TWILIO_SECRET',
    create: (settings, { clock }) => twilio({ ...settings, clock } as unknown as TwilioOptions),
  },
  {
    name: 'live-kit',
    function: 'liveKit',
    title: 'LiveKit: access token',
    group: GROUP,
    credential: { kind: 'secret', property: 'apiSecret', what: 'the API key’s secret' },
    options: [
      { flags: '--api-key <key>', description: 'the API key', required: true },
      { flags: '--identity <name>', description: 'names the participant' },
      {
        flags: '--grant <name=value>',
        description: 'what is allowed: roomJoin, room=cars, sip.call; may be repeated',
        kind: 'assignments',
        bare: 'true',
        property: 'grants',
        required: true,
      },
      { flags: '--name <text>', description: 'the participant’s name, for others to see' },
      { flags: '--metadata <text>', description: 'the participant’s metadata' },
      {
        flags: '--attribute <name=text>',
        description: 'an attribute of the participant; may be repeated',
        kind: 'assignments',
        property: 'attributes',
      },
      ...SIGNED,
      ORIGIN,
    ],
    example:
      '--api-key APIKEY --identity alice --grant room=cars --grant roomJoin --secret-env LIVEKIT_SECRET',
    create: (settings, { clock }) => liveKit({ ...settings, clock } as unknown as LiveKitOptions),
  },
]

function withAcl({ aclPath, clientSdk, ...settings }: Settings): Settings {
  const paths = (aclPath ?? []) as readonly string[]
  if (paths.length === 0 && clientSdk !== true) return settings
  const acl: VonageAcl = {
    paths: {
      ...(clientSdk === true && VONAGE_CLIENT_SDK_ACL.paths),
      ...Object.fromEntries(paths.map((path) => [path, {}])),
    },
  }
  return { ...settings, acl }
}
