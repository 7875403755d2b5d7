import { optionalName, requireIdentifier } from '../base/identifiers.ts'
import { type Clock, nowInSeconds } from '../base/clock.ts'
import {
  clockOption,
  invalid,
  optionalFunction,
  optionalNumber,
  refuseUnknownOptions,
  requireOptions,
} from '../base/options.ts'
import { signedSource } from '../outbound/sources/signed-source.ts'
import { requirePrivateKey, type JwtKey } from '../outbound/sources/signed-signing.ts'
import {
  type LifetimeLimits,
  requireLifetime,
  refuseReplacing,
} from '../outbound/sources/signed-payload.ts'
import type { AccessToken, GetTokenOptions, TokenSource } from '../outbound/token.ts'
import { compileAcl, type VonageAcl } from './vonage/acl.ts'

/** Options of {@link vonage}. */
export interface VonageOptions {
  /** The application's id: a UUID, as the dashboard shows it. */
  readonly applicationId: string
  /** The application's private key: its PEM text, or anything that `importKey` takes. */
  readonly privateKey: JwtKey
  /** The *name* of the user that a client SDK signs in, not the id. Default: a token for servers. */
  readonly subject?: string
  /**
   * The paths that the token may be used for; for client SDKs {@link VONAGE_CLIENT_SDK_ACL}. Default:
   * all that the application may do.
   */
  readonly acl?: VonageAcl
  /**
   * NumericDate (seconds): from when Vonage accepts the tokens. One past the end of a token of now is
   * refused. Default: at once.
   */
  readonly notBefore?: number
  /** Seconds from `iat` to `exp`, 30 to 86 400: Vonage knows no token of more than a day. Default 900. */
  readonly lifetime?: number
  /** Seconds by which `iat` lies in the past; part of the lifetime. Default 60, or a quarter of it. */
  readonly backdate?: number
  /** Where the tokens may go. Default `https://api.nexmo.com` and `https://api.vonage.com`. */
  readonly origins?: readonly string[]
  /** Makes the `jti` of each token. Default: a random UUID. */
  readonly tokenId?: () => string
  /** Claims beside Vonage's own, which they may not replace. */
  readonly claims?: Readonly<Record<string, unknown>>
  readonly clock?: Clock
}

const ORIGINS = ['https://api.nexmo.com', 'https://api.vonage.com']
const LIFETIME: LifetimeLimits = Object.freeze({
  min: 30,
  max: 86_400,
  usual: 900,
  rule: 'Vonage takes tokens of 30 to 86400 (24 hours)',
})
const OWN_CLAIMS = ['application_id', 'sub', 'acl', 'nbf']

const OPTIONS = [
  'applicationId',
  'privateKey',
  'subject',
  'acl',
  'notBefore',
  'lifetime',
  'backdate',
  'origins',
  'tokenId',
  'claims',
  'clock',
] as const

/**
 * Makes a Vonage application's tokens, for its APIs, and with `subject` and `acl` for a user of a
 * client SDK. A source signs at every call: wrap it in a `TokenManager`.
 *
 * They live 15 minutes, 30 seconds to a day by option, and every one has a `jti` of its own. For a
 * regional host name it in `origins`.
 *
 * See https://developer.vonage.com/en/getting-started/concepts/authentication
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED`, `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`, by name.
 * `getToken` rejects with one where a clock that was set back leaves `notBefore` past the token's end,
 * and with a `KeyError` for a key that cannot be used.
 *
 * @example
 * ```ts
 * import { bearerFetch, TokenManager } from '@mayfly/core'
 * import { VONAGE_CLIENT_SDK_ACL, vonage } from '@mayfly/core/vendors'
 *
 * const applicationId = 'aaaaaaaa-bbbb-cccc-dddd-0123456789ab'
 *
 * export function client(privateKey: string): typeof fetch {
 *   return bearerFetch(new TokenManager(vonage({ applicationId, privateKey })))
 * }
 *
 * export async function tokenForBrowser(privateKey: string, subject: string): Promise<string> {
 *   const source = vonage({ applicationId, privateKey, subject, acl: VONAGE_CLIENT_SDK_ACL })
 *   return (await source.getToken()).value
 * }
 * ```
 */
export function vonage(options: VonageOptions): TokenSource {
  requireOptions(options, 'vonage')
  refuseUnknownOptions(options, OPTIONS, 'vonage')
  const { acl, origins = ORIGINS, backdate, clock } = options
  const subject = optionalName(options.subject, 'subject', 1024)
  const notBefore = optionalNumber(options.notBefore, 'notBefore', { min: 1, integer: true })
  const source = signedSource('vonage', {
    algorithm: 'RS256',
    key: requirePrivateKey(options.privateKey),
    claims: {
      application_id: requireIdentifier(options.applicationId, 'applicationId'),
      ...(subject !== undefined && { sub: subject }),
      ...(acl !== undefined && { acl: compileAcl(acl) }),
      ...(notBefore !== undefined && { nbf: notBefore }),
      ...refuseReplacing(options.claims, OWN_CLAIMS),
    },
    lifetime: requireLifetime(options.lifetime, LIFETIME),
    maxLifetime: LIFETIME.max,
    origins,
    tokenId: optionalFunction(options.tokenId, 'tokenId') ?? newTokenId,
    ...(backdate !== undefined && { backdate }),
    ...(clock !== undefined && { clock }),
  })
  if (notBefore === undefined) return source
  refuseEndBefore(notBefore, nowInSeconds(clockOption(clock)) + (source.lifetime ?? 0))
  return notEndingBefore(notBefore, source)
}

/** A UUID of version 4, as Vonage wants it. */
function newTokenId(): string {
  return crypto.randomUUID()
}

/** Gives no token that ends before it begins. */
function notEndingBefore(notBefore: number, source: TokenSource): TokenSource {
  return {
    ...source,
    getToken: async (wanted?: GetTokenOptions): Promise<AccessToken> => {
      const token = await source.getToken(wanted)
      refuseEndBefore(notBefore, token.expiresAt)
      return token
    },
  }
}

function refuseEndBefore(notBefore: number, expiresAt: number): void {
  if (expiresAt > notBefore) return
  throw invalid(
    'notBefore',
    `"notBefore" is ${notBefore}, but a token of now ends at ${expiresAt}: no server would ever accept it.`,
  )
}
