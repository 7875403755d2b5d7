import { encodeBase64url } from '../../base/base64url.ts'
import { requireNumber, invalid, refuseUnknownOptions } from '../../base/options.ts'
import { incomingRequest, type IncomingRequest, type RequestLike } from '../guard/request.ts'
import { RequestError } from '../../base/errors.ts'
import { denial } from '../guard/challenge.ts'
import type { HttpResponse } from '../../http/answer.ts'
import type { JwkSet } from '../../keys/jwk.ts'

/** How long a public document may be kept. */
export interface DocumentOptions {
  /** Seconds that caches may keep the document. 0: they ask each time whether it has changed. */
  readonly maxAge?: number
}

interface Representation {
  readonly body: string
  readonly etag: string
}

/**
 * Publishes a JSON document for GET and HEAD, with an `ETag` of its bytes, so that a client that has
 * it already gets 304.
 */
export function documentEndpoint(read: () => unknown, maxAge: number): Endpoint {
  requireNumber(maxAge, 'maxAge', { integer: true })
  let last: Representation | undefined

  return async (incoming) => {
    const request = incomingRequest(incoming)
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return methodNotAllowed('GET', 'HEAD')
    }
    const body = JSON.stringify(await read())
    const current = last?.body === body ? last : { body, etag: await etagOf(body) }
    last = current
    const headers = { 'cache-control': `public, max-age=${maxAge}`, etag: current.etag }
    if (isKnown(request, current.etag)) return { status: 304, headers, body: '' }
    return { status: 200, headers: { ...headers, 'content-type': 'application/json' }, body }
  }
}

async function etagOf(body: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(body))
  return `"${encodeBase64url(new Uint8Array(digest))}"`
}

/** The weak comparison that `If-None-Match` asks for (RFC 9110 section 13.1.2). */
function isKnown(request: RequestLike, etag: string): boolean {
  const tags = request.header('if-none-match').flatMap((field) => field.split(','))
  return tags.some((tag) => {
    const trimmed = tag.trim()
    return trimmed === '*' || trimmed.replace(/^W\//, '') === etag
  })
}

/**
 * Answers a request whole: a `Request` of `fetch`, one of Node's own, or what an adapter made. It rejects
 * with what is not the request's fault.
 */
export type Endpoint<Context = void> = (
  request: IncomingRequest,
  context: Context,
) => Promise<HttpResponse>

/** The answer to a method that an endpoint does not have (RFC 9110 section 15.5.6). */
export function methodNotAllowed(...allowed: readonly string[]): HttpResponse {
  const allow = allowed.join(', ')
  return denial(
    new RequestError('ERR_REQUEST_INVALID', `This takes ${allowed.join(' or ')}.`, {
      reason: 'request_invalid',
      status: 405,
      headers: { allow },
    }),
  )
}

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
 * import { TokenIssuer } from '@mayfly/core'
 * import { jwksEndpoint } from '@mayfly/core/adapter'
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
