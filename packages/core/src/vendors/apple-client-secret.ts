import { requireIdentifier } from '../base/identifiers.ts'
import {
  APPLE_TOKEN_OPTIONS,
  appleSource,
  type AppleTokenOptions,
  requireTeamId,
} from '../outbound/sources/apple-source.ts'
import { refuseUnknownOptions, requireOptions } from '../base/options.ts'
import { requireLifetime } from '../outbound/sources/signed-payload.ts'
import type { TokenSource } from '../outbound/token.ts'

/** Options of {@link appleClientSecret}. */
export interface AppleClientSecretOptions extends AppleTokenOptions {
  /** The team's id: ten letters and digits. */
  readonly teamId: string
  /** The client id: the app's bundle id, or the id of the service for the web. */
  readonly clientId: string
  /** Seconds from `iat` to `exp`. Apple refuses more than 15 777 000, six months. Default 3600. */
  readonly lifetime?: number
  /** Where the secret may go as a bearer token. Default: nowhere, as it goes into the form. */
  readonly origins?: readonly string[]
}

const AUDIENCE = 'https://appleid.apple.com'
const USUAL_LIFETIME = 3600
const MAX_LIFETIME = 15_777_000

const OPTIONS = [...APPLE_TOKEN_OPTIONS, 'teamId', 'clientId']

/**
 * Makes the client secret of Sign in with Apple: a JWT that goes into the form of a token request as
 * `client_secret`, and never into a header.
 *
 * See https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED`, `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`, by name;
 * `KeyError` for a key that cannot be used.
 *
 * @example
 * ```ts
 * import { TokenManager } from '@mayfly/core'
 * import { appleClientSecret } from '@mayfly/core/vendors'
 *
 * declare const privateKey: string
 * const clientId = 'com.example.web'
 * const secrets = new TokenManager(
 *   appleClientSecret({ teamId: 'DEF123GHIJ', clientId, keyId: 'ABC123DEFG', privateKey }),
 * )
 *
 * export async function redeem(code: string): Promise<Response> {
 *   const { value } = await secrets.getToken()
 *   const form = { client_id: clientId, client_secret: value, code, grant_type: 'authorization_code' }
 *   return fetch('https://appleid.apple.com/auth/token', {
 *     method: 'POST',
 *     body: new URLSearchParams(form),
 *     redirect: 'error',
 *   })
 * }
 * ```
 */
export function appleClientSecret(options: AppleClientSecretOptions): TokenSource {
  requireOptions(options, 'appleClientSecret')
  refuseUnknownOptions(options, OPTIONS, 'appleClientSecret')
  const iss = requireTeamId(options.teamId)
  const sub = requireIdentifier(options.clientId, 'clientId', 256)
  const lifetime = requireLifetime(options.lifetime, {
    min: 1,
    max: MAX_LIFETIME,
    usual: USUAL_LIFETIME,
    rule: `Apple refuses client secrets that end in more than six months (${MAX_LIFETIME})`,
  })
  return appleSource(
    {
      name: 'apple-client-secret',
      claims: ({ issuedAt, expiresAt }) => ({
        iss,
        iat: issuedAt,
        exp: expiresAt,
        aud: AUDIENCE,
        sub,
      }),
      lifetime,
      maxLifetime: MAX_LIFETIME,
      origins: options.origins ?? [],
    },
    options,
  )
}
