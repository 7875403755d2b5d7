import {
  type ZoomMeetingSdkOptions,
  zoomMeetingSdk,
  type ZoomServerToServerOptions,
  zoomServerToServer,
  type ZoomVideoSdkOptions,
  zoomVideoSdk,
} from '@mayfly/core/vendors'
import { EXCHANGED, ORIGIN, SIGNED, type VendorOption } from './option.ts'
import type { VendorCommand } from './vendor.ts'

const GROUP = 'Zoom:'
const ROLE: VendorOption = {
  flags: '--role <role>',
  description: 'what the user is; 1 and 0 as Zoom writes them',
  choices: ['host', 'participant'],
  numbers: { 1: 'host', 0: 'participant' },
}

function switchOption(flags: string, description: string, property?: string): VendorOption {
  return {
    flags: `${flags} <0|1>`,
    description,
    kind: 'number',
    choices: ['0', '1'],
    ...(property !== undefined && { property }),
  }
}

const VIDEO_WEBRTC = switchOption(
  '--video-webrtc-mode',
  'send video over WebRTC; web only',
  'videoWebRtcMode',
)

/** The commands for Zoom's tokens. */
export const ZOOM: readonly VendorCommand[] = [
  {
    name: 'zoom-video-sdk',
    function: 'zoomVideoSdk',
    title: 'Video SDK: one user joins one session',
    group: GROUP,
    credential: { kind: 'secret', property: 'sdkSecret', what: 'the SDK secret' },
    options: [
      { flags: '--sdk-key <key>', description: 'the SDK key', required: true },
      {
        flags: '--topic <name>',
        description: 'the session’s name, which the client joins by',
        required: true,
      },
      { ...ROLE, required: true },
      { flags: '--user-key <text>', description: 'names the user' },
      { flags: '--user-identity <text>', description: 'the same, under its former name' },
      { flags: '--session-key <text>', description: 'names the session' },
      {
        flags: '--geo-regions <codes>',
        description: 'the data centers that may be used, such as US,CA',
      },
      switchOption('--cloud-recording-option', 'record one video of all (0), or one of each (1)'),
      switchOption('--cloud-recording-election', 'record this user’s own view'),
      {
        flags: '--cloud-recording-transcript-option <0|1|2>',
        description: 'write no transcript, one, or one with a summary',
        kind: 'number',
        choices: ['0', '1', '2'],
      },
      { flags: '--telemetry-tracking-id <id>', description: 'lets Zoom’s support find the client' },
      VIDEO_WEBRTC,
      switchOption('--audio-webrtc-mode', 'send audio over WebRTC; web only', 'audioWebRtcMode'),
      ...SIGNED,
      ORIGIN,
    ],
    example:
      '--sdk-key KEY --secret-env ZOOM_SECRET --topic "Cool Cars" --role host --lifetime 48h',
    create: (settings, { clock }) =>
      zoomVideoSdk({ ...settings, clock } as unknown as ZoomVideoSdkOptions),
  },
  {
    name: 'zoom-meeting-sdk',
    function: 'zoomMeetingSdk',
    title: 'Meeting SDK: one user joins one meeting',
    group: GROUP,
    credential: { kind: 'secret', property: 'clientSecret', what: 'the client secret' },
    options: [
      { flags: '--client-id <id>', description: 'the app’s client id', required: true },
      {
        flags: '--meeting-number <digits>',
        description: 'the meeting, for the web SDK; goes with --role',
      },
      ROLE,
      {
        flags: '--token-lifetime <duration>',
        description: 'how long the SDK may use the token (default: the lifetime)',
        kind: 'duration',
      },
      VIDEO_WEBRTC,
      ...SIGNED,
      ORIGIN,
    ],
    example:
      '--client-id ID --secret-env ZOOM_SECRET --meeting-number 123456789 --role participant',
    create: (settings, { clock }) =>
      zoomMeetingSdk({ ...settings, clock } as unknown as ZoomMeetingSdkOptions),
  },
  {
    name: 'zoom-server-to-server',
    function: 'zoomServerToServer',
    title: 'Zoom’s API, server to server (OAuth)',
    group: GROUP,
    credential: { kind: 'secret', property: 'clientSecret', what: 'the client secret' },
    options: [
      {
        flags: '--account-id <id>',
        description: 'the account’s id, from the app’s page of credentials',
        required: true,
      },
      { flags: '--client-id <id>', description: 'the app’s client id', required: true },
      {
        flags: '--token-endpoint <url>',
        description: 'what gives tokens (default: https://zoom.us/oauth/token)',
      },
      ...EXCHANGED,
      ORIGIN,
    ],
    example: '--account-id ACCOUNT --client-id ID --secret-env ZOOM_SECRET --cache',
    url: 'https://api.zoom.us/v2/users/me',
    create: (settings, surroundings) =>
      zoomServerToServer({
        ...settings,
        ...surroundings,
      } as unknown as ZoomServerToServerOptions),
  },
]
