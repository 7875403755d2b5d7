import { requireIdentifier, requireName } from '../../base/identifiers.ts'
import type { Clock } from '../../base/clock.ts'
import {
  describe,
  invalid,
  optionalNumber,
  refuseUnknownOptions,
  requireOptions,
} from '../../base/options.ts'
import { OptionError } from '../../base/errors.ts'
import { signedSource } from '../../outbound/sources/signed-source.ts'
import { requireLifetime, refuseReplacing } from '../../outbound/sources/signed-payload.ts'
import { type JwtSecret, secretKey } from '../../outbound/sources/signed-secret.ts'
import {
  type AccessToken,
  createAccessToken,
  type GetTokenOptions,
  type TokenSource,
} from '../../outbound/token.ts'
import {
  optionalChoice,
  roleNumber,
  SDK_BACKDATE,
  SDK_LIFETIME,
  type ZoomRole,
  type ZoomSwitch,
} from './limits.ts'

/** What both forms of Meeting SDK tokens take. */
export interface ZoomMeetingSdkCommonOptions {
  /** The app's client id. It goes into `appKey` and `sdkKey`. */
  readonly clientId: string
  /** The app's client secret, as Zoom shows it. */
  readonly clientSecret: JwtSecret
  /** Seconds from `iat` to `exp`, 1800 to 172 800; in native clients more than 1800. Default 7200. */
  readonly lifetime?: number
  /**
   * Seconds from `iat` to `tokenExp`, by the same limits: the token is used no longer than that.
   * Default: the lifetime.
   */
  readonly tokenLifetime?: number
  /** Sends video over WebRTC (1). Web only. */
  readonly videoWebRtcMode?: ZoomSwitch
  /** Seconds by which `iat` lies in the past; part of the lifetime. Default 30. */
  readonly backdate?: number
  /** Where the tokens may go over HTTP. Default: nowhere, they are for the SDK. */
  readonly origins?: readonly string[]
  /** Makes a `jti` for each token. Zoom needs none. Default: none. */
  readonly tokenId?: () => string
  /** Claims beside Zoom's own, which they may not replace. */
  readonly claims?: Readonly<Record<string, unknown>>
  readonly clock?: Clock
}

/** Options for the web client, whose token is for one meeting. */
export interface ZoomMeetingSdkWebOptions extends ZoomMeetingSdkCommonOptions {
  /** The meeting's number, in digits alone. It goes into `mn`. */
  readonly meetingNumber: string
  /** Whether the user starts the meeting or joins it. */
  readonly role: ZoomRole
}

/** Options for native clients, whose token is for the app. */
export interface ZoomMeetingSdkNativeOptions extends ZoomMeetingSdkCommonOptions {
  readonly meetingNumber?: never
  readonly role?: never
}

/** Options of {@link zoomMeetingSdk}. */
export type ZoomMeetingSdkOptions = ZoomMeetingSdkWebOptions | ZoomMeetingSdkNativeOptions

const OPTIONS = [
  'clientId',
  'clientSecret',
  'meetingNumber',
  'role',
  'lifetime',
  'tokenLifetime',
  'videoWebRtcMode',
  'backdate',
  'origins',
  'tokenId',
  'claims',
  'clock',
] as const

const TAKEN = ['appKey', 'sdkKey', 'mn', 'role', 'tokenExp', 'video_webrtc_mode']

/**
 * Makes tokens for the Zoom Meeting SDK: for the web client with `meetingNumber` and `role`, for native
 * clients without either.
 *
 * They are dated `iat = now − 30`, `exp = tokenExp = iat + 7200`. Hand `token.value` to the client: no
 * origin is named, so it goes nowhere over HTTP by itself. A token that Zoom does not like is error
 * 3712, "Signature is invalid.", on the web and `AUTHRET_JWTTOKENWRONG` in native clients, whatever is
 * wrong with it. Native clients are reported to want half an hour of `tokenExp` left when they start:
 * ask a manager for `getToken({ minLifetime: 1800 })`.
 *
 * See "Meeting SDK authorization" in Zoom's documentation,
 * https://developers.zoom.us/docs/meeting-sdk/auth/
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED`, `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`, by name: a
 * meeting number without a role, a lifetime beyond Zoom's limits. A `KeyError` for a secret that cannot
 * be used.
 *
 * @example
 * ```ts
 * import { zoomMeetingSdk } from '@mayfly/core/vendors'
 *
 * export async function signature(clientSecret: string, meetingNumber: string): Promise<string> {
 *   const source = zoomMeetingSdk({
 *     clientId: 'abc123',
 *     clientSecret,
 *     meetingNumber,
 *     role: 'participant',
 *   })
 *   const token = await source.getToken()
 *   return token.value
 * }
 * ```
 */
export function zoomMeetingSdk(options: ZoomMeetingSdkOptions): TokenSource {
  requireOptions(options, 'zoomMeetingSdk')
  refuseUnknownOptions(options, OPTIONS, 'zoomMeetingSdk')
  const { backdate = SDK_BACKDATE, origins = [], tokenId, clock } = options
  const clientId = requireIdentifier(options.clientId, 'clientId')
  const meeting = meetingClaims(options)
  const lifetime = requireLifetime(options.lifetime, SDK_LIFETIME)
  const tokenLifetime = requireTokenLifetime(options.tokenLifetime) ?? lifetime
  if (meeting.mn === undefined) refuseForNative({ lifetime, tokenLifetime })
  const webRtc = optionalChoice(options.videoWebRtcMode, 'videoWebRtcMode', [0, 1])
  const own = refuseReplacing(options.claims, TAKEN)

  const source = signedSource('zoom-meeting-sdk', {
    algorithm: 'HS256',
    key: secretKey(options.clientSecret, 'clientSecret'),
    allowShortSecret: true,
    identity: [clientId, meeting, tokenLifetime, webRtc, own],
    claims: ({ issuedAt, expiresAt }) => ({
      appKey: clientId,
      sdkKey: clientId,
      ...meeting,
      iat: issuedAt,
      exp: expiresAt,
      tokenExp: issuedAt + tokenLifetime,
      video_webrtc_mode: webRtc,
      ...own,
    }),
    lifetime,
    maxLifetime: SDK_LIFETIME.max,
    backdate,
    origins,
    ...(tokenId !== undefined && { tokenId }),
    ...(clock !== undefined && { clock }),
  })
  return tokenLifetime < lifetime ? endingAfter(source, tokenLifetime, lifetime) : source
}

/** The source of tokens that are of no use after their `tokenExp`, though their `exp` is later. */
function endingAfter(source: TokenSource, tokenLifetime: number, lifetime: number): TokenSource {
  const { origins, lifetime: left = lifetime } = source
  return {
    ...source,
    lifetime: left - (lifetime - tokenLifetime),
    async getToken(wanted?: GetTokenOptions): Promise<AccessToken> {
      const { value, issuedAt, keyId } = await source.getToken(wanted)
      const expiresAt = issuedAt + tokenLifetime
      const rest = keyId === undefined ? { origins } : { origins, keyId }
      return createAccessToken({ value, issuedAt, expiresAt, ...rest })
    },
  }
}

interface MeetingClaims {
  readonly mn?: string
  readonly role?: ZoomSwitch
}

/** The web client needs both claims, native clients take a token with one of them for broken. */
function meetingClaims({ meetingNumber, role }: ZoomMeetingSdkOptions): MeetingClaims {
  if (meetingNumber === undefined && role === undefined) return {}
  for (const [name, value] of Object.entries({ meetingNumber, role })) {
    if (value !== undefined) continue
    throw new OptionError(
      'ERR_OPTION_REQUIRED',
      name,
      `"${name}" is required: the web client needs "meetingNumber" and "role" together, native clients neither of them.`,
    )
  }
  if (typeof meetingNumber === 'string') requireName(meetingNumber, 'meetingNumber')
  if (typeof meetingNumber === 'string' && /^\d{1,32}$/.test(meetingNumber)) {
    return { mn: meetingNumber, role: roleNumber(role) }
  }
  const what = typeof meetingNumber === 'string' ? 'other characters' : describe(meetingNumber)
  throw invalid(
    'meetingNumber',
    `"meetingNumber" must be a string of digits alone, such as "85746065432", not ${what}.`,
  )
}

function requireTokenLifetime(asked: number | undefined): number | undefined {
  const { min, max, rule } = SDK_LIFETIME
  const tokenLifetime = optionalNumber(asked, 'tokenLifetime', { min: 1, integer: true })
  if (tokenLifetime === undefined || (tokenLifetime >= min && tokenLifetime <= max)) {
    return tokenLifetime
  }
  throw invalid('tokenLifetime', `"tokenLifetime" is ${tokenLifetime} seconds; ${rule}.`)
}

function refuseForNative(lifetimes: Readonly<Record<string, number>>): void {
  for (const [name, seconds] of Object.entries(lifetimes)) {
    if (seconds > SDK_LIFETIME.min) continue
    throw invalid(
      name,
      `"${name}" is exactly ${seconds} seconds, which Zoom's native clients refuse; give more. Only tokens for the web, with "meetingNumber" and "role", may have it.`,
    )
  }
}
