import type { AppleKeyFault, AppleKeys } from '../apple/keys.ts'
import { isNumericDate } from '../signed-jwt.ts'
import type { SandboxRequest } from '../vendor.ts'

/** Why a token was refused. Apple's own answer is the same 401 for all of them. */
export type AppStoreServerTokenFault =
  | AppleKeyFault
  | 'missing'
  | 'claims'
  | 'audience'
  | 'issuer'
  | 'bundle'
  | 'too-long'
  | 'iat-in-future'
  | 'expired'

/** What a token is judged against. */
export interface JudgeContext {
  readonly keys: AppleKeys
  readonly issuerId: string
  readonly bundleId: string
  /** The sandbox's own time as a NumericDate. */
  readonly now: number
}

const AUDIENCE = 'appstoreconnect-v1'
const MAX_LIFETIME = 3600

/** Judges the token of a request; `undefined` when it is good, or the first rule that it broke. */
export function judgeToken(
  { bearer }: SandboxRequest,
  { keys, issuerId, bundleId, now }: JudgeContext,
): AppStoreServerTokenFault | undefined {
  if (bearer === undefined) return 'missing'
  const token = keys.open(bearer)
  if (typeof token === 'string') return token
  const { iss, aud, bid, iat, exp } = token.payload
  if (aud !== AUDIENCE) return 'audience'
  if (iss !== issuerId) return 'issuer'
  if (bid !== bundleId) return 'bundle'
  if (!isNumericDate(iat) || !isNumericDate(exp) || exp <= iat) return 'claims'
  if (exp - iat > MAX_LIFETIME) return 'too-long'
  if (iat > now) return 'iat-in-future'
  return exp <= now ? 'expired' : undefined
}
