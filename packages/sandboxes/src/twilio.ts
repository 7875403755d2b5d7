import type { Clock } from '@mayfly/core'
import type { JwtHeader, JwtPayload } from 'jsonwebtoken'
import { numericDate, readSdkToken } from './sdk-token.ts'
import {
  type SdkResponse,
  type SdkSignatureFault,
  type SdkVerdict,
  sdkVerdict,
} from './sdk-verdict.ts'
import { isNumericDate } from './signed-jwt.ts'

/** Why a Twilio access token is no good. */
export type TwilioFault =
  | SdkSignatureFault
  | 'header'
  | 'issuer-or-subject'
  | 'token-id'
  | 'expiry'
  | 'expired'
  | 'too-long'
  | 'not-yet-valid'
  | 'grants'

/** An account and an API key of it. */
export interface TwilioJudge {
  readonly accountSid: string
  readonly keySid: string
  readonly keySecret: string
  /** Twilio's clock. Default: the machine's. */
  readonly clock?: Clock
}

/** Twilio's codes and their titles. */
const ANSWERS: Readonly<Record<TwilioFault, readonly [number, string]>> = {
  malformed: [20_101, 'Invalid Access Token'],
  'token-id': [20_101, 'Invalid Access Token'],
  algorithm: [20_102, 'Invalid Access Token header'],
  header: [20_102, 'Invalid Access Token header'],
  'issuer-or-subject': [20_103, 'Invalid Access Token issuer/subject'],
  expiry: [20_104, 'Access Token expired or expiration date invalid'],
  expired: [20_104, 'Access Token expired or expiration date invalid'],
  'not-yet-valid': [20_105, 'Access Token not yet valid'],
  grants: [20_106, 'Invalid Access Token grants'],
  signature: [20_107, 'Invalid Access Token signature'],
  'too-long': [20_157, 'Expiration Time Exceeds Maximum Time Allowed'],
}

const MAX_LIFETIME = 86_400
const PRODUCTS = new Set(['video', 'voice', 'chat', 'data_sync', 'task_router', 'player'])

/**
 * Judges an access token by Twilio's rules, and answers with Twilio's own codes: HS256 by the API key's
 * secret, which `jsonwebtoken` verifies; `cty: twilio-fpa;v=1`; the key in `iss` and the account in
 * `sub`; an end within 24 hours; an identity, and a grant for one product at least.
 *
 * See https://www.twilio.com/docs/iam/access-tokens
 *
 * @example
 * ```ts
 * import { twilio } from '@mayfly/core/vendors'
 * import { judgeTwilioToken } from '@mayfly/sandboxes'
 *
 * const key = { accountSid: 'AC01', keySid: 'SK01', keySecret: 'secret' }
 * const source = twilio({ ...key, identity: 'alice', grants: { video: {} } })
 * const token = await source.getToken()
 * console.log(judgeTwilioToken(token.value, key).accepted) // true
 * ```
 */
export function judgeTwilioToken(token: string, key: TwilioJudge): SdkVerdict<TwilioFault> {
  const read = readSdkToken(token, key.keySecret)
  if (typeof read === 'string') return sdkVerdict(read, {}, answerTo)
  const { header, payload } = read
  const fault =
    judgeHeader(header) ??
    judgeParties(payload, key) ??
    judgeTimes(payload, numericDate(key.clock)) ??
    judgeGrants(payload)
  return sdkVerdict(fault, payload, answerTo)
}

function answerTo(fault: TwilioFault): SdkResponse {
  const [code, message] = ANSWERS[fault]
  return { code, message }
}

function judgeHeader({ typ, cty }: JwtHeader): TwilioFault | undefined {
  return typ === 'JWT' && cty === 'twilio-fpa;v=1' ? undefined : 'header'
}

function judgeParties(
  { iss, sub, jti }: JwtPayload,
  { accountSid, keySid }: TwilioJudge,
): TwilioFault | undefined {
  if (iss !== keySid || sub !== accountSid) return 'issuer-or-subject'
  return typeof jti === 'string' && jti !== '' ? undefined : 'token-id'
}

function judgeTimes({ iat, exp, nbf }: JwtPayload, now: number): TwilioFault | undefined {
  if (!isNumericDate(exp)) return 'expiry'
  if (exp <= now) return 'expired'
  const from = isNumericDate(iat) ? Math.min(iat, now) : now
  if (exp - from > MAX_LIFETIME) return 'too-long'
  const begins = [iat, nbf].filter((one) => one !== undefined)
  return begins.every((one) => isNumericDate(one) && one <= now) ? undefined : 'not-yet-valid'
}

function judgeGrants({ grants }: JwtPayload): TwilioFault | undefined {
  if (typeof grants !== 'object' || grants === null) return 'grants'
  const { identity, ...products } = grants as Record<string, unknown>
  if (typeof identity !== 'string' || identity === '') return 'grants'
  const all = Object.entries(products)
  const good = all.every(
    ([name, grant]) => PRODUCTS.has(name) && typeof grant === 'object' && grant !== null,
  )
  return good && all.length > 0 ? undefined : 'grants'
}
