import { optionalIdentifier } from '../base/identifiers.ts'
import type { Clock } from '../base/clock.ts'
import { invalid, optionalBoolean, refuseUnknownOptions, requireOptions } from '../base/options.ts'
import { OptionError } from '../base/errors.ts'
import { exchangedSource } from '../outbound/sources/exchanged-source.ts'
import { exchangedId } from '../outbound/sources/signed-source-id.ts'
import { compileScope } from '../outbound/sources/exchanged-scope.ts'
import { isSecure } from '../http/destination.ts'
import { signedSource, type SignedSourceOptions } from '../outbound/sources/signed-source.ts'
import {
  type LifetimeLimits,
  requireLifetime,
  refuseReplacing,
} from '../outbound/sources/signed-payload.ts'
import type { TokenSource } from '../outbound/token.ts'
import { followAccount } from './google-service-account/changing-account.ts'
import {
  type GoogleCredentialsOption,
  readCredentials,
  type ServiceAccount,
} from './google-service-account/credentials.ts'

/** Options of {@link googleServiceAccount}. */
export interface GoogleServiceAccountOptions {
  /**
   * The service account's key: the JSON file's text, the object that is in it, or a function that gives
   * the one that is in force, as `googleCredentialsFile(path)` of `@mayfly/core/node` does. A new key
   * takes over at the next token.
   */
  readonly credentials: GoogleCredentialsOption
  /** What the token is to allow, such as `https://www.googleapis.com/auth/devstorage.read_only`. */
  readonly scope?: string | readonly string[]
  /** The API that a self-signed token is for, such as `https://pubsub.googleapis.com/`. */
  readonly audience?: string
  /** The user to act for, by domain-wide delegation. Not with a self-signed token. */
  readonly subject?: string
  /**
   * Uses the signed JWT itself as the token, without asking Google for one. Default: `true` with
   * `audience`, `false` with `scope`.
   */
  readonly selfSigned?: boolean
  /** Seconds from `iat` to `exp` of what is signed here, at most 3600. Default 3600. */
  readonly lifetime?: number
  /** Seconds by which `iat` lies in the past; part of the lifetime. Default 10. */
  readonly backdate?: number
  /**
   * Where the tokens may go: each API that you call. Default: the origin of `audience`, or
   * `https://www.googleapis.com`.
   */
  readonly origins?: readonly string[]
  /** Makes a `jti` for each JWT. Google needs none. Default: none. */
  readonly tokenId?: () => string
  /** Claims beside Google's own, which they may not replace. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** The `fetch` underneath. Default: the global one. */
  readonly fetch?: typeof fetch
  /** How long an exchange may take, in milliseconds. Default 10 000. */
  readonly timeoutMs?: number
  readonly clock?: Clock
}

const ORIGIN = 'https://www.googleapis.com'
const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const LIFETIME: LifetimeLimits = {
  min: 1,
  max: 3600,
  usual: 3600,
  rule: 'Google refuses a JWT of more than an hour (3600)',
}

const OPTIONS = [
  'credentials',
  'scope',
  'audience',
  'subject',
  'selfSigned',
  'lifetime',
  'backdate',
  'origins',
  'tokenId',
  'claims',
  'fetch',
  'timeoutMs',
  'clock',
] as const

/**
 * Makes tokens for Google's APIs from a service account's key: by default an access token that Google
 * gives for a signed assertion (RFC 7523), or with `selfSigned` the signed JWT itself, which saves the
 * exchange and is for one `audience`, or for a `scope`.
 *
 * `iat` lies ten seconds in the past, since Google gives no token for one that lies in the future. An
 * assertion that is refused because the local clock is wrong is made once more by Google's time. A
 * source asks or signs at every call: wrap it in a `TokenManager`.
 *
 * See "Using OAuth 2.0 for Server to Server Applications" in Google's identity documentation, and
 * https://google.aip.dev/auth/4111 for self-signed tokens.
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED`, `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`, by name:
 * credentials that are no service account's, a scope and an audience at once, a lifetime beyond
 * Google's hour; and a `KeyError` for a private key that cannot sign. `getToken` rejects with a
 * `SourceError`: `ERR_MINT_REFUSED`, `ERR_MINT_FAILED`, `ERR_MINT_TIMEOUT` or `ERR_TOKEN_UNUSABLE`.
 *
 * @example
 * ```ts
 * import { bearerFetch, TokenManager } from '@mayfly/core'
 * import { googleServiceAccount } from '@mayfly/core/vendors'
 *
 * export function storage(keyFileText: string): typeof fetch {
 *   const source = googleServiceAccount({
 *     credentials: keyFileText,
 *     scope: 'https://www.googleapis.com/auth/devstorage.read_only',
 *     origins: ['https://storage.googleapis.com'],
 *   })
 *   return bearerFetch(new TokenManager(source))
 * }
 * ```
 */
export function googleServiceAccount(options: GoogleServiceAccountOptions): TokenSource {
  requireOptions(options, 'googleServiceAccount')
  refuseUnknownOptions(options, OPTIONS, 'googleServiceAccount')
  const { credentials } = options
  const wanted = readWanted(options)
  const { audience } = wanted
  const origins = options.origins ?? [originOf(audience) ?? ORIGIN]
  const own = refuseReplacing(options.claims, ['iss', 'sub', 'aud', 'scope'])
  const parts: Parts = { options: { ...options }, wanted, origins, own }
  const make = (account: ServiceAccount): TokenSource =>
    wanted.selfSigned ? selfSignedSource(account, parts) : accessTokenSource(account, parts)
  if (typeof credentials === 'function') return followAccount(credentials, make)
  return make(readCredentials(credentials))
}

interface Parts {
  readonly options: GoogleServiceAccountOptions
  readonly wanted: Wanted
  readonly origins: readonly string[]
  /** The claims beside Google's. */
  readonly own: Readonly<Record<string, unknown>>
}

function selfSignedSource(
  account: ServiceAccount,
  { options, wanted: { scope, audience }, origins, own }: Parts,
): TokenSource {
  return signedSource('google-self-signed', {
    ...signingOf(options, account),
    claims: {
      iss: account.email,
      sub: account.email,
      ...(scope === undefined ? { aud: audience } : { scope }),
      ...own,
    },
    origins,
  })
}

function accessTokenSource(
  account: ServiceAccount,
  { options, wanted: { scope, subject }, origins, own }: Parts,
): TokenSource {
  const assertions = signedSource('google-assertion', {
    ...signingOf(options, account),
    claims: {
      iss: account.email,
      scope,
      aud: account.tokenUri.href,
      ...(subject !== undefined && { sub: subject }),
      ...own,
    },
    origins: [],
  })
  const { fetch, timeoutMs, clock } = options
  return exchangedSource({
    id: exchangedId('google-service-account', [origins], assertions.id),
    origins,
    fetch,
    timeoutMs,
    clock,
    dated: true,
    credential: assertions.credential,
    async request({ clock: serverClock, signal }) {
      const asked = { clock: serverClock, ...(signal !== undefined && { signal }) }
      const { value: assertion } = await assertions.getToken(asked)
      const body = new URLSearchParams({ grant_type: GRANT_TYPE, assertion })
      return { url: account.tokenUri, body }
    },
  })
}

interface Wanted {
  readonly scope: string | undefined
  readonly audience: string | undefined
  readonly subject: string | undefined
  readonly selfSigned: boolean
}

function readWanted(options: GoogleServiceAccountOptions): Wanted {
  const scope = compileScope(options.scope)
  const audience = optionalIdentifier(options.audience, 'audience', 2048)
  const subject = optionalIdentifier(options.subject, 'subject', 1024)
  const selfSigned = optionalBoolean(options.selfSigned, 'selfSigned') ?? audience !== undefined
  if (scope === undefined && audience === undefined) {
    throw new OptionError(
      'ERR_OPTION_REQUIRED',
      'scope',
      '"scope" is required, or "audience" for a self-signed token.',
    )
  }
  if (scope !== undefined && audience !== undefined) {
    throw invalid(
      'audience',
      '"audience" and "scope" exclude each other: Google refuses a self-signed token with both.',
    )
  }
  if (audience !== undefined && !selfSigned) {
    throw invalid(
      'audience',
      '"audience" goes with a self-signed token; one that Google gives is asked for by "scope".',
    )
  }
  if (subject !== undefined && selfSigned) {
    throw invalid(
      'subject',
      '"subject" does not go with a self-signed token: acting for a user needs the exchange, by "scope".',
    )
  }
  return { scope, audience, subject, selfSigned }
}

type Signing = Omit<SignedSourceOptions, 'claims' | 'origins'>

function signingOf(options: GoogleServiceAccountOptions, account: ServiceAccount): Signing {
  const { backdate = 10, tokenId, clock } = options
  return {
    algorithm: 'RS256',
    key: account.privateKey,
    ...(account.keyId !== undefined && { keyId: account.keyId }),
    lifetime: requireLifetime(options.lifetime, LIFETIME),
    maxLifetime: LIFETIME.max,
    backdate,
    ...(tokenId !== undefined && { tokenId }),
    ...(clock !== undefined && { clock }),
  }
}

/** The origin of an audience that is the API's own address. */
function originOf(audience: string | undefined): string | undefined {
  if (audience === undefined || !URL.canParse(audience)) return undefined
  const url = new URL(audience)
  return isSecure(url) ? url.origin : undefined
}
