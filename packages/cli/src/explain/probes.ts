import type { Settings } from '../vendors/option.ts'

/** A request that changes nothing, and shows whether the vendor takes the token. */
export interface Probe {
  readonly path: string
  /** Goes into a form; the request is a POST then, and the token is in the form. */
  readonly form?: (settings: Settings, token: string) => Readonly<Record<string, string>>
  /** Answers of 400 and more that show that the token was taken, by status and by a word in the body. */
  readonly taken?: Words
  /** Answers that refuse the token by another status than 401. */
  readonly refused?: Words
}

type Words = readonly (readonly [status: number, word: RegExp])[]

/** By vendor. The others have no address that is the same for everybody, or are for an SDK. */
export const PROBES: Readonly<Record<string, Probe>> = {
  'app-store-connect': { path: '/v1/apps?limit=1' },
  'app-store-server': {
    path: '/inApps/v1/transactions/0',
    taken: [
      [400, /"errorCode"/],
      [404, /"errorCode"/],
    ],
  },
  'apple-client-secret': {
    path: '/auth/token',
    form: ({ clientId }, token) => ({
      grant_type: 'refresh_token',
      client_id: String(clientId),
      client_secret: token,
      refresh_token: 'mayfly-explain',
    }),
    taken: [[400, /invalid_grant/]],
    refused: [[400, /invalid_client/]],
  },
  'music-kit': { path: '/v1/storefronts/us' },
  'weather-kit': { path: '/api/v1/availability/52.52/13.41?country=DE' },
  vonage: { path: '/v1/calls?page_size=1' },
  voicegain: { path: '/v1/sa/config' },
  'zoom-server-to-server': { path: '/v2/users/me' },
  'github-app': { path: '/app' },
  'github-installation': { path: '/installation/repositories?per_page=1' },
}

/** Where the token of a vendor may go. Apple's client secrets name no origin, as they go into a form. */
export function requestOrigins(vendor: string, origins: readonly string[]): readonly string[] {
  return origins.length === 0 && vendor === 'apple-client-secret' ? [APPLE_ID] : origins
}

const APPLE_ID = 'https://appleid.apple.com'

/** Tells whether an answer is one of a list. */
export function isOneOf(
  list: Words | undefined,
  { status, body }: { readonly status: number; readonly body: string },
): boolean {
  return list?.some(([wanted, word]) => wanted === status && word.test(body)) ?? false
}

/** Where the request of a vendor goes, unless a URL was given. */
export function probeUrl(
  vendor: string,
  { origins, settings }: { readonly origins: readonly string[]; readonly settings: Settings },
): string | undefined {
  const probe = PROBES[vendor]
  if (probe === undefined) return undefined
  const { baseUrl } = settings
  const base = typeof baseUrl === 'string' && vendor.startsWith('github') ? baseUrl : undefined
  const origin = base ?? requestOrigins(vendor, origins)[0]
  return origin === undefined ? undefined : `${origin.replace(/\/$/, '')}${probe.path}`
}
