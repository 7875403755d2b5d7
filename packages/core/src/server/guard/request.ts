import { RequestError } from '../../base/errors.ts'

/** What the guard sees of a request. Each framework's adapter makes one. */
export interface RequestLike {
  readonly method: string
  /** The request target as it came in: path and query. */
  readonly url: string
  /**
   * Gives every value of a header field, as many as were sent, by its lower-case name. Node's
   * `req.headers` drops or joins duplicates; `req.headersDistinct` keeps them.
   */
  header(name: string): readonly string[]
  /** The parsed body, where something has parsed it. */
  readonly body?: unknown
}

/**
 * Tells whether a request is a CORS preflight: `OPTIONS` with both `Origin` and
 * `Access-Control-Request-Method`. Any other `OPTIONS` request is a request like all others.
 */
export function isPreflight(request: RequestLike): boolean {
  return (
    request.method === 'OPTIONS' &&
    request.header('origin').length > 0 &&
    request.header('access-control-request-method').length > 0
  )
}

/** Makes the error for a request that is wrong whatever its token says (RFC 6750 `invalid_request`). */
export function invalidRequest(message: string): RequestError {
  return new RequestError('ERR_REQUEST_INVALID', message, {
    reason: 'request_invalid',
    status: 400,
  })
}

/** Makes the error for a request without a token. */
export function tokenMissing(message = 'This takes a bearer token.'): RequestError {
  return new RequestError('ERR_TOKEN_MISSING', message, { reason: 'token_missing' })
}
