import type { AppleKeyFault, AppleKeys } from '../apple/keys.ts'
import { isNumericDate } from '../signed-jwt.ts'
import type { SandboxRequest } from '../vendor.ts'

/** Why a provider token was refused. */
export type ApnsTokenFault =
  | AppleKeyFault
  | 'missing'
  | 'claims'
  | 'issuer'
  | 'iat-in-future'
  | 'expired'

/** What a token is judged against. */
export interface JudgeContext {
  readonly keys: AppleKeys
  readonly teamId: string
  /** The sandbox's own time as a NumericDate. */
  readonly now: number
}

const MAX_AGE = 3600

/** Judges the provider token of a request; `undefined` when it is good, or the first rule it broke. */
export function judgeToken(
  { bearer }: SandboxRequest,
  { keys, teamId, now }: JudgeContext,
): ApnsTokenFault | undefined {
  if (bearer === undefined) return 'missing'
  const token = keys.open(bearer)
  if (typeof token === 'string') return token
  const { iss, iat, ...others } = token.payload
  if (Object.keys(others).length > 0 || !isNumericDate(iat)) return 'claims'
  if (iss !== teamId) return 'issuer'
  if (iat > now) return 'iat-in-future'
  return now - iat >= MAX_AGE ? 'expired' : undefined
}

/** The `reason` that APNs gives for a fault. */
export function reasonOf(fault: ApnsTokenFault): string {
  if (fault === 'missing') return 'MissingProviderToken'
  // Apple wants iat to lie within the last hour, and says so of neither side alone.
  if (fault === 'expired' || fault === 'iat-in-future') return 'ExpiredProviderToken'
  return 'InvalidProviderToken'
}
