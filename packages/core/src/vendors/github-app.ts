import { requireIdentifier } from '../base/identifiers.ts'
import type { Clock } from '../base/clock.ts'
import { invalid, refuseUnknownOptions, requireNumber, requireOptions } from '../base/options.ts'
import { requireEndpoint } from '../http/endpoint.ts'
import { signedSource } from '../outbound/sources/signed-source.ts'
import { requirePrivateKey, type JwtKey } from '../outbound/sources/signed-signing.ts'
import {
  type LifetimeLimits,
  requireLifetime,
  refuseReplacing,
} from '../outbound/sources/signed-payload.ts'
import type { TokenSource } from '../outbound/token.ts'

/** Options of {@link githubApp}. */
export interface GithubAppOptions {
  /** The app's client id, such as `Iv23liabcdefghijklmn`, or its app id. */
  readonly appId: string | number
  /**
   * The app's private key as GitHub hands it out (PKCS#1 PEM), or anything else that a key is taken
   * from. Line ends may be written as the two characters `\n`, as environment variables have them.
   */
  readonly privateKey: JwtKey
  /** Seconds from `iat` to `exp`, at most 600. Default 600. */
  readonly lifetime?: number
  /** Seconds by which `iat` lies in the past; part of the lifetime. Default 60. */
  readonly backdate?: number
  /** Where GitHub's API is. Default `https://api.github.com`; for a server of your own `https://HOST/api/v3`. */
  readonly baseUrl?: string
  /** Where the tokens may go. Default: the origin of `baseUrl`. */
  readonly origins?: readonly string[]
  /** Makes a `jti` for each token. GitHub needs none. Default: none. */
  readonly tokenId?: () => string
  /** Claims beside GitHub's own, which they may not replace. */
  readonly claims?: Readonly<Record<string, unknown>>
  readonly clock?: Clock
}

const BASE_URL = 'https://api.github.com'
const LIFETIME: LifetimeLimits = {
  min: 1,
  max: 600,
  usual: 600,
  rule: 'GitHub refuses tokens of more than ten minutes (600)',
}

const OPTIONS = [
  'appId',
  'privateKey',
  'lifetime',
  'backdate',
  'baseUrl',
  'origins',
  'tokenId',
  'claims',
  'clock',
] as const

/**
 * Makes the tokens that a GitHub App speaks as itself with: to list its installations, and to get
 * their tokens, for which see `githubInstallation`.
 *
 * They are dated `iat = now − 60`, `exp = now + 540`: GitHub refuses an `iat` in its future, and an
 * `exp` of more than 600 seconds from its now, so that a clock may be a minute off in either
 * direction. A source signs at every call: wrap it in a `TokenManager`.
 *
 * See "Generating a JSON Web Token (JWT) for a GitHub App" in GitHub's documentation.
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED`, `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`, by name,
 * and a `KeyError` for a private key that cannot sign.
 *
 * @example
 * ```ts
 * import { bearerFetch, TokenManager } from '@mayfly/core'
 * import { githubApp } from '@mayfly/core/vendors'
 *
 * export function asApp(privateKey: string): typeof fetch {
 *   const app = githubApp({ appId: 'Iv23liabcdefghijklmn', privateKey })
 *   return bearerFetch(new TokenManager(app))
 * }
 * ```
 */
export function githubApp(options: GithubAppOptions): TokenSource {
  requireOptions(options, 'githubApp')
  refuseUnknownOptions(options, OPTIONS, 'githubApp')
  const { backdate = 60, tokenId, clock, baseUrl = BASE_URL } = options
  const { origin } = requireEndpoint(baseUrl, 'baseUrl')
  return signedSource('github-app', {
    algorithm: 'RS256',
    key: requirePrivateKey(options.privateKey),
    claims: { iss: requireAppId(options.appId), ...refuseReplacing(options.claims, ['iss']) },
    lifetime: requireLifetime(options.lifetime, LIFETIME),
    maxLifetime: LIFETIME.max,
    backdate,
    origins: options.origins ?? [origin],
    ...(tokenId !== undefined && { tokenId }),
    ...(clock !== undefined && { clock }),
  })
}

function requireAppId(appId: unknown): string | number {
  if (typeof appId === 'number') {
    return requireNumber(appId, 'appId', { min: 1, integer: true, unit: '(an id)' })
  }
  const text = requireIdentifier(appId, 'appId')
  if (/^[\w.-]+$/.test(text)) return text
  throw invalid(
    'appId',
    '"appId" must be the client id or the app id, as the app’s page shows them.',
  )
}
