import {
  APPLE_KEY_OPTIONS,
  type AppleKeyOptions,
  appleSource,
  refuseFurtherClaims,
  requireTeamId,
} from '../outbound/sources/apple-source.ts'
import { parseJsonObject } from '../base/json.ts'
import { invalid, refuseUnknownOptions, requireOneOf, requireOptions } from '../base/options.ts'
import { requireLifetime } from '../outbound/sources/signed-payload.ts'
import { sharedId } from '../outbound/sources/signed-source-id.ts'
import type { RefusalResponse, TokenSource } from '../outbound/token.ts'

/** Options of {@link apns}. */
export interface ApnsOptions extends AppleKeyOptions {
  /** The team's id: ten letters and digits. */
  readonly teamId: string
  /** Which of Apple's servers the tokens go to, for a key that is for one alone. Default: both. */
  readonly environment?: 'production' | 'sandbox'
  /**
   * Seconds after `iat` from when the token is not used any more. Apple refuses it from 3600 on, which
   * is the default.
   */
  readonly lifetime?: number
  /**
   * Seconds by which `iat` lies in the past; part of the lifetime. Default 600: APNs tells no time, so a
   * local clock that is fast by more than this is an outage until it is set.
   */
  readonly backdate?: number
  /** Where the tokens may go. Default: the servers of the `environment`. */
  readonly origins?: readonly string[]
}

const PRODUCTION = 'https://api.push.apple.com'
const SANDBOX = 'https://api.sandbox.push.apple.com'
const ORIGINS = {
  both: [PRODUCTION, SANDBOX],
  production: [PRODUCTION],
  sandbox: [SANDBOX],
} as const

const MAX_LIFETIME = 3600
const MIN_AGE = 1200
/** The local clock may be wrong by so much on either side, as nothing corrects it. */
const CLOCK_ROOM = 600
/** By the local clock: by Apple's the token is then an hour old at the most. */
const MAX_REUSE = MAX_LIFETIME - CLOCK_ROOM

const OPTIONS = [...APPLE_KEY_OPTIONS, 'teamId', 'environment']

/**
 * Makes provider tokens for push notifications (APNs). They have `iss` and `iat` and nothing else, so
 * there are no `claims` and no `tokenId` here.
 *
 * - Wrap it in a `TokenManager`: Apple answers 429 `TooManyProviderTokenUpdates` to more than one new
 *   token in 20 minutes. The manager reuses a token for 40 minutes at the most, and mints no other
 *   within 20, even when it was refused.
 * - That goes by the team, whatever its keys: two sources of one team have the same `id`, and share a
 *   token where their managers share a `store`. Keys that are for some topics only are the exception:
 *   let those not share one.
 * - A 403 `ExpiredProviderToken` counts as a refused token in `bearerFetch`, and so does
 *   `InvalidProviderToken` where the key was replaced since the token was signed: give the key as a
 *   callback, and a push that meets a revoked key goes out again with the new one.
 * - APNs speaks HTTP/2 alone: give `bearerFetch` a `fetch` that does too, such as that of undici with
 *   `new Agent({ allowH2: true })`.
 * - Its answers tell no time, so a wrong local clock stays unknown. `iat` lies ten minutes in the past,
 *   and no token is used past `iat` and 50 minutes: a clock that is ten minutes fast or slow does no harm.
 *
 * See https://developer.apple.com/documentation/usernotifications/establishing-a-token-based-connection-to-apns
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED`, `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`, by name;
 * `KeyError` for a key that cannot be used.
 *
 * @example
 * ```ts
 * import { bearerFetch, TokenManager } from '@mayfly/core'
 * import { apns } from '@mayfly/core/vendors'
 *
 * export function pushClient(privateKey: string, http2Fetch: typeof fetch): typeof fetch {
 *   const source = apns({ teamId: 'DEF123GHIJ', keyId: 'ABC123DEFG', privateKey })
 *   return bearerFetch(new TokenManager(source), { fetch: http2Fetch })
 * }
 * ```
 */
export function apns(options: ApnsOptions): TokenSource {
  requireOptions(options, 'apns')
  refuseFurtherClaims(options, 'APNs', 'iss and iat')
  refuseUnknownOptions(options, OPTIONS, 'apns')
  const teamId = requireTeamId(options.teamId)
  const { environment } = options
  const servers =
    environment === undefined
      ? 'both'
      : requireOneOf(environment, 'environment', ['production', 'sandbox'])
  const lifetime = requireLifetime(options.lifetime, {
    min: 1,
    max: MAX_LIFETIME,
    usual: MAX_LIFETIME,
    rule: `APNs refuses tokens that are older than an hour (${MAX_LIFETIME})`,
  })
  const { backdate = CLOCK_ROOM } = options
  const source = appleSource(
    {
      name: 'apns',
      claims: ({ issuedAt }) => ({ iss: teamId, iat: issuedAt }),
      expClaim: false,
      lifetime,
      maxLifetime: MAX_LIFETIME,
      origins: options.origins ?? ORIGINS[servers],
    },
    { ...options, backdate },
  )
  const usable = source.lifetime ?? lifetime
  const maxReuse = Math.min(MAX_REUSE, lifetime)
  requireRoom(options, maxReuse - backdate)
  return {
    ...source,
    id: sharedId('apns', [teamId, lifetime, usable, source.origins]),
    reuse: Object.freeze({ maxReuse, minAge: MIN_AGE }),
    isRefusal: (answer) => isReason(answer, 'ExpiredProviderToken'),
    isKeyRefusal: (answer) => isReason(answer, 'InvalidProviderToken'),
  }
}

/** A token must be good for longer than Apple makes one wait for the next. */
function requireRoom({ lifetime }: ApnsOptions, seconds: number): void {
  if (seconds > MIN_AGE) return
  const name = lifetime === undefined ? 'backdate' : 'lifetime'
  throw invalid(
    name,
    `"${name}" leaves ${seconds} seconds to use a token in ("backdate" is part of the lifetime; ${CLOCK_ROOM} by default). APNs takes a new one every ${MIN_AGE} seconds at the most, so it must be more than that.`,
  )
}

function isReason({ status, body }: RefusalResponse, reason: string): boolean {
  if (status !== 403) return false
  return parseJsonObject(new TextEncoder().encode(body))?.['reason'] === reason
}
