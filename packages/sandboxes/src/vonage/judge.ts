import type jwt from 'jsonwebtoken'
import { isNumericDate, readJwtHeader, verifyJwt } from '../signed-jwt.ts'
import type { SandboxRequest } from '../vendor.ts'
import { aclAllows } from './acl.ts'
import type { SandboxApplication } from './credentials.ts'

/** Why an application's token was refused. Vonage's own answer is the same 401 for nearly all. */
export type VonageTokenFault =
  | 'missing'
  | 'malformed'
  | 'algorithm'
  | 'signature'
  | 'application'
  | 'claims'
  | 'too-short'
  | 'too-old'
  | 'iat-in-future'
  | 'not-yet-valid'
  | 'expired'
  | 'acl'

/** What a token is judged against. */
export interface JudgeContext {
  readonly application: SandboxApplication
  /** The sandbox's own time as a NumericDate. */
  readonly now: number
}

const DAY = 86_400
/** How long a token without an `exp` lives. */
const USUAL_LIFETIME = 900
const MIN_LIFETIME = 30
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** Judges the token of a request by the rules of Vonage, and names the first one that it breaks. */
export function judgeToken(
  request: SandboxRequest,
  { application, now }: JudgeContext,
): VonageTokenFault | undefined {
  const token = request.bearer
  if (token === undefined) return 'missing'
  const header = readJwtHeader(token)
  if (header === undefined) return 'malformed'
  if (header.alg !== 'RS256') return 'algorithm'
  const payload = verifyJwt(token, application.publicKey, ['RS256'])?.payload
  if (payload === undefined) return 'signature'
  if (payload['application_id'] !== application.applicationId) return 'application'
  return judgeShape(payload) ?? judgeTimes(payload, now) ?? judgeAcl(payload, request)
}

function judgeShape({ jti, sub, iat, exp, nbf }: jwt.JwtPayload): VonageTokenFault | undefined {
  const hasDates = isNumericDate(iat) && [exp, nbf].every(isDateOrNothing)
  const hasId = typeof jti === 'string' && UUID.test(jti)
  const hasUser = sub === undefined || (typeof sub === 'string' && sub !== '')
  return hasDates && hasId && hasUser ? undefined : 'claims'
}

/** A token is dead a day after its `iat`, whatever its `exp` says. */
function judgeTimes(payload: jwt.JwtPayload, now: number): VonageTokenFault | undefined {
  const { iat = 0, exp = iat + USUAL_LIFETIME, nbf = iat } = payload
  if (exp - iat < MIN_LIFETIME) return 'too-short'
  if (iat > now) return 'iat-in-future'
  if (nbf > now) return 'not-yet-valid'
  if (now >= iat + DAY) return 'too-old'
  return now >= exp ? 'expired' : undefined
}

function judgeAcl(payload: jwt.JwtPayload, request: SandboxRequest): VonageTokenFault | undefined {
  if (!('acl' in payload)) return undefined
  const allows = aclAllows(payload['acl'], request)
  if (allows === undefined) return 'claims'
  return allows ? undefined : 'acl'
}

function isDateOrNothing(value: unknown): boolean {
  return value === undefined || isNumericDate(value)
}
