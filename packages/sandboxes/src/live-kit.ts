import type { Clock } from '@mayfly/core'
import type { JwtPayload } from 'jsonwebtoken'
import { numericDate, readSdkToken } from './sdk-token.ts'
import {
  type SdkResponse,
  type SdkSignatureFault,
  type SdkVerdict,
  sdkVerdict,
} from './sdk-verdict.ts'
import { isNumericDate } from './signed-jwt.ts'

/** Why a LiveKit token is no good. */
export type LiveKitFault =
  | SdkSignatureFault
  | 'issuer'
  | 'expiry'
  | 'expired'
  | 'not-yet-valid'
  | 'grants'
  | 'identity'
  | 'room'
  | 'other-room'

/** An API key, and what a client does with a token. */
export interface LiveKitJudge {
  readonly apiKey: string
  readonly apiSecret: string
  /** The room that is joined. Default: none, the token is used in some other way. */
  readonly room?: string
  /** The server's clock. Default: the machine's. */
  readonly clock?: Clock
}

const SOURCES = new Set(['camera', 'microphone', 'screen_share', 'screen_share_audio'])

/** The grants that are text; `canPublishSources` is a list, and all others are true or false. */
const TEXTS = new Set(['room', 'destinationRoom'])

/**
 * Judges a token as LiveKit's server does: HS256 by the API key's secret, which `jsonwebtoken` verifies;
 * the key in `iss`; `exp` and `nbf`; grants of the right types; and for joining a room `roomJoin`, that
 * room and an identity. The codes are HTTP's, the words are ours.
 *
 * See https://docs.livekit.io/home/get-started/authentication/
 *
 * @example
 * ```ts
 * import { liveKit } from '@mayfly/core/vendors'
 * import { judgeLiveKitToken } from '@mayfly/sandboxes'
 *
 * const key = { apiKey: 'devkey', apiSecret: 'secret' }
 * const grants = { room: 'a', roomJoin: true }
 * const token = await liveKit({ ...key, identity: 'alice', grants }).getToken()
 * console.log(judgeLiveKitToken(token.value, { ...key, room: 'a' }).accepted) // true
 * ```
 */
export function judgeLiveKitToken(token: string, key: LiveKitJudge): SdkVerdict<LiveKitFault> {
  const read = readSdkToken(token, key.apiSecret)
  if (typeof read === 'string') return sdkVerdict(read, {}, answerTo)
  const { payload } = read
  const fault =
    (payload.iss === key.apiKey ? undefined : 'issuer') ??
    judgeTimes(payload, numericDate(key.clock)) ??
    judgeGrants(payload) ??
    judgeJoining(payload, key)
  return sdkVerdict<LiveKitFault>(fault, payload, answerTo)
}

function answerTo(fault: LiveKitFault): SdkResponse {
  const isForbidden = fault === 'room' || fault === 'other-room'
  return isForbidden
    ? { code: 403, message: 'The token does not allow that.' }
    : { code: 401, message: 'The token is invalid.' }
}

function judgeTimes({ exp, nbf }: JwtPayload, now: number): LiveKitFault | undefined {
  if (!isNumericDate(exp)) return 'expiry'
  if (exp <= now) return 'expired'
  if (nbf === undefined) return undefined
  return isNumericDate(nbf) && nbf <= now ? undefined : 'not-yet-valid'
}

function judgeGrants({ video = {} }: JwtPayload): LiveKitFault | undefined {
  if (typeof video !== 'object' || video === null) return 'grants'
  return Object.entries(video as object).every(isGrant) ? undefined : 'grants'
}

function isGrant([name, value]: [string, unknown]): boolean {
  if (TEXTS.has(name)) return typeof value === 'string'
  if (name !== 'canPublishSources') return typeof value === 'boolean'
  return Array.isArray(value) && value.every((source) => SOURCES.has(String(source)))
}

function judgeJoining(
  { sub, video }: JwtPayload,
  { room }: LiveKitJudge,
): LiveKitFault | undefined {
  const grants = (video ?? {}) as Record<string, unknown>
  const isJoining = grants['roomJoin'] === true
  if (isJoining && (sub === undefined || sub === '')) return 'identity'
  if (room === undefined) return undefined
  if (!isJoining) return 'room'
  return grants['room'] === room ? undefined : 'other-room'
}
