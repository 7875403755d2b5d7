import { invalid, refuseUnknownOptions } from '../../base/options.ts'
import type { JwkSet } from '../../keys/jwk.ts'
import { documentEndpoint, type DocumentOptions } from './document.ts'
import type { Endpoint } from './endpoint.ts'

/** What has public keys to publish: a `TokenIssuer` or a `KeyRing`. */
export interface JwksSource {
  /** Gives the public keys of now. */
  jwks(): Promise<JwkSet>
}

/**
 * Makes the endpoint that publishes an issuer's public keys (RFC 7517), for
 * `/.well-known/jwks.json`.
 *
 * It answers GET and HEAD; 304 to a client that has the set already; 405 to other methods. The type is
 * `application/json`, since many more clients refuse `application/jwk-set+json` than insist on it.
 * Caches may keep it for `maxAge` seconds, 60 by default: for so long a shared cache in between may
 * hide a key that `rotate()` made and that signs already.
 *
 * @throws {OptionError} when an option is unknown or unsound.
 *
 * @example
 * ```ts
 * import { jwksEndpoint, TokenIssuer } from '@mayfly/core'
 *
 * const issuer = new TokenIssuer({ issuer: 'https://auth.example.com' })
 * const endpoint = jwksEndpoint(issuer)
 *
 * const answer = await endpoint({ method: 'GET', url: '/', header: () => [] })
 * console.log(answer.status, answer.headers['cache-control']) // 200 public, max-age=60
 * ```
 */
export function jwksEndpoint(issuer: JwksSource, options: DocumentOptions = {}): Endpoint {
  refuseUnknownOptions(options, ['maxAge'], 'jwks')
  if (typeof issuer?.jwks !== 'function') {
    throw invalid('issuer', '"issuer" must be a TokenIssuer or a KeyRing.')
  }
  return documentEndpoint(() => issuer.jwks(), options.maxAge ?? 60)
}
