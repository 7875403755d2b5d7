import type { CliIo } from '../io.ts'

/**
 * The variables that a vendor's own quickstart, samples or tools have people set: by option, and under
 * `key` and `secret` what holds the credential. A key may stand in the variable itself, or be a file.
 */
type Quickstart = Readonly<Record<string, readonly string[]>>

const GITHUB: Quickstart = {
  '--app-id': ['GITHUB_APP_ID', 'GITHUB_APP_CLIENT_ID', 'APP_ID'],
  '--installation-id': ['GITHUB_APP_INSTALLATION_ID', 'GITHUB_INSTALLATION_ID'],
  key: ['GITHUB_APP_PRIVATE_KEY_PATH', 'GITHUB_APP_PRIVATE_KEY', 'PRIVATE_KEY_PATH', 'PRIVATE_KEY'],
}

const FASTLANE: Quickstart = {
  '--key-id': ['APP_STORE_CONNECT_API_KEY_KEY_ID'],
  '--issuer-id': ['APP_STORE_CONNECT_API_KEY_ISSUER_ID'],
  key: ['APP_STORE_CONNECT_API_KEY_KEY_FILEPATH', 'APP_STORE_CONNECT_API_KEY_KEY'],
}

const QUICKSTARTS: Readonly<Record<string, Quickstart>> = {
  'app-store-connect': FASTLANE,
  vonage: {
    '--application-id': ['VONAGE_APPLICATION_ID'],
    key: ['VONAGE_PRIVATE_KEY_PATH', 'VONAGE_APPLICATION_PRIVATE_KEY_PATH', 'VONAGE_PRIVATE_KEY'],
  },
  'live-kit': { '--api-key': ['LIVEKIT_API_KEY'], secret: ['LIVEKIT_API_SECRET'] },
  twilio: {
    '--account-sid': ['TWILIO_ACCOUNT_SID'],
    '--key-sid': ['TWILIO_API_KEY', 'TWILIO_API_KEY_SID'],
    '--region': ['TWILIO_REGION'],
    secret: ['TWILIO_API_SECRET', 'TWILIO_API_KEY_SECRET'],
  },
  telesign: {
    '--customer-id': ['TELESIGN_CUSTOMER_ID', 'CUSTOMER_ID'],
    secret: ['TELESIGN_API_KEY', 'API_KEY'],
  },
  'zoom-video-sdk': {
    '--sdk-key': ['ZOOM_VIDEO_SDK_KEY', 'ZOOM_SDK_KEY'],
    secret: ['ZOOM_VIDEO_SDK_SECRET', 'ZOOM_SDK_SECRET'],
  },
  'zoom-meeting-sdk': {
    '--client-id': ['ZOOM_MEETING_SDK_KEY', 'ZOOM_MEETING_SDK_CLIENT_ID', 'ZOOM_SDK_KEY'],
    secret: ['ZOOM_MEETING_SDK_SECRET', 'ZOOM_MEETING_SDK_CLIENT_SECRET', 'ZOOM_SDK_SECRET'],
  },
  'zoom-server-to-server': {
    '--account-id': ['ZOOM_ACCOUNT_ID'],
    '--client-id': ['ZOOM_CLIENT_ID'],
    secret: ['ZOOM_CLIENT_SECRET'],
  },
  'github-app': GITHUB,
  'github-installation': GITHUB,
  'google-service-account': { key: ['GOOGLE_APPLICATION_CREDENTIALS'] },
}

/** Lists the variables of a vendor's quickstart, for the help. */
export function quickstartVariables(vendor: string, has: (option: string) => boolean): string[] {
  return Object.entries(QUICKSTARTS[vendor] ?? {}).flatMap(([option, [variable = '']]) =>
    has(option) ? [variable] : [],
  )
}

/** The variable of a vendor's quickstart that is set for an option, for `key` or for `secret`. */
export function quickstartVariable(
  vendor: string,
  option: string,
  env: CliIo['env'],
): string | undefined {
  const known = QUICKSTARTS[vendor]?.[option] ?? []
  return known.find((variable) => (env[variable] ?? '') !== '')
}
