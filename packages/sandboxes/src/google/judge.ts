import { isNumericDate, readJwtHeader, verifyJwt } from '../signed-jwt.ts'
import type { SandboxReply } from '../vendor.ts'
import type { ServiceAccountKeys } from './credentials.ts'

/** Why an assertion or a self-signed token was refused. */
export type GoogleJwtFault =
  | 'jwt-malformed'
  | 'jwt-key'
  | 'key-revoked'
  | 'jwt-signature'
  | 'jwt-account'
  | 'jwt-audience'
  | 'jwt-times'
  | 'jwt-scope'
  | 'jwt-subject'

/** What a JWT is judged against. */
export interface GoogleJwtContext {
  readonly keys: ServiceAccountKeys
  readonly isKeyRevoked: boolean
  /** The sandbox's own time as a NumericDate. */
  readonly now: number
}

/** What a good JWT asks for. */
export interface GoogleClaims {
  readonly email: string
  readonly audience: string | undefined
  readonly scope: string | undefined
  readonly subject: string | undefined
}

export type GoogleJwtVerdict =
  | { readonly claims: GoogleClaims }
  | { readonly fault: GoogleJwtFault }

const MAX_LIFETIME = 3600

/** Judges what an assertion and a self-signed token have in common: key, signature, times. */
export function judgeGoogleJwt(token: string, context: GoogleJwtContext): GoogleJwtVerdict {
  const { account, publicKey } = context.keys
  const header = readJwtHeader(token)
  if (header === undefined) return { fault: 'jwt-malformed' }
  if (header.kid !== undefined && header.kid !== account.private_key_id) return { fault: 'jwt-key' }
  if (context.isKeyRevoked) return { fault: 'key-revoked' }
  const verified = verifyJwt(token, publicKey, ['RS256'])
  if (verified === undefined) return { fault: 'jwt-signature' }
  const { iss, sub, aud, iat, exp, scope } = verified.payload
  if (iss !== account.client_email) return { fault: 'jwt-account' }
  const { now } = context
  const timely =
    isNumericDate(iat) &&
    isNumericDate(exp) &&
    iat <= now &&
    exp > now &&
    exp > iat &&
    exp - iat <= MAX_LIFETIME
  if (!timely) return { fault: 'jwt-times' }
  const audience = typeof aud === 'string' ? aud : undefined
  return {
    claims: {
      email: iss,
      audience,
      scope: typeof scope === 'string' ? scope : undefined,
      subject: sub,
    },
  }
}

/** What Google's token endpoint answers to an assertion with a fault. */
export function refuseAssertion(fault: GoogleJwtFault, tokenUri: string): SandboxReply {
  const invalidGrant = new Map<GoogleJwtFault, string>([
    ['jwt-malformed', 'Invalid JWT: Failed to parse.'],
    ['jwt-account', 'Invalid grant: account not found'],
    ['jwt-audience', `Invalid JWT: Failed audience check. The right audience is ${tokenUri}`],
    [
      'jwt-times',
      'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.',
    ],
  ])
  if (fault === 'jwt-scope') {
    return tokenError(400, 'invalid_scope', 'Invalid OAuth scope or ID token audience provided.')
  }
  if (fault === 'jwt-subject') {
    return tokenError(
      401,
      'unauthorized_client',
      'Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.',
    )
  }
  return tokenError(400, 'invalid_grant', invalidGrant.get(fault) ?? 'Invalid JWT Signature.')
}

/** An error of the token endpoint. */
export function tokenError(status: number, error: string, description: string): SandboxReply {
  return { status, body: { error, error_description: description } }
}

/** An error of an API, in the form that all of Google's have. */
export function apiError(code: number, status: string, message: string): SandboxReply {
  return { status: code, body: { error: { code, message, status } } }
}
