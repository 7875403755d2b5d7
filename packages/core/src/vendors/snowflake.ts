import { requireIdentifier } from '../base/identifiers.ts'
import { importKey, type KeyMaterial } from '../keys/load.ts'
import { Key, type SigningKey } from '../keys/key.ts'
import { writeDer } from '../keys/make-key.ts'
import { invalid } from '../base/options.ts'
import { type JwtKey, requirePrivateKey } from '../outbound/sources/signed-signing.ts'
import {
  requireVendorOptions,
  type SignedVendorOptions,
  type VendorFacts,
  vendorSource,
} from '../outbound/sources/vendor-source.ts'
import type { TokenSource } from '../outbound/token.ts'

/** Options of {@link snowflake}. */
export interface SnowflakeOptions extends SignedVendorOptions {
  /**
   * The account's identifier as its URL has it: `myorg-account123`, or the locator with its region, such as
   * `xy12345.us-east-1`, of which the region goes into the URL alone.
   */
  readonly account: string
  /** The user's name, whatever its case. */
  readonly user: string
  /** The private key of the user: anything that `importKey` takes, or a callback. */
  readonly privateKey: JwtKey
}

const FACTS: VendorFacts = {
  name: 'snowflake',
  algorithm: 'RS256',
  options: ['account', 'user', 'privateKey'],
  lifetime: {
    min: 1,
    max: 3600,
    usual: 3540,
    rule: 'Snowflake takes no token for more than an hour (3600)',
  },
  origins: [],
  reserved: ['iss', 'sub'],
}

/**
 * Makes tokens for Snowflake's REST and SQL API by key pair authentication. `iss` names the account, the
 * user and the fingerprint of the public key, which is found out from the private one; account and user
 * are written in upper case, and a locator's region is left out.
 *
 * Send `X-Snowflake-Authorization-Token-Type: KEYPAIR_JWT` along. A source signs at every call: wrap it in a
 * `TokenManager`.
 *
 * See "Using key-pair authentication" in Snowflake's documentation,
 * https://docs.snowflake.com/en/developer-guide/sql-api/authenticating
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED`, `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`, by name.
 * `getToken` rejects with a `KeyError` for a key that cannot be used.
 *
 * @example
 * ```ts
 * import { bearerFetch, TokenManager } from '@mayfly/core'
 * import { snowflake } from '@mayfly/core/vendors'
 *
 * export function client(privateKey: string): typeof fetch {
 *   const source = snowflake({ account: 'myorg-account123', user: 'loader', privateKey })
 *   return bearerFetch(new TokenManager(source))
 * }
 * ```
 */
export function snowflake(options: SnowflakeOptions): TokenSource {
  requireVendorOptions(FACTS, options)
  const account = requireIdentifier(options.account, 'account', 255)
  if (account.includes('/') || /\.snowflakecomputing\./i.test(account)) {
    throw invalid('account', '"account" must be the identifier alone, such as "myorg-account123".')
  }
  const subject = `${nameOf(account)}.${requireIdentifier(options.user, 'user', 255).toUpperCase()}`
  const privateKey = requirePrivateKey(options.privateKey)
  let fingerprint = ''
  const host = account.toLowerCase().replaceAll('_', '-')
  const origins = options.origins ?? [`https://${host}.snowflakecomputing.com`]
  return vendorSource(
    FACTS,
    { ...options, origins },
    {
      // Called right before the claims are made.
      key: fingerprinted(privateKey, (found) => {
        fingerprint = found
      }),
      claims: ({ issuedAt, expiresAt }) => ({
        iss: `${subject}.${fingerprint}`,
        sub: subject,
        iat: issuedAt,
        exp: expiresAt,
      }),
    },
  )
}

/** The account as tokens name it: without a region, which comes after a dot, or a hyphen before ".global". */
function nameOf(account: string): string {
  const [locator = ''] = account.split(/\.global/i.test(account) ? '-' : '.')
  return locator.toUpperCase()
}

/** A key's callback that tells the fingerprint of each key: SHA-256 of the public key's DER (SPKI). */
function fingerprinted(key: JwtKey, tell: (fingerprint: string) => void): JwtKey {
  let last: { readonly given: unknown; readonly key: SigningKey; readonly name: string } | undefined
  return async () => {
    const given: KeyMaterial | SigningKey = typeof key === 'function' ? await key() : key
    if (last?.given !== given) {
      const own = await importKey(given as KeyMaterial, 'RS256', { use: 'sign' })
      if (!(own instanceof Key)) throw invalid('privateKey', '"privateKey" must be key material.')
      const der = await writeDer(own.publicJwk(), 'RS256')
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(der)))
      last = { given, key: own, name: `SHA256:${btoa(String.fromCharCode(...digest))}` }
    }
    tell(last.name)
    return last.key
  }
}
