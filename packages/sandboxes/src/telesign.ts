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

/** Why a token of Telesign App Verify is no good. */
export type TelesignFault =
  | SdkSignatureFault
  | 'customer'
  | 'phone'
  | 'transaction'
  | 'dates'
  | 'not-yet-valid'
  | 'expired'

/** A customer, and the number that is to be verified. */
export interface TelesignJudge {
  readonly customerId: string
  /** As Telesign hands it out: base64. */
  readonly apiKey: string
  /** The number that the app verifies. Default: any. */
  readonly phoneNumber?: string
  /** Telesign's clock. Default: the machine's. */
  readonly clock?: Clock
}

/**
 * Judges a token of Telesign App Verify: HS256 by the bytes that the API key stands for, which
 * `jsonwebtoken` verifies; the customer in `iss`, the number as digits in `phn`, a transaction in `xid`,
 * and `iat` and `exp` on both sides of now. The key is read as Python reads it: characters outside of
 * base64's alphabet are dropped. The answers are those of Telesign's REST API, which for App Verify are
 * unconfirmed.
 *
 * @example
 * ```ts
 * import { telesign } from '@mayfly/core/vendors'
 * import { judgeTelesignToken } from '@mayfly/sandboxes'
 *
 * const customer = { customerId: 'FFFFFFFF-EEEE', apiKey: 'dGVzdC1rZXktMDEyMzQ1Njc4OWFiY2RlZg==' }
 * const phoneNumber = '15555551212'
 * const token = await telesign({ ...customer, phoneNumber }).getToken()
 * console.log(judgeTelesignToken(token.value, { ...customer, phoneNumber }).accepted) // true
 * ```
 */
export function judgeTelesignToken(
  token: string,
  customer: TelesignJudge,
): SdkVerdict<TelesignFault> {
  const alphabet = customer.apiKey.replaceAll(/[^A-Za-z0-9+/=]/g, '')
  const read = readSdkToken(token, Buffer.from(alphabet, 'base64'))
  if (typeof read === 'string') return sdkVerdict(read, {}, answerTo)
  const { payload } = read
  const fault = judgeParties(payload, customer) ?? judgeTimes(payload, numericDate(customer.clock))
  return sdkVerdict(fault, payload, answerTo)
}

function judgeParties(
  payload: JwtPayload,
  { customerId, phoneNumber }: TelesignJudge,
): TelesignFault | undefined {
  const { iss, phn, xid } = payload as Readonly<Record<string, unknown>>
  if (iss !== customerId) return 'customer'
  if (typeof phn !== 'string' || !/^\d{7,15}$/.test(phn)) return 'phone'
  if (phoneNumber !== undefined && phn !== phoneNumber) return 'phone'
  return typeof xid === 'string' && xid !== '' ? undefined : 'transaction'
}

function judgeTimes({ iat, exp }: JwtPayload, now: number): TelesignFault | undefined {
  if (!isNumericDate(iat) || !isNumericDate(exp) || exp <= iat) return 'dates'
  if (iat > now) return 'not-yet-valid'
  return exp <= now ? 'expired' : undefined
}

function answerTo(fault: TelesignFault): SdkResponse {
  return fault === 'customer'
    ? { code: -30_000, message: 'Invalid Customer ID.' }
    : { code: -30_006, message: 'Invalid Signature.' }
}
