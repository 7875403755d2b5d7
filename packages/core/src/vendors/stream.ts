import { optionalIdentifier } from '../base/identifiers.ts'
import { invalid, optionalBoolean } from '../base/options.ts'
import { type JwtSecret, secretKey } from '../outbound/sources/signed-secret.ts'
import {
  requireVendorOptions,
  type SignedVendorOptions,
  type VendorFacts,
  vendorSource,
} from '../outbound/sources/vendor-source.ts'
import type { TokenSource } from '../outbound/token.ts'

/** Options of {@link stream}. */
export interface StreamOptions extends SignedVendorOptions {
  /** The app's secret: text, bytes as `{ secret }`, or a callback. */
  readonly apiSecret: JwtSecret
  /** The user that the token is for. Give this or `server: true`. */
  readonly userId?: string
  /** A token for Stream's API itself, which may do everything. Default `false`. */
  readonly server?: boolean
}

const SERVERS = ['https://chat.stream-io-api.com', 'https://video.stream-io-api.com']
const FACTS: VendorFacts = {
  name: 'stream',
  algorithm: 'HS256',
  options: ['apiSecret', 'userId', 'server'],
  lifetime: { min: 1, max: Infinity, usual: 3600, rule: 'Stream states no limit' },
  origins: [],
  reserved: ['user_id', 'server'],
}

/**
 * Makes tokens for Stream (getstream.io), for Chat and Video: for a user's client, or with `server: true` for
 * its API. A user's token goes to the client; one of a server goes to Stream's hosts, in `Authorization`
 * without a scheme. Send `Stream-Auth-Type: jwt` along there.
 *
 * See "Tokens & Authentication" in Stream's documentation,
 * https://getstream.io/chat/docs/node/tokens_and_authentication/
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED`, `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`, by name.
 *
 * @example
 * ```ts
 * import { stream } from '@mayfly/core/vendors'
 *
 * export async function userToken(apiSecret: string, userId: string): Promise<string> {
 *   return (await stream({ apiSecret, userId }).getToken()).value
 * }
 * ```
 */
export function stream(options: StreamOptions): TokenSource {
  requireVendorOptions(FACTS, options)
  const userId = optionalIdentifier(options.userId, 'userId', 255)
  const server = optionalBoolean(options.server, 'server') ?? false
  if (server === (userId !== undefined)) {
    throw invalid('userId', 'Give either "userId", for a client, or "server: true", for the API.')
  }
  const who = server ? { server: true } : { user_id: userId }
  const origins = options.origins ?? (server ? SERVERS : [])
  const source = vendorSource(
    FACTS,
    { ...options, origins },
    {
      key: secretKey(options.apiSecret, 'apiSecret'),
      claims: ({ issuedAt, expiresAt }) => ({ ...who, iat: issuedAt, exp: expiresAt }),
    },
  )
  return { ...source, header: { scheme: '' } }
}
