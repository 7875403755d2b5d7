import { optionalName, requireIdentifier } from '../../base/identifiers.ts'
import type { Clock } from '../../base/clock.ts'
import { invalid, refuseUnknownOptions, requireOptions } from '../../base/options.ts'
import { signedSource } from '../../outbound/sources/signed-source.ts'
import { requireLifetime, refuseReplacing } from '../../outbound/sources/signed-payload.ts'
import { type JwtSecret, secretKey } from '../../outbound/sources/signed-secret.ts'
import type { TokenSource } from '../../outbound/token.ts'
import {
  optionalChoice,
  roleNumber,
  SDK_BACKDATE,
  SDK_LIFETIME,
  type ZoomRole,
  type ZoomSwitch,
} from './limits.ts'
import { compileRegions, requireTopic, type ZoomRegion } from './session.ts'

/** Options of {@link zoomVideoSdk}. */
export interface ZoomVideoSdkOptions {
  /** The SDK key. It goes into `app_key`. */
  readonly sdkKey: string
  /** The SDK secret, as Zoom shows it. */
  readonly sdkSecret: JwtSecret
  /**
   * The session's name, which the client joins by: 1 to 200 letters, digits, spaces and the symbols
   * that Zoom allows. It goes into `tpc`. Zoom takes capitals for small letters.
   */
  readonly topic: string
  /** Whether the user may host the session. It goes into `role_type`. */
  readonly role: ZoomRole
  /** Names the user, in 1 to 36 characters. It goes into `user_key`. */
  readonly userKey?: string
  /** The same under its former name, `user_identity`, which older clients read. */
  readonly userIdentity?: string
  /** Names the session, in 1 to 36 characters. Where the host has it, everybody needs it. */
  readonly sessionKey?: string
  /** The data centers that may be used, such as `['US', 'CA']` or `'US,CA'`. Default: all. */
  readonly geoRegions?: string | readonly ZoomRegion[]
  /** Records one video of all users (0), or one of each (1). */
  readonly cloudRecordingOption?: ZoomSwitch
  /** Records this user's own view (1). */
  readonly cloudRecordingElection?: ZoomSwitch
  /** Writes no transcript of a recording (0), one (1), or one with a summary (2). */
  readonly cloudRecordingTranscriptOption?: 0 | 1 | 2
  /** Lets Zoom's support find the client's telemetry. */
  readonly telemetryTrackingId?: string
  /** Sends video over WebRTC (1). Web only. */
  readonly videoWebRtcMode?: ZoomSwitch
  /** Sends audio over WebRTC (1). Web only. */
  readonly audioWebRtcMode?: ZoomSwitch
  /** Seconds from `iat` to `exp`, 1800 to 172 800. Default 7200. */
  readonly lifetime?: number
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

const OPTIONS = [
  'sdkKey',
  'sdkSecret',
  'topic',
  'role',
  'userKey',
  'userIdentity',
  'sessionKey',
  'geoRegions',
  'cloudRecordingOption',
  'cloudRecordingElection',
  'cloudRecordingTranscriptOption',
  'telemetryTrackingId',
  'videoWebRtcMode',
  'audioWebRtcMode',
  'lifetime',
  'backdate',
  'origins',
  'tokenId',
  'claims',
  'clock',
] as const

/**
 * Makes tokens with which one user joins one session of the Zoom Video SDK.
 *
 * They are dated `iat = now − 30`, `exp = iat + 7200`. Hand `token.value` to the client, which gives it
 * to the SDK's `join`: no origin is named, so it goes nowhere over HTTP by itself. The SDK calls a
 * token that it does not like error 3712, "Signature is invalid.", whatever is wrong with it.
 *
 * See "Authorize" in the documentation of the Zoom Video SDK,
 * https://developers.zoom.us/docs/video-sdk/auth/
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED`, `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`, by name:
 * a topic with a character that Zoom does not allow, a lifetime beyond its limits. A `KeyError` for a
 * secret that cannot be used.
 *
 * @example
 * ```ts
 * import { zoomVideoSdk } from '@mayfly/core/vendors'
 *
 * export async function joinToken(sdkSecret: string, userKey: string): Promise<string> {
 *   const source = zoomVideoSdk({
 *     sdkKey: 'VIDEO_SDK_KEY',
 *     sdkSecret,
 *     topic: 'Cool Cars',
 *     role: 'participant',
 *     userKey,
 *   })
 *   const token = await source.getToken()
 *   return token.value
 * }
 * ```
 */
export function zoomVideoSdk(options: ZoomVideoSdkOptions): TokenSource {
  requireOptions(options, 'zoomVideoSdk')
  refuseUnknownOptions(options, OPTIONS, 'zoomVideoSdk')
  const { backdate = SDK_BACKDATE, origins = [], tokenId, clock } = options
  const identity = {
    app_key: requireIdentifier(options.sdkKey, 'sdkKey'),
    role_type: roleNumber(options.role),
    tpc: requireTopic(options.topic),
    version: 1,
  }
  const session = sessionClaims(options)
  const taken = [...Object.keys(identity), ...Object.keys(session)]
  const own = refuseReplacing(options.claims, taken)

  return signedSource('zoom-video-sdk', {
    algorithm: 'HS256',
    key: secretKey(options.sdkSecret, 'sdkSecret'),
    allowShortSecret: true,
    identity: [identity, session, own],
    claims: ({ issuedAt, expiresAt }) => ({
      ...identity,
      iat: issuedAt,
      exp: expiresAt,
      ...session,
      ...own,
    }),
    lifetime: requireLifetime(options.lifetime, SDK_LIFETIME),
    maxLifetime: SDK_LIFETIME.max,
    backdate,
    origins,
    ...(tokenId !== undefined && { tokenId }),
    ...(clock !== undefined && { clock }),
  })
}

/** The claims behind the dates, in their order; JSON leaves out those that are undefined. */
function sessionClaims(options: ZoomVideoSdkOptions): Readonly<Record<string, unknown>> {
  const { cloudRecordingElection, cloudRecordingTranscriptOption, telemetryTrackingId } = options
  const transcript = 'cloudRecordingTranscriptOption'
  return {
    ...userClaims(options),
    session_key: optionalName(options.sessionKey, 'sessionKey', 36),
    geo_regions: compileRegions(options.geoRegions),
    cloud_recording_option: switchOf(options.cloudRecordingOption, 'cloudRecordingOption'),
    cloud_recording_election: switchOf(cloudRecordingElection, 'cloudRecordingElection'),
    cloud_recording_transcript_option: optionalChoice(
      cloudRecordingTranscriptOption,
      transcript,
      [0, 1, 2],
    ),
    telemetry_tracking_id: optionalName(telemetryTrackingId, 'telemetryTrackingId'),
    video_webrtc_mode: switchOf(options.videoWebRtcMode, 'videoWebRtcMode'),
    audio_webrtc_mode: switchOf(options.audioWebRtcMode, 'audioWebRtcMode'),
  }
}

function userClaims(options: ZoomVideoSdkOptions): Readonly<Record<string, unknown>> {
  const userIdentity = optionalName(options.userIdentity, 'userIdentity', 36)
  const userKey = optionalName(options.userKey, 'userKey', 36)
  if (userIdentity !== undefined && userKey !== undefined && userIdentity !== userKey) {
    throw invalid(
      'userIdentity',
      '"userIdentity" is the former name of "userKey": where both are given they must be the same.',
    )
  }
  return { user_identity: userIdentity, user_key: userKey }
}

function switchOf(value: unknown, name: string): ZoomSwitch | undefined {
  return optionalChoice<ZoomSwitch>(value, name, [0, 1])
}
