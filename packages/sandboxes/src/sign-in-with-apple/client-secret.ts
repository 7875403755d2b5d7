import type { AppleKeyFault, AppleKeys } from '../apple/keys.ts'
import { isNumericDate } from '../signed-jwt.ts'

/** Why a client secret was refused. Apple's own answer is `invalid_client` for all of them. */
export type AppleClientSecretFault =
  | AppleKeyFault
  | 'client'
  | 'missing'
  | 'audience'
  | 'issuer'
  | 'subject'
  | 'claims'
  | 'exp-too-far'
  | 'iat-in-future'
  | 'expired'

/** What a client secret is judged against. */
export interface ClientContext {
  readonly keys: AppleKeys
  readonly teamId: string
  readonly clientId: string
  /** The sandbox's own time as a NumericDate. */
  readonly now: number
}

const AUDIENCE = 'https://appleid.apple.com'
/** Six months, as Apple counts them. */
const MAX_SECONDS_AHEAD = 15_777_000

/** Judges the client secret of a form; `undefined` when it is good, or the first rule that it broke. */
export function judgeClientSecret(
  form: URLSearchParams,
  { keys, teamId, clientId, now }: ClientContext,
): AppleClientSecretFault | undefined {
  if (form.get('client_id') !== clientId) return 'client'
  const secret = form.get('client_secret')
  if (secret === null) return 'missing'
  const token = keys.open(secret)
  if (typeof token === 'string') return token
  const { iss, aud, sub, iat, exp } = token.payload
  if (aud !== AUDIENCE) return 'audience'
  if (iss !== teamId) return 'issuer'
  if (sub !== clientId) return 'subject'
  if (!isNumericDate(iat) || !isNumericDate(exp) || exp <= iat) return 'claims'
  if (exp > now + MAX_SECONDS_AHEAD) return 'exp-too-far'
  if (iat > now) return 'iat-in-future'
  return exp <= now ? 'expired' : undefined
}
