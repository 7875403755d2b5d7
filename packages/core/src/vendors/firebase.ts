import { optionalIdentifier, requireName } from '../base/identifiers.ts'
import { invalid, jsonObject } from '../base/options.ts'
import {
  requireVendorOptions,
  type SignedVendorOptions,
  type VendorFacts,
  vendorSource,
} from '../outbound/sources/vendor-source.ts'
import type { TokenSource } from '../outbound/token.ts'
import { followAccount } from './google-service-account/changing-account.ts'
import {
  type GoogleCredentialsOption,
  readCredentials,
} from './google-service-account/credentials.ts'

/** Options of {@link firebaseCustomToken}. */
export interface FirebaseCustomTokenOptions extends SignedVendorOptions {
  /** The service account's key, as for `googleServiceAccount`. */
  readonly credentials: GoogleCredentialsOption
  /** The user's id, 1 to 128 characters. */
  readonly uid: string
  /** Claims that security rules see as `request.auth.token`; at most 1000 characters of JSON. */
  readonly developerClaims?: Readonly<Record<string, unknown>>
  /** The tenant, where Identity Platform has several. */
  readonly tenantId?: string
}

const AUDIENCE =
  'https://identitytoolkit.googleapis.com/google.identity.identitytoolkit.v1.IdentityToolkit'
const FACTS: VendorFacts = {
  name: 'firebaseCustomToken',
  algorithm: 'RS256',
  options: ['credentials', 'uid', 'developerClaims', 'tenantId'],
  lifetime: {
    min: 1,
    max: 3600,
    usual: 3600,
    rule: 'Firebase refuses tokens of more than an hour (3600)',
  },
  origins: [],
  reserved: ['iss', 'sub', 'aud', 'uid', 'claims', 'tenant_id'],
}
/** Names that Firebase keeps for itself. */
const RESERVED = [
  'acr',
  'amr',
  'at_hash',
  'aud',
  'auth_time',
  'azp',
  'cnf',
  'c_hash',
  'exp',
  'iat',
].concat(['iss', 'jti', 'nbf', 'nonce', 'sub', 'firebase', 'user_id'])

/**
 * Makes custom tokens, with which a client signs one user in to Firebase (`signInWithCustomToken`). The hour
 * counts for signing in alone. Hand `token.value` to the client: it goes nowhere over HTTP by itself.
 *
 * See "Create Custom Tokens" in Firebase's documentation,
 * https://firebase.google.com/docs/auth/admin/create-custom-tokens
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED`, `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`, by name.
 *
 * @example
 * ```ts
 * import { firebaseCustomToken } from '@mayfly/core/vendors'
 *
 * export async function signIn(credentials: string, uid: string): Promise<string> {
 *   const source = firebaseCustomToken({ credentials, uid, developerClaims: { premium: true } })
 *   return (await source.getToken()).value
 * }
 * ```
 */
export function firebaseCustomToken(options: FirebaseCustomTokenOptions): TokenSource {
  requireVendorOptions(FACTS, options)
  const { credentials } = options
  const uid = requireName(options.uid, 'uid', 128)
  const tenantId = optionalIdentifier(options.tenantId, 'tenantId')
  const own = compileDeveloperClaims(options.developerClaims)
  const make = (account: ReturnType<typeof readCredentials>): TokenSource =>
    vendorSource(
      FACTS,
      { backdate: 10, ...options },
      {
        key: account.privateKey,
        ...(account.keyId !== undefined && { keyId: account.keyId }),
        claims: ({ issuedAt, expiresAt }) => ({
          iss: account.email,
          sub: account.email,
          aud: AUDIENCE,
          iat: issuedAt,
          exp: expiresAt,
          uid,
          ...(tenantId !== undefined && { tenant_id: tenantId }),
          ...(own !== undefined && { claims: own }),
        }),
      },
    )
  if (typeof credentials === 'function') return followAccount(credentials, make)
  return make(readCredentials(credentials))
}

function compileDeveloperClaims(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (value === undefined) return undefined
  const claims = jsonObject(value, 'developerClaims')
  const taken = RESERVED.find((name) => name in claims)
  if (taken !== undefined) {
    throw invalid(
      'developerClaims',
      `"developerClaims" must not have "${taken}": Firebase keeps it.`,
    )
  }
  if (JSON.stringify(claims).length <= 1000) return claims
  throw invalid('developerClaims', '"developerClaims" must be at most 1000 characters of JSON.')
}
