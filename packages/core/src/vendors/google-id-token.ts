import { decodeBase64url } from '../base/base64url.ts'
import { requireIdentifier } from '../base/identifiers.ts'
import { parseJsonObject } from '../base/json.ts'
import { invalid, refuseUnknownOptions, requireOptions } from '../base/options.ts'
import type { Clock } from '../base/clock.ts'
import { type ExchangeResponse, jsonOf } from '../http/exchange.ts'
import { isSecure } from '../http/destination.ts'
import { type GivenToken, unusable } from '../outbound/sources/exchanged-oauth-answer.ts'
import { exchangedSource } from '../outbound/sources/exchanged-source.ts'
import { signedSource } from '../outbound/sources/signed-source.ts'
import { exchangedId } from '../outbound/sources/signed-source-id.ts'
import type { TokenSource } from '../outbound/token.ts'
import { followAccount } from './google-service-account/changing-account.ts'
import {
  type GoogleCredentialsOption,
  readCredentials,
  type ServiceAccount,
} from './google-service-account/credentials.ts'

/** Options of {@link googleIdToken}. */
export interface GoogleIdTokenOptions {
  /** The service account's key, as for `googleServiceAccount`. */
  readonly credentials: GoogleCredentialsOption
  /**
   * What the token is for (`target_audience`): the URL of a Cloud Run service or a function, or the OAuth
   * client id of Identity-Aware Proxy.
   */
  readonly audience: string
  /** Where the tokens may go. Default: the origin of `audience`; needed where that is no URL. */
  readonly origins?: readonly string[]
  /** The `fetch` underneath. Default: the global one. */
  readonly fetch?: typeof fetch
  /** How long an exchange may take, in milliseconds. Default 10 000. */
  readonly timeoutMs?: number
  readonly clock?: Clock
}

const OPTIONS = ['credentials', 'audience', 'origins', 'fetch', 'timeoutMs', 'clock']
const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const LIFETIME = 3600

/**
 * Gets Google's ID tokens for a service account, for Cloud Run, Cloud Functions and Identity-Aware Proxy.
 * They live for an hour. A source asks Google at every call: wrap it in a `TokenManager`.
 *
 * See "Get an ID token" in Google's documentation, https://cloud.google.com/docs/authentication/get-id-token
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED`, `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`, by name.
 * `getToken` rejects with a `SourceError`, as that of `googleServiceAccount` does.
 *
 * @example
 * ```ts
 * import { bearerFetch, TokenManager } from '@mayfly/core'
 * import { googleIdToken } from '@mayfly/core/vendors'
 *
 * export function client(credentials: string): typeof fetch {
 *   const audience = 'https://orders-abc123-ew.a.run.app'
 *   return bearerFetch(new TokenManager(googleIdToken({ credentials, audience })))
 * }
 * ```
 */
export function googleIdToken(options: GoogleIdTokenOptions): TokenSource {
  requireOptions(options, 'googleIdToken')
  refuseUnknownOptions(options, OPTIONS, 'googleIdToken')
  const audience = requireIdentifier(options.audience, 'audience', 2048)
  const url = URL.canParse(audience) ? new URL(audience) : undefined
  const { credentials, origins = url !== undefined && isSecure(url) ? [url.origin] : undefined } =
    options
  if (origins === undefined) {
    throw invalid('origins', '"origins" is required: this "audience" does not say where tokens go.')
  }
  const make = (account: ServiceAccount): TokenSource =>
    idTokens(account, { options, audience, origins })
  if (typeof credentials === 'function') return followAccount(credentials, make)
  return make(readCredentials(credentials))
}

function idTokens(
  { email, privateKey, keyId, tokenUri }: ServiceAccount,
  {
    options,
    audience,
    origins,
  }: { options: GoogleIdTokenOptions; audience: string; origins: readonly string[] },
): TokenSource {
  const { fetch, timeoutMs, clock } = options
  const assertions = signedSource('google-assertion', {
    algorithm: 'RS256',
    key: privateKey,
    ...(keyId !== undefined && { keyId }),
    claims: { iss: email, sub: email, aud: tokenUri.href, target_audience: audience },
    lifetime: LIFETIME,
    backdate: 10,
    origins: [],
    ...(clock !== undefined && { clock }),
  })
  return exchangedSource({
    id: exchangedId('google-id-token', [origins], assertions.id),
    origins,
    fetch,
    timeoutMs,
    clock,
    dated: true,
    lifetime: LIFETIME,
    read: readIdToken,
    async request({ clock: serverClock, signal }) {
      const asked = { clock: serverClock, ...(signal !== undefined && { signal }) }
      const { value: assertion } = await assertions.getToken(asked)
      return { url: tokenUri, body: new URLSearchParams({ grant_type: GRANT_TYPE, assertion }) }
    },
  })
}

function readIdToken(answer: ExchangeResponse): GivenToken {
  const { id_token: value } = jsonOf(answer) ?? {}
  if (typeof value !== 'string') throw unusable('There is no "id_token" in it.')
  const payload = decodeBase64url(value.split('.')[1] ?? '')
  const { iat, exp } = (payload && parseJsonObject(payload)) ?? {}
  if (typeof iat !== 'number' || typeof exp !== 'number') throw unusable('"id_token" is no JWT.')
  return { value, expiresIn: Math.min(LIFETIME, exp - iat) }
}
