import type jwt from 'jsonwebtoken'
import { isNumericDate, readJwtHeader, verifyJwt } from '../signed-jwt.ts'
import type { SandboxRequest } from '../vendor.ts'
import type { KnownKey } from './credentials.ts'
import { allowsLongLife, parseScope, scopeAllows } from './scope.ts'

/** Why a token was refused. Apple's own answer is the same 401 for nearly all of them. */
export type TokenFault =
  | 'missing'
  | 'malformed'
  | 'algorithm'
  | 'kid'
  | 'key-revoked'
  | 'signature'
  | 'claims'
  | 'audience'
  | 'issuer'
  | 'subject'
  | 'too-long'
  | 'exp-too-far'
  | 'iat-in-future'
  | 'expired'
  | 'scope'

/** What a token is judged against. */
export interface JudgeContext {
  readonly keys: ReadonlyMap<string, KnownKey>
  readonly isRevoked: (keyId: string) => boolean
  /** The sandbox's own time as a NumericDate. */
  readonly now: number
}

/** A token that passed, or the first rule that it broke. */
export type Judgement = { readonly keyId: string } | { readonly fault: TokenFault }

const AUDIENCE = 'appstoreconnect-v1'
const MAX_LIFETIME = 1200
/** Six months, as Apple counts them for client secrets and developer tokens. */
const MAX_LONG_LIFETIME = 15_777_000

/** Judges the token of a request by the rules of App Store Connect, and names the first one broken. */
export function judgeToken(request: SandboxRequest, context: JudgeContext): Judgement {
  const token = request.bearer
  if (token === undefined) return { fault: 'missing' }
  const header = readJwtHeader(token)
  if (header === undefined) return { fault: 'malformed' }
  if (header.alg !== 'ES256') return { fault: 'algorithm' }
  const keyId = header.kid ?? ''
  const key = context.keys.get(keyId)
  if (key === undefined) return { fault: 'kid' }
  if (context.isRevoked(keyId)) return { fault: 'key-revoked' }
  const payload = verifyJwt(token, key.publicKey, ['ES256'])?.payload
  if (payload === undefined) return { fault: 'signature' }
  const fault =
    judgeParties(payload, key) ?? judgeTimes(payload, context.now) ?? judgeScope(payload, request)
  return fault === undefined ? { keyId } : { fault }
}

function judgeParties(payload: jwt.JwtPayload, key: KnownKey): TokenFault | undefined {
  if (payload.aud !== AUDIENCE) return 'audience'
  if (key.kind === 'team') {
    if (payload.iss !== key.issuerId) return 'issuer'
    return 'sub' in payload ? 'subject' : undefined
  }
  if ('iss' in payload) return 'issuer'
  return payload.sub === 'user' ? undefined : 'subject'
}

function judgeTimes(payload: jwt.JwtPayload, now: number): TokenFault | undefined {
  const { iat, exp } = payload
  if (!isNumericDate(iat) || !isNumericDate(exp) || exp <= iat) return 'claims'
  const limit = lifetimeLimit(payload)
  if (exp - iat > limit) return 'too-long'
  if (exp > now + limit) return 'exp-too-far'
  if (iat > now) return 'iat-in-future'
  return exp <= now ? 'expired' : undefined
}

function lifetimeLimit(payload: jwt.JwtPayload): number {
  const entries = parseScope(payload['scope'])
  return entries !== undefined && allowsLongLife(entries) ? MAX_LONG_LIFETIME : MAX_LIFETIME
}

function judgeScope(payload: jwt.JwtPayload, request: SandboxRequest): TokenFault | undefined {
  if (!('scope' in payload)) return undefined
  const entries = parseScope(payload['scope'])
  return entries !== undefined && scopeAllows(entries, request) ? undefined : 'scope'
}
