import { refuseUnknownOptions, requireOptions } from '../base/options.ts'
import { type SignedSourceOptions, signedSource } from '../outbound/sources/signed-source.ts'
import type { TokenSource } from '../outbound/token.ts'

/** Options of {@link jwtSource}. */
export type JwtSourceOptions = SignedSourceOptions

const OPTIONS = [
  'algorithm',
  'key',
  'keyId',
  'header',
  'claims',
  'identity',
  'lifetime',
  'maxLifetime',
  'iatClaim',
  'expClaim',
  'backdate',
  'origins',
  'allowHttp',
  'tokenId',
  'allowShortSecret',
  'clock',
] as const

/**
 * Makes a source that signs a new JWT at every call. Wrap it in a `TokenManager` to reuse them. The
 * vendor functions are built on this one.
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED`, `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`, by name.
 * Its `getToken` rejects with a `KeyError` for a key that cannot be used.
 *
 * @example
 * ```ts
 * import { generateKey, TokenManager } from '@mayfly/core'
 * import { jwtSource } from '@mayfly/core/vendors'
 *
 * const source = jwtSource({
 *   algorithm: 'ES256',
 *   key: await generateKey('ES256'),
 *   claims: { iss: 'orders', aud: 'https://api.example.com' },
 *   lifetime: 300,
 *   origins: ['https://api.example.com'],
 * })
 * const token = await new TokenManager(source).getToken()
 * ```
 */
export function jwtSource(options: JwtSourceOptions): TokenSource {
  requireOptions(options, 'jwtSource')
  refuseUnknownOptions(options, OPTIONS, 'jwtSource')
  return signedSource('jwt', options)
}
