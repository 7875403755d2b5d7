import { optionalName, requireSecret } from '../base/identifiers.ts'
import { invalid, jsonObject } from '../base/options.ts'
import {
  requireVendorOptions,
  type SignedVendorOptions,
  type VendorFacts,
  vendorSource,
} from '../outbound/sources/vendor-source.ts'
import type { TokenSource } from '../outbound/token.ts'

/** Options of {@link ably}. */
export interface AblyOptions extends SignedVendorOptions {
  /** The API key, as Ably's dashboard shows it: `appId.keyId:secret`. */
  readonly apiKey: string
  /** Who the token is for. `*` allows any. Default: nobody in particular. */
  readonly clientId?: string
  /** What the token allows, by channel, such as `{ 'chat:*': ['subscribe'] }`. Default: what the key does. */
  readonly capability?: Readonly<Record<string, readonly string[]>>
}

const FACTS: VendorFacts = {
  name: 'ably',
  algorithm: 'HS256',
  options: ['apiKey', 'clientId', 'capability'],
  lifetime: {
    min: 1,
    max: 86_400,
    usual: 3600,
    rule: 'Ably takes tokens of a day (86400) at the most',
  },
  origins: [],
  reserved: ['x-ably-clientId', 'x-ably-capability'],
}

/**
 * Makes JWTs for Ably's clients. Hand `token.value` to the client, from its `authUrl` or `authCallback`: no
 * origin is named, so it goes nowhere over HTTP by itself.
 *
 * See "JWTs" in Ably's documentation, https://ably.com/docs/auth/token/jwt
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED`, `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`, by name.
 *
 * @example
 * ```ts
 * import { ably } from '@mayfly/core/vendors'
 *
 * export async function clientToken(apiKey: string, clientId: string): Promise<string> {
 *   const source = ably({ apiKey, clientId, capability: { 'chat:*': ['subscribe'] } })
 *   return (await source.getToken()).value
 * }
 * ```
 */
export function ably(options: AblyOptions): TokenSource {
  requireVendorOptions(FACTS, options)
  const apiKey = requireSecret(options.apiKey, 'apiKey', 256, false)
  const [, keyId, secret] = /^([\w-]+\.[\w-]+):(\S+)$/.exec(apiKey) ?? []
  if (keyId === undefined || secret === undefined) {
    throw invalid('apiKey', '"apiKey" must be the whole key, "appId.keyId:secret".')
  }
  const clientId = optionalName(options.clientId, 'clientId')
  const { capability } = options
  const allowed = capability === undefined ? undefined : jsonObject(capability, 'capability')
  return vendorSource(FACTS, options, {
    key: { secret: new TextEncoder().encode(secret) },
    keyId,
    claims: ({ issuedAt, expiresAt }) => ({
      iat: issuedAt,
      exp: expiresAt,
      ...(clientId !== undefined && { 'x-ably-clientId': clientId }),
      ...(allowed !== undefined && { 'x-ably-capability': JSON.stringify(allowed) }),
    }),
  })
}
