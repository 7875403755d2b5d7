import type { RequestPeer } from '../../inbound/mutual-tls/mutual-tls.ts'
import { RequestError } from '../../base/errors.ts'
import { hasMethod, invalid } from '../../base/options.ts'

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
  /** Gives the connection that it came over, for tokens that are bound to certificates. */
  peer?(): RequestPeer
}

/** A request as Node has it: an `IncomingMessage`, or its counterpart of HTTP/2. */
export interface NodeRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** As they were sent; requests that are made by hand and servers of functions have none. */
  readonly rawHeaders?: readonly string[] | undefined
  /** The connection. */
  readonly socket?: unknown
}

/**
 * Shows a guard a request as Node has it. What middleware has put into `headers` counts, and a field
 * that was sent more than once is told from one that was not, which `headers` hides.
 *
 * @param more what a framework keeps elsewhere: the URL before a router took off its part, and the
 * parsed body.
 *
 * @example
 * ```ts
 * import type { IncomingMessage } from 'node:http'
 * import { type Guard, nodeRequest, type Outcome } from '@mayfly/core'
 *
 * export function judge(guard: Guard, request: IncomingMessage): Promise<Outcome<unknown>> {
 *   return guard.authenticate(nodeRequest(request))
 * }
 * ```
 */
export function nodeRequest(
  request: NodeRequest,
  more: { readonly url?: string; readonly body?: unknown } = {},
): RequestLike {
  return {
    method: request.method ?? 'GET',
    url: more.url ?? request.url ?? '/',
    header: (name) => fieldValues(request, name),
    body: more.body,
    peer: () => peerOf(request.socket),
  }
}

function peerOf(socket: unknown): RequestPeer {
  const connection = Object(socket) as {
    readonly remoteAddress?: string
    getPeerX509Certificate?(): { readonly fingerprint256: string } | undefined
  }
  return {
    address: connection.remoteAddress,
    certificateFingerprint: connection.getPeerX509Certificate?.()?.fingerprint256,
  }
}

const NONE: readonly string[] = Object.freeze([])

function fieldValues({ headers, rawHeaders }: NodeRequest, name: string): readonly string[] {
  if (rawHeaders === undefined || rawHeaders.length === 0) return madeValues(headers, name)
  let sent = 0
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (isNamed(rawHeaders[index] ?? '', name)) sent++
  }
  if (sent > 1)
    return rawHeaders.filter((_, at) => at % 2 === 1 && isNamed(rawHeaders[at - 1] ?? '', name))
  const value = headers[name]
  if (value === undefined) return NONE
  return typeof value === 'string' ? [value] : value
}

/** What no socket has sent, and nothing has brought into Node's form, may be spelled in any case. */
function madeValues(headers: unknown, name: string): readonly string[] {
  return Object.entries(Object(headers) as object)
    .filter(([field]) => isNamed(field, name))
    .flatMap(([, value]: [string, unknown]) => value)
    .filter((value) => value !== undefined && value !== null)
    .map(String)
}

function isNamed(field: string, name: string): boolean {
  return field.length === name.length && (field === name || field.toLowerCase() === name)
}

/** A request of `fetch`: a `Request`. */
export interface WebRequest {
  readonly method: string
  readonly url: string
  readonly headers: {
    /** Gives the values of a field, joined into one list, or `null`. */
    get(name: string): string | null
  }
}

/**
 * Shows a guard a request as `fetch` has it: that of Hono, Next.js, Bun, Deno and Workers. Fields that
 * were sent more than once come as one list there, which is never a token.
 *
 * @param more the body, where something has parsed it.
 *
 * @example
 * ```ts
 * import { type Guard, type Outcome, webRequest } from '@mayfly/core'
 *
 * export async function judge(guard: Guard, request: Request): Promise<Outcome<unknown>> {
 *   return guard.authenticate(webRequest(request, { body: await request.json() }))
 * }
 * ```
 */
export function webRequest(
  request: WebRequest,
  more: { readonly body?: unknown } = {},
): RequestLike {
  const { pathname, search } = new URL(request.url)
  return {
    method: request.method,
    url: pathname + search,
    header: (name) => {
      const value = request.headers.get(name)
      return value === null ? NONE : [value]
    },
    body: more.body,
  }
}

/** What a guard takes: a `Request` of `fetch`, a request as Node has it, or what an adapter made of its own. */
export type IncomingRequest = RequestLike | NodeRequest | WebRequest

/**
 * Shows a guard whatever request it was handed. Express has the request's own URL in `originalUrl`, and
 * a `header` that gives one text; so the shapes of Node and of `fetch` are looked for first.
 */
export function incomingRequest(request: IncomingRequest): RequestLike {
  const { headers, rawHeaders, originalUrl, body, header, raw, req } = Object(request) as Readonly<
    Record<string, unknown>
  >
  const ofNode = (): RequestLike => {
    const url = typeof originalUrl === 'string' ? { url: originalUrl } : {}
    return nodeRequest(request as NodeRequest, { ...url, body })
  }
  if (Array.isArray(rawHeaders)) return ofNode()
  if (hasMethod(headers, 'get')) return webRequest(request as WebRequest)
  // Hono's own request has a `header` too, and what is asked for in `raw`.
  if (raw === undefined && req === undefined) {
    // Mocks of Express have both.
    if (typeof headers === 'object' && headers !== null) return ofNode()
    if (typeof header === 'function') return request as RequestLike
  }
  throw invalid(
    'request',
    "This isn't a request that can be read: pass a Request of fetch, a request of Node's own (a framework has it as ctx.req, c.req.raw or request.raw), or what nodeRequest or webRequest makes of it.",
  )
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
