import { requireIdentifier } from '../base/identifiers.ts'
import {
  APPLE_TOKEN_OPTIONS,
  appleSource,
  type AppleTokenOptions,
} from '../outbound/sources/apple-source.ts'
import {
  describe,
  invalid,
  optionalBoolean,
  refuseUnknownOptions,
  requireOptions,
} from '../base/options.ts'
import { requireLifetime } from '../outbound/sources/signed-payload.ts'
import type { TokenSource } from '../outbound/token.ts'
import { compileScope } from './app-store-connect/scope.ts'

/** What both kinds of App Store Connect keys take. */
export interface AppStoreConnectCommonOptions extends AppleTokenOptions {
  /**
   * The only requests that the token is for, each as `GET /v1/apps?filter[platform]=IOS`. Default:
   * all that the key's role allows.
   */
  readonly scope?: readonly string[]
  /**
   * Seconds from `iat` to `exp`. Apple refuses more than 1200, but for tokens whose every scope entry
   * is on one of the resources that allow up to six months (15 777 000). Default 1200.
   */
  readonly lifetime?: number
  /** Where the tokens may go. Default `https://api.appstoreconnect.apple.com`. */
  readonly origins?: readonly string[]
  /** A key of the Apple Developer Enterprise Program, for its own API. Default `false`. */
  readonly enterprise?: boolean
}

/** Options for a team key. */
export interface AppStoreConnectTeamOptions extends AppStoreConnectCommonOptions {
  /** The issuer id, from the API keys page. */
  readonly issuerId: string
  readonly individual?: false
}

/** Options for an individual key, which belongs to one user and has no issuer id. */
export interface AppStoreConnectIndividualOptions extends AppStoreConnectCommonOptions {
  readonly individual: true
  readonly issuerId?: never
}

/** Options of {@link appStoreConnect}. */
export type AppStoreConnectOptions = AppStoreConnectTeamOptions | AppStoreConnectIndividualOptions

const ORIGIN = 'https://api.appstoreconnect.apple.com'
const AUDIENCE = 'appstoreconnect-v1'
const ENTERPRISE_ORIGIN = 'https://api.enterprise.developer.apple.com'
const ENTERPRISE_AUDIENCE = 'apple-developer-enterprise-v1'
const MAX_LIFETIME = 1200
const MAX_SCOPED_LIFETIME = 15_777_000

/** However long a scoped token lives, it is used no longer than any other. */
const MAX_REUSE = 1200

const OPTIONS = [...APPLE_TOKEN_OPTIONS, 'issuerId', 'individual', 'scope', 'enterprise']

/**
 * Makes tokens for the App Store Connect API, with a team key or an individual one.
 *
 * They are dated `iat = now − 60`, `exp = iat + 1200`, so that Apple takes them from a clock that is up
 * to a minute fast, and never finds them longer than 20 minutes. A source signs at every call: wrap
 * it in a `TokenManager`, which reuses each for 20 minutes at the most.
 *
 * See "Generating Tokens for API Requests" in Apple's App Store Connect API documentation.
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED`, `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`, by name:
 * a lifetime beyond Apple's limit, an `issuerId` with an individual key, a scope that Apple does not
 * know. `KeyError` for a key that cannot be used.
 *
 * @example
 * ```ts
 * import { bearerFetch, TokenManager } from '@mayfly/core'
 * import { appStoreConnect } from '@mayfly/core/vendors'
 *
 * export function client(privateKey: string): typeof fetch {
 *   const source = appStoreConnect({
 *     keyId: '2X9R4HXF34',
 *     issuerId: '57246542-96fe-1a63-e053-0824d011072a',
 *     privateKey,
 *   })
 *   return bearerFetch(new TokenManager(source))
 * }
 * ```
 */
export function appStoreConnect(options: AppStoreConnectOptions): TokenSource {
  requireOptions(options, 'appStoreConnect')
  refuseUnknownOptions(options, OPTIONS, 'appStoreConnect')
  const scope = options.scope === undefined ? undefined : compileScope(options.scope)
  const longLived = scope?.longLived ?? false
  const identity = identityOf(options)
  const enterprise = optionalBoolean(options.enterprise, 'enterprise') ?? false
  const source = appleSource(
    {
      name: 'app-store-connect',
      claims: ({ issuedAt, expiresAt }) => ({
        ...identity,
        iat: issuedAt,
        exp: expiresAt,
        aud: enterprise ? ENTERPRISE_AUDIENCE : AUDIENCE,
        ...(scope !== undefined && { scope: scope.entries }),
      }),
      reserved: ['iss', 'sub', 'scope', 'bid'],
      lifetime: lifetimeOf(options.lifetime, longLived),
      maxLifetime: longLived ? MAX_SCOPED_LIFETIME : MAX_LIFETIME,
      origins: options.origins ?? [enterprise ? ENTERPRISE_ORIGIN : ORIGIN],
    },
    options,
  )
  return { ...source, reuse: Object.freeze({ maxReuse: MAX_REUSE }) }
}

function identityOf({ individual = false, issuerId }: AppStoreConnectOptions): object {
  if (typeof individual !== 'boolean') {
    throw invalid('individual', `"individual" must be true or false, not ${describe(individual)}.`)
  }
  if (!individual) return { iss: requireIdentifier(issuerId, 'issuerId', 128) }
  if (issuerId === undefined) return { sub: 'user' }
  throw invalid(
    'issuerId',
    '"issuerId" does not go with individual: true. Apple refuses an issuer on an individual key; leave one of the two out.',
  )
}

function lifetimeOf(asked: number | undefined, longLived: boolean): number {
  return requireLifetime(asked, {
    min: 1,
    max: longLived ? MAX_SCOPED_LIFETIME : MAX_LIFETIME,
    usual: MAX_LIFETIME,
    rule: longLived
      ? `Apple takes scoped tokens for six months (${MAX_SCOPED_LIFETIME}) at the most`
      : `Apple refuses tokens of more than ${MAX_LIFETIME}. Longer ones need a "scope" whose every entry is on a resource that allows it`,
  })
}
