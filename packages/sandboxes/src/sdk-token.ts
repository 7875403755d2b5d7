import { type Clock, systemClock } from '@mayfly/core'
import type { SdkSignatureFault } from './sdk-verdict.ts'
import { readJwtHeader, type SignedJwt, verifyJwt } from './signed-jwt.ts'

/** Reads a token that has to be signed with a vendor's secret, by HS256 and nothing else. */
export function readSdkToken(
  token: string,
  secret: string | Buffer,
): SignedJwt | SdkSignatureFault {
  const header = readJwtHeader(token)
  if (header === undefined) return 'malformed'
  if (header.alg !== 'HS256') return 'algorithm'
  return verifyJwt(token, secret, ['HS256']) ?? 'signature'
}

/** A clock's time as a NumericDate. */
export function numericDate(clock: Clock = systemClock): number {
  return Math.floor(clock.now() / 1000)
}
