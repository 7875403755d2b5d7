import {
  APPLE_TOKEN_OPTIONS,
  appleSource,
  type AppleTokenOptions,
  requireTeamId,
} from '../outbound/sources/apple-source.ts'
import { describe, invalid, refuseUnknownOptions, requireOptions } from '../base/options.ts'
import { requireLifetime } from '../outbound/sources/signed-payload.ts'
import type { TokenSource } from '../outbound/token.ts'

/** Options of {@link musicKit}. */
export interface MusicKitOptions extends AppleTokenOptions {
  /** The team's id: ten letters and digits. */
  readonly teamId: string
  /**
   * The web origins that MusicKit JS may use the token from, such as `https://example.com`: for tokens
   * that go to browsers. Default: no such limit.
   */
  readonly origin?: readonly string[]
  /** Seconds from `iat` to `exp`. Apple refuses more than 15 777 000, six months. Default 12 hours. */
  readonly lifetime?: number
  /** Where the tokens may be sent from here. Default `https://api.music.apple.com`. */
  readonly origins?: readonly string[]
}

const ORIGIN = 'https://api.music.apple.com'
const USUAL_LIFETIME = 43_200
const MAX_LIFETIME = 15_777_000

const OPTIONS = [...APPLE_TOKEN_OPTIONS, 'teamId', 'origin']

/**
 * Makes developer tokens for the Apple Music API and MusicKit JS.
 *
 * See https://developer.apple.com/documentation/applemusicapi/generating-developer-tokens
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED`, `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`, by name;
 * `KeyError` for a key that cannot be used.
 *
 * @example
 * ```ts
 * import { TokenManager } from '@mayfly/core'
 * import { musicKit } from '@mayfly/core/vendors'
 *
 * declare const privateKey: string
 * const developerTokens = new TokenManager(
 *   musicKit({
 *     teamId: 'DEF123GHIJ',
 *     keyId: 'ABC123DEFG',
 *     privateKey,
 *     origin: ['https://music.example.com'],
 *   }),
 * )
 * const { value } = await developerTokens.getToken()
 * ```
 */
export function musicKit(options: MusicKitOptions): TokenSource {
  requireOptions(options, 'musicKit')
  refuseUnknownOptions(options, OPTIONS, 'musicKit')
  const iss = requireTeamId(options.teamId)
  const origin = options.origin === undefined ? undefined : requireWebOrigins(options.origin)
  const lifetime = requireLifetime(options.lifetime, {
    min: 1,
    max: MAX_LIFETIME,
    usual: USUAL_LIFETIME,
    rule: `Apple refuses developer tokens that end in more than six months (${MAX_LIFETIME})`,
  })
  return appleSource(
    {
      name: 'music-kit',
      claims: ({ issuedAt, expiresAt }) => ({
        iss,
        iat: issuedAt,
        exp: expiresAt,
        ...(origin !== undefined && { origin }),
      }),
      reserved: ['origin'],
      lifetime,
      maxLifetime: MAX_LIFETIME,
      origins: options.origins ?? [ORIGIN],
    },
    options,
  )
}

function requireWebOrigins(origins: unknown): readonly string[] {
  if (!Array.isArray(origins) || origins.length === 0) {
    throw invalid(
      'origin',
      `"origin" must be an array such as ["https://example.com"], not ${describe(origins)}. Leave it out for a token without that limit.`,
    )
  }
  for (const [index, origin] of origins.entries()) {
    if (typeof origin === 'string' && isWebOrigin(origin)) continue
    throw invalid(
      'origin',
      `"origin[${index}]" must be what a browser sends as Origin: a scheme, a host and perhaps a port, as in "https://example.com", in lower case and without a slash at its end.`,
    )
  }
  return Object.freeze([...origins] as string[])
}

function isWebOrigin(text: string): boolean {
  // A host may have an asterisk by the URL standard, but no browser is there.
  return /^https?:\/\/[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text
}
