import { optionalIdentifier, requireName } from '../base/identifiers.ts'
import type { Clock } from '../base/clock.ts'
import { invalid, refuseUnknownOptions, requireOptions } from '../base/options.ts'
import { signedSource } from '../outbound/sources/signed-source.ts'
import {
  type LifetimeLimits,
  requireLifetime,
  refuseReplacing,
} from '../outbound/sources/signed-payload.ts'
import { type JwtSecret, secretKey } from '../outbound/sources/signed-secret.ts'
import type { TokenSource } from '../outbound/token.ts'
import { compileGrants, requireSid, type TwilioGrants } from './twilio/grants.ts'

/** Options of {@link twilio}. */
export interface TwilioOptions {
  /** The account, `AC…`, of the live credentials. It goes into `sub`. */
  readonly accountSid: string
  /** The API key, `SK…`, a main or a standard one. It goes into `iss`. */
  readonly keySid: string
  /** The API key's secret, as Twilio showed it once. Not the account's auth token. */
  readonly keySecret: JwtSecret
  /** Names the user. */
  readonly identity: string
  /** What the token allows, by product. */
  readonly grants: TwilioGrants
  /** The region that the key belongs to, such as `ie1`. It goes into the header, as `twr`. Default: none. */
  readonly region?: string
  /** Seconds from `iat` to `exp`, at most 86 400. Default 3600. */
  readonly lifetime?: number
  /**
   * Seconds by which `iat` lies in the past; part of the lifetime. Default 60, or a quarter of the
   * lifetime where that is less.
   */
  readonly backdate?: number
  /** Where the tokens may go over HTTP. Default: nowhere, they are for an SDK. */
  readonly origins?: readonly string[]
  /** Makes the `jti` of each token. Default: the key, the time and 16 random digits. */
  readonly tokenId?: () => string
  /** Claims beside Twilio's own, which they may not replace; `nbf` for one. */
  readonly claims?: Readonly<Record<string, unknown>>
  readonly clock?: Clock
}

const LIFETIME: LifetimeLimits = Object.freeze({
  min: 1,
  max: 86_400,
  usual: 3600,
  rule: 'Twilio refuses tokens of more than 86400 (24 hours)',
})

const OPTIONS = [
  'accountSid',
  'keySid',
  'keySecret',
  'identity',
  'grants',
  'region',
  'lifetime',
  'backdate',
  'origins',
  'tokenId',
  'claims',
  'clock',
] as const

/**
 * Makes access tokens for Twilio's client SDKs: Voice, Video, Conversations, Sync.
 *
 * Hand `token.value` to the client of the one user that it names: no origin is named, so it goes nowhere
 * over HTTP by itself. Its `jti` is the key's SID and the time, as Twilio's own libraries have it, and 16
 * random digits behind them, so that two tokens of one second are told apart, in whatever process they
 * are made.
 *
 * See "Access Tokens" in Twilio's documentation, https://www.twilio.com/docs/iam/access-tokens
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED`, `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`, by name: an
 * account where the key should be, a grant that Twilio does not know, more than 24 hours. A `KeyError`
 * for a secret that cannot be used.
 *
 * @example
 * ```ts
 * import { twilio } from '@mayfly/core/vendors'
 *
 * export async function roomToken(keySecret: string, identity: string): Promise<string> {
 *   const source = twilio({
 *     accountSid: 'AC00000000000000000000000000000000',
 *     keySid: 'SK00000000000000000000000000000000',
 *     keySecret,
 *     identity,
 *     grants: { video: { room: 'Cool Cars' } },
 *   })
 *   const token = await source.getToken()
 *   return token.value
 * }
 * ```
 */
export function twilio(options: TwilioOptions): TokenSource {
  requireOptions(options, 'twilio')
  refuseUnknownOptions(options, OPTIONS, 'twilio')
  const { backdate, origins = [], tokenId, clock } = options
  const sub = requireSid(options.accountSid, 'accountSid', 'AC')
  const iss = requireSid(options.keySid, 'keySid', 'SK')
  const grants = {
    identity: requireName(options.identity, 'identity'),
    ...compileGrants(options.grants),
  }
  const twr = requireRegion(options.region)
  const own = refuseReplacing(options.claims, ['iss', 'sub', 'grants'])

  return signedSource('twilio', {
    algorithm: 'HS256',
    key: secretKey(options.keySecret, 'keySecret'),
    allowShortSecret: true,
    header: { typ: 'JWT', cty: 'twilio-fpa;v=1', ...(twr !== undefined && { twr }) },
    identity: [iss, sub, grants, own],
    claims: ({ now, issuedAt, expiresAt, tokenId: id }) => ({
      jti: id ?? `${iss}-${now}-${randomDigits()}`,
      iss,
      sub,
      iat: issuedAt,
      exp: expiresAt,
      grants,
      ...own,
    }),
    lifetime: requireLifetime(options.lifetime, LIFETIME),
    maxLifetime: LIFETIME.max,
    origins,
    ...(backdate !== undefined && { backdate }),
    ...(tokenId !== undefined && { tokenId }),
    ...(clock !== undefined && { clock }),
  })
}

function requireRegion(value: unknown): string | undefined {
  const region = optionalIdentifier(value, 'region', 16)
  if (region === undefined || /^[a-z]{2}\d{1,2}$/.test(region)) return region
  throw invalid('region', '"region" must be one of Twilio’s, such as "us1" or "ie1".')
}

/** 64 random bits as 16 hexadecimal digits. */
function randomDigits(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
