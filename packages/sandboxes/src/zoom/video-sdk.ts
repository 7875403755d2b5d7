import type { Clock } from '@mayfly/core'
import type { JwtPayload } from 'jsonwebtoken'
import { numericDate, readSdkToken } from '../sdk-token.ts'
import {
  type SdkResponse,
  type SdkSignatureFault,
  type SdkVerdict,
  sdkVerdict,
} from '../sdk-verdict.ts'
import { judgeZoomTimes, type ZoomTimesFault } from './sdk-times.ts'

/** Why a token for the Zoom Video SDK is no good. */
export type ZoomVideoSdkFault =
  | SdkSignatureFault
  | ZoomTimesFault
  | 'app-key'
  | 'role'
  | 'topic'
  | 'other-topic'
  | 'version'
  | 'user'
  | 'session-key'
  | 'regions'
  | 'switch'
  | 'tracking-id'

/** What a Video SDK app has, and what a client joins. */
export interface ZoomVideoSdkJudge {
  readonly sdkKey: string
  readonly sdkSecret: string
  /** The topic that the client joins by. Default: the token's own. */
  readonly topic?: string
  /** Zoom's clock. Default: the machine's. */
  readonly clock?: Clock
}

const TOPIC = /^[A-Za-z0-9 !#$%&()+\-:;<=.>?@[\]^_{}|~,\\]{1,200}$/
const REGIONS = new Set('AU BR CA CN DE HK IN JP MX NL SG US'.split(' '))

/** The claims that are one of a few numbers, and how many. */
const SWITCHES: readonly (readonly [claim: string, choices: number])[] = [
  ['cloud_recording_option', 2],
  ['cloud_recording_election', 2],
  ['cloud_recording_transcript_option', 3],
  ['video_webrtc_mode', 2],
  ['audio_webrtc_mode', 2],
]

/**
 * Judges a token by the rules of Zoom's Video SDK, as its `join` would: HS256 by the SDK secret, which
 * `jsonwebtoken` verifies; the required claims, and the limits of the others.
 *
 * See https://developers.zoom.us/docs/video-sdk/auth/
 *
 * @example
 * ```ts
 * import { zoomVideoSdk } from '@mayfly/core/vendors'
 * import { judgeZoomVideoSdkToken } from '@mayfly/sandboxes'
 *
 * const app = { sdkKey: 'key', sdkSecret: 'secret' }
 * const source = zoomVideoSdk({ ...app, topic: 'Cool Cars', role: 'host' })
 * const token = await source.getToken()
 * console.log(judgeZoomVideoSdkToken(token.value, app).accepted) // true
 * ```
 */
export function judgeZoomVideoSdkToken(
  token: string,
  app: ZoomVideoSdkJudge,
): SdkVerdict<ZoomVideoSdkFault> {
  const read = readSdkToken(token, app.sdkSecret)
  if (typeof read === 'string') return sdkVerdict(read, {}, invalidSignature)
  const { payload } = read
  const { iat: from, exp: until } = payload
  const fault =
    judgeSession(payload, app) ??
    judgeZoomTimes({ from, until }, numericDate(app.clock)) ??
    judgeRest(payload)
  return sdkVerdict(fault, payload, invalidSignature)
}

/** Zoom's web clients say this of every token that they do not like. */
export function invalidSignature(): SdkResponse {
  return { code: 3712, message: 'Signature is invalid.' }
}

function judgeSession(
  claims: JwtPayload,
  { sdkKey, topic }: ZoomVideoSdkJudge,
): ZoomVideoSdkFault | undefined {
  const { app_key: appKey, role_type: role, tpc, version } = claims
  if (appKey !== sdkKey) return 'app-key'
  if (role !== 0 && role !== 1) return 'role'
  if (typeof tpc !== 'string' || !TOPIC.test(tpc)) return 'topic'
  if (topic !== undefined && topic.toLowerCase() !== tpc.toLowerCase()) return 'other-topic'
  return version === 1 ? undefined : 'version'
}

function judgeRest(claims: JwtPayload): ZoomVideoSdkFault | undefined {
  const { geo_regions: regions } = claims
  if (!['user_identity', 'user_key'].every((name) => isText(claims, name, 36))) return 'user'
  if (!isText(claims, 'session_key', 36)) return 'session-key'
  if ('geo_regions' in claims && !areRegions(regions)) return 'regions'
  if (!SWITCHES.every(([name, choices]) => isChoice(claims, name, choices))) return 'switch'
  return isText(claims, 'telemetry_tracking_id', 2048) ? undefined : 'tracking-id'
}

function isText(claims: JwtPayload, name: string, max: number): boolean {
  if (!(name in claims)) return true
  const value: unknown = claims[name]
  return typeof value === 'string' && value.length > 0 && value.length <= max
}

function isChoice(claims: JwtPayload, name: string, choices: number): boolean {
  if (!(name in claims)) return true
  const value: unknown = claims[name]
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) < choices
}

function areRegions(value: unknown): boolean {
  if (typeof value !== 'string') return false
  return value.split(',').every((code) => REGIONS.has(code))
}
