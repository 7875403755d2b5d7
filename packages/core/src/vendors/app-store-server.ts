import { requireIdentifier } from '../base/identifiers.ts'
import {
  APPLE_TOKEN_OPTIONS,
  appleSource,
  type AppleTokenOptions,
} from '../outbound/sources/apple-source.ts'
import { refuseUnknownOptions, requireOneOf, requireOptions } from '../base/options.ts'
import { requireLifetime } from '../outbound/sources/signed-payload.ts'
import type { TokenSource } from '../outbound/token.ts'

/** Options of {@link appStoreServer}. */
export interface AppStoreServerOptions extends AppleTokenOptions {
  /** The issuer id, from the page of the In-App Purchase keys. */
  readonly issuerId: string
  /** The app's bundle id, such as `com.example.app`. */
  readonly bundleId: string
  /** Which of Apple's servers the tokens go to. Default `'production'`. */
  readonly environment?: 'production' | 'sandbox'
  /** Seconds from `iat` to `exp`. Apple refuses more than 3600. Default 300. */
  readonly lifetime?: number
  /** Where the tokens may go. Default: the server of the `environment`. */
  readonly origins?: readonly string[]
}

const ORIGINS = {
  production: ['https://api.storekit.apple.com'],
  sandbox: ['https://api.storekit-sandbox.apple.com'],
} as const
const AUDIENCE = 'appstoreconnect-v1'
const USUAL_LIFETIME = 300
const MAX_LIFETIME = 3600

const OPTIONS = [...APPLE_TOKEN_OPTIONS, 'issuerId', 'bundleId', 'environment']

/**
 * Makes tokens for the App Store Server API and the External Purchase Server API.
 *
 * Apple asks for a new token with each request. A source signs one at every call, so it is given to
 * `bearerFetch` as it is; wrapped in a `TokenManager` it reuses a token while it is fresh, which Apple
 * takes as well. Tokens are dated a minute back, since Apple refuses an `iat` that is a second ahead.
 *
 * See https://developer.apple.com/documentation/appstoreserverapi/generating-json-web-tokens-for-api-requests
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED`, `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`, by name;
 * `KeyError` for a key that cannot be used.
 *
 * @example
 * ```ts
 * import { bearerFetch } from '@mayfly/core'
 * import { appStoreServer } from '@mayfly/core/vendors'
 *
 * export function client(privateKey: string): typeof fetch {
 *   const source = appStoreServer({
 *     keyId: '2X9R4HXF34',
 *     issuerId: '57246542-96fe-1a63-e053-0824d011072a',
 *     bundleId: 'com.example.app',
 *     privateKey,
 *   })
 *   return bearerFetch(source)
 * }
 * ```
 */
export function appStoreServer(options: AppStoreServerOptions): TokenSource {
  requireOptions(options, 'appStoreServer')
  refuseUnknownOptions(options, OPTIONS, 'appStoreServer')
  const iss = requireIdentifier(options.issuerId, 'issuerId', 128)
  const bid = requireIdentifier(options.bundleId, 'bundleId', 256)
  const { environment = 'production' } = options
  const { origins = ORIGINS[requireOneOf(environment, 'environment', ['production', 'sandbox'])] } =
    options
  const lifetime = requireLifetime(options.lifetime, {
    min: 1,
    max: MAX_LIFETIME,
    usual: USUAL_LIFETIME,
    rule: `Apple refuses App Store Server tokens of more than ${MAX_LIFETIME}`,
  })
  return appleSource(
    {
      name: 'app-store-server',
      claims: ({ issuedAt, expiresAt }) => ({
        iss,
        iat: issuedAt,
        exp: expiresAt,
        aud: AUDIENCE,
        bid,
      }),
      lifetime,
      maxLifetime: MAX_LIFETIME,
      origins,
    },
    options,
  )
}
