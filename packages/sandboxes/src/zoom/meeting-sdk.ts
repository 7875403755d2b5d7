import type { Clock } from '@mayfly/core'
import type { JwtPayload } from 'jsonwebtoken'
import { numericDate, readSdkToken } from '../sdk-token.ts'
import {
  type SdkResponse,
  type SdkSignatureFault,
  type SdkVerdict,
  sdkVerdict,
} from '../sdk-verdict.ts'
import { judgeZoomTimes, MIN_LIFETIME, type ZoomTimesFault } from './sdk-times.ts'
import { invalidSignature } from './video-sdk.ts'

/** Why a token for the Zoom Meeting SDK is no good. */
export type ZoomMeetingSdkFault =
  | SdkSignatureFault
  | ZoomTimesFault
  | 'app-key'
  | 'meeting'
  | 'other-meeting'
  | 'webrtc'

/** What a Meeting SDK app has, and what its client does. */
export interface ZoomMeetingSdkJudge {
  readonly clientId: string
  readonly clientSecret: string
  /** The web client wants a meeting and a role; native ones a little more than half an hour. */
  readonly client: 'web' | 'native'
  /** The meeting that the web client joins. Default: the token's own. */
  readonly meetingNumber?: string
  /** Zoom's clock. Default: the machine's. */
  readonly clock?: Clock
}

/**
 * Judges a token by the rules of Zoom's Meeting SDK, as its web client or a native one would: HS256 by
 * the client secret, which `jsonwebtoken` verifies; `appKey`, `exp` and `tokenExp` 1800 to 172 800
 * seconds from `iat`, and on the web `sdkKey`, `mn` and `role`. Native clients refuse exactly 1800.
 *
 * See https://developers.zoom.us/docs/meeting-sdk/auth/
 *
 * @example
 * ```ts
 * import { zoomMeetingSdk } from '@mayfly/core/vendors'
 * import { judgeZoomMeetingSdkToken } from '@mayfly/sandboxes'
 *
 * const app = { clientId: 'id', clientSecret: 'secret' }
 * const token = await zoomMeetingSdk(app).getToken()
 * console.log(judgeZoomMeetingSdkToken(token.value, { ...app, client: 'native' }).accepted) // true
 * ```
 */
export function judgeZoomMeetingSdkToken(
  token: string,
  app: ZoomMeetingSdkJudge,
): SdkVerdict<ZoomMeetingSdkFault> {
  const answerTo = app.client === 'web' ? invalidSignature : wrongToken
  const read = readSdkToken(token, app.clientSecret)
  if (typeof read === 'string') return sdkVerdict(read, {}, answerTo)
  const { payload } = read
  const fault = judgeMeeting(payload, app) ?? judgeTimes(payload, app) ?? judgeWebRtc(payload)
  return sdkVerdict(fault, payload, answerTo)
}

/** Native clients say this of every token that they do not like. */
function wrongToken(): SdkResponse {
  return { code: 11, message: 'AUTHRET_JWTTOKENWRONG' }
}

function judgeMeeting(
  { appKey, sdkKey, mn, role }: JwtPayload,
  { clientId, client, meetingNumber }: ZoomMeetingSdkJudge,
): ZoomMeetingSdkFault | undefined {
  if (appKey !== clientId) return 'app-key'
  if (client === 'web' ? sdkKey !== clientId : (sdkKey ?? clientId) !== clientId) return 'app-key'
  if (mn === undefined && role === undefined && client === 'native') return undefined
  const isMeeting = typeof mn === 'string' && /^\d+$/.test(mn) && (role === 0 || role === 1)
  if (!isMeeting) return 'meeting'
  return meetingNumber === undefined || meetingNumber === mn ? undefined : 'other-meeting'
}

function judgeTimes(
  { iat: from, exp, tokenExp }: JwtPayload,
  { client, clock }: ZoomMeetingSdkJudge,
): ZoomMeetingSdkFault | undefined {
  for (const until of [exp, tokenExp] as readonly unknown[]) {
    const fault = judgeZoomTimes({ from, until }, numericDate(clock))
    if (fault !== undefined) return fault
    if (client === 'native' && Number(until) - Number(from) === MIN_LIFETIME) return 'too-short'
  }
  return undefined
}

function judgeWebRtc(claims: JwtPayload): ZoomMeetingSdkFault | undefined {
  const { video_webrtc_mode: mode = 0 } = claims
  return mode === 0 || mode === 1 ? undefined : 'webrtc'
}
