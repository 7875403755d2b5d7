import { optionalName, requireIdentifier } from '../base/identifiers.ts'
import type { Clock } from '../base/clock.ts'
import {
  jsonObject,
  describe,
  invalid,
  optionalNumber,
  optionalString,
  refuseUnknownOptions,
  requireOptions,
} from '../base/options.ts'
import { OptionError } from '../base/errors.ts'
import { signedSource } from '../outbound/sources/signed-source.ts'
import { refuseReplacing } from '../outbound/sources/signed-payload.ts'
import { type JwtSecret, secretKey } from '../outbound/sources/signed-secret.ts'
import type { TokenSource } from '../outbound/token.ts'
import {
  compileGrants,
  GRANT_CLAIMS,
  type LiveKitGrants,
  type LiveKitVideoGrants,
} from './live-kit/grants.ts'

/** Options of {@link liveKit}. */
export interface LiveKitOptions {
  /** The API key. It goes into `iss`. */
  readonly apiKey: string
  /** The API key's secret, as LiveKit shows it. */
  readonly apiSecret: JwtSecret
  /** Names the participant, once per room. Required for `roomJoin`. It goes into `sub`. */
  readonly identity?: string
  /**
   * What the token allows: grants for rooms, such as `{ room: 'a', roomJoin: true }`, or grants of all
   * kinds by their claims, such as `{ video: { … }, sip: { call: true } }`.
   */
  readonly grants: LiveKitVideoGrants | LiveKitGrants
  /** The participant's name, for others to see. */
  readonly name?: string
  /** The participant's metadata. */
  readonly metadata?: string
  /** The participant's attributes. */
  readonly attributes?: Readonly<Record<string, string>>
  /** Seconds from `nbf` to `exp`: by when the participant must have joined. Default 21 600 (6 hours). */
  readonly lifetime?: number
  /**
   * Seconds by which `nbf` lies in the past; part of the lifetime. Default 60, or a quarter of the
   * lifetime where that is less.
   */
  readonly backdate?: number
  /**
   * Where the tokens may go over HTTP, such as `['https://example.livekit.cloud']` for the server's API.
   * Default: nowhere, they are for an SDK.
   */
  readonly origins?: readonly string[]
  /** Makes a `jti` for each token. LiveKit needs none. Default: none. */
  readonly tokenId?: () => string
  /** Claims beside LiveKit's own, which they may not replace; `roomConfig` for one. */
  readonly claims?: Readonly<Record<string, unknown>>
  readonly clock?: Clock
}

/** Six hours, as LiveKit's own libraries have it. */
const USUAL_LIFETIME = 21_600

const OPTIONS = [
  'apiKey',
  'apiSecret',
  'identity',
  'grants',
  'name',
  'metadata',
  'attributes',
  'lifetime',
  'backdate',
  'origins',
  'tokenId',
  'claims',
  'clock',
] as const

/**
 * Makes access tokens for LiveKit: for participants, and for the server's own API.
 *
 * Hand a participant's `token.value` to its client: no origin is named, so it goes nowhere over HTTP by
 * itself. The end counts for joining alone: whoever is in a room stays there. The tokens have `nbf` and
 * no `iat`, as those of LiveKit's own libraries.
 *
 * See "Authentication" in LiveKit's documentation,
 * https://docs.livekit.io/home/get-started/authentication/
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED`, `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`, by name: a
 * grant that LiveKit does not know, `roomJoin` without a room or an identity. A `KeyError` for a secret
 * that cannot be used.
 *
 * @example
 * ```ts
 * import { liveKit } from '@mayfly/core/vendors'
 *
 * export async function joinToken(apiSecret: string, identity: string): Promise<string> {
 *   const source = liveKit({
 *     apiKey: 'APIMmxiL8rquKzt',
 *     apiSecret,
 *     identity,
 *     grants: { room: 'cool-cars', roomJoin: true, canPublish: false },
 *   })
 *   const token = await source.getToken()
 *   return token.value
 * }
 * ```
 */
export function liveKit(options: LiveKitOptions): TokenSource {
  requireOptions(options, 'liveKit')
  refuseUnknownOptions(options, OPTIONS, 'liveKit')
  const { backdate, origins = [], tokenId, clock } = options
  const bounds = { min: 1, integer: true }
  const lifetime = optionalNumber(options.lifetime, 'lifetime', bounds) ?? USUAL_LIFETIME
  const iss = requireIdentifier(options.apiKey, 'apiKey', 128)
  const grants = compileGrants(options.grants)
  const sub = requireIdentity(options.identity, grants.joins)
  const rest = {
    ...grants.claims,
    name: optionalName(options.name, 'name'),
    metadata: optionalString(options.metadata, 'metadata', 65_536),
    attributes: compileAttributes(options.attributes),
  }
  const taken = ['iss', 'sub', 'nbf', ...GRANT_CLAIMS, ...Object.keys(rest)]
  const own = refuseReplacing(options.claims, taken)

  return signedSource('livekit', {
    algorithm: 'HS256',
    key: secretKey(options.apiSecret, 'apiSecret'),
    allowShortSecret: true,
    identity: [iss, sub, rest, own],
    iatClaim: false,
    claims: ({ issuedAt, expiresAt }) => ({
      iss,
      sub,
      exp: expiresAt,
      nbf: issuedAt,
      ...rest,
      ...own,
    }),
    lifetime,
    origins,
    ...(backdate !== undefined && { backdate }),
    ...(tokenId !== undefined && { tokenId }),
    ...(clock !== undefined && { clock }),
  })
}

function requireIdentity(identity: unknown, joins: boolean): string | undefined {
  const named = optionalName(identity, 'identity')
  if (named !== undefined || !joins) return named
  throw new OptionError(
    'ERR_OPTION_REQUIRED',
    'identity',
    '"identity" is required: LiveKit lets nobody join a room without one.',
  )
}

function compileAttributes(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (value === undefined) return undefined
  const attributes = jsonObject(value, 'attributes')
  for (const [name, one] of Object.entries(attributes)) {
    if (typeof one === 'string') continue
    const which = `"${name.slice(0, 64)}" is ${describe(one)}`
    throw invalid('attributes', `"attributes" must be text, all of them: ${which}.`)
  }
  return attributes
}
