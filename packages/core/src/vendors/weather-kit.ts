import { requireIdentifier } from '../base/identifiers.ts'
import {
  APPLE_KEY_OPTIONS,
  type AppleKeyOptions,
  appleSource,
  refuseFurtherClaims,
  requireTeamId,
} from '../outbound/sources/apple-source.ts'
import { refuseUnknownOptions, requireOptions } from '../base/options.ts'
import { requireLifetime } from '../outbound/sources/signed-payload.ts'
import type { TokenSource } from '../outbound/token.ts'

/** Options of {@link weatherKit}. */
export interface WeatherKitOptions extends AppleKeyOptions {
  /** The team's id: ten letters and digits. */
  readonly teamId: string
  /** The id of the service that WeatherKit was enabled for, such as `com.example.weather`. */
  readonly serviceId: string
  /** Seconds from `iat` to `exp`. Apple states no limit. Default 3600. */
  readonly lifetime?: number
  /** Where the tokens may go. Default `https://weatherkit.apple.com`. */
  readonly origins?: readonly string[]
}

const ORIGIN = 'https://weatherkit.apple.com'
const USUAL_LIFETIME = 3600

const OPTIONS = [...APPLE_KEY_OPTIONS, 'teamId', 'serviceId']

/**
 * Makes tokens for the WeatherKit REST API. They have `iss`, `iat`, `exp` and `sub` and nothing else,
 * so there are no `claims` and no `tokenId` here.
 *
 * See https://developer.apple.com/documentation/weatherkitrestapi/request-authentication-for-weatherkit-rest-api
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED`, `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`, by name;
 * `KeyError` for a key that cannot be used.
 *
 * @example
 * ```ts
 * import { bearerFetch, TokenManager } from '@mayfly/core'
 * import { weatherKit } from '@mayfly/core/vendors'
 *
 * export function client(privateKey: string): typeof fetch {
 *   const source = weatherKit({
 *     teamId: 'DEF123GHIJ',
 *     serviceId: 'com.example.weather',
 *     keyId: 'ABC123DEFG',
 *     privateKey,
 *   })
 *   return bearerFetch(new TokenManager(source))
 * }
 * ```
 */
export function weatherKit(options: WeatherKitOptions): TokenSource {
  requireOptions(options, 'weatherKit')
  refuseFurtherClaims(options, 'WeatherKit', 'iss, iat, exp and sub')
  refuseUnknownOptions(options, OPTIONS, 'weatherKit')
  const iss = requireTeamId(options.teamId)
  const sub = requireIdentifier(options.serviceId, 'serviceId', 256)
  const lifetime = requireLifetime(options.lifetime, {
    min: 1,
    max: Infinity,
    usual: USUAL_LIFETIME,
    rule: 'Apple states no limit',
  })
  return appleSource(
    {
      name: 'weather-kit',
      claims: ({ issuedAt, expiresAt }) => ({ iss, iat: issuedAt, exp: expiresAt, sub }),
      header: { id: `${iss}.${sub}` },
      lifetime,
      origins: options.origins ?? [ORIGIN],
    },
    options,
  )
}
