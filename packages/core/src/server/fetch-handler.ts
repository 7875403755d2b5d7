import type { VerifiedToken } from '../inbound/verifier/verified-token.ts'
import { RequestError } from '../base/errors.ts'
import { invalid, optionalFunction, requireOptions } from '../base/options.ts'
import type { HttpResponse } from '../http/answer.ts'
import { challenged, denial } from './guard/challenge.ts'
import { Guard } from './guard/guard.ts'
import type { GuardOptions, GuardVerifier } from './guard/options.ts'
import { compileScopeCheck } from './guard/requirements.ts'

/** How {@link withBearerAuth} treats requests. */
export interface BearerHandlerOptions extends GuardOptions {
  /** The scopes that a token must have, all of them. Others get 403 `insufficient_scope`. */
  readonly scopes?: readonly string[]
  /**
   * Answers refused requests in your own words; the challenge and its like are added where the response does
   * not have them. What it throws is handed on. Default: problem details (RFC 9457).
   */
  readonly onRefusal?: (error: RequestError, request: Request) => Response | Promise<Response>
}

/** Answers a request that was let through. `more` is what the framework passes beside the request. */
export type AuthorizedHandler<Auth, Incoming extends Request, More extends readonly unknown[]> = (
  request: Incoming,
  auth: Auth,
  ...more: More
) => Response | Promise<Response>

/** A handler in the shape of `fetch`, with what its framework passes beside the request. */
export type FetchHandler<Incoming extends Request, More extends readonly unknown[]> = (
  request: Incoming,
  ...more: More
) => Promise<Response>

/**
 * Guards a handler in the shape of `fetch`, as Hono, the route handlers of Next.js, Bun, Deno and
 * Workers have it: requests with a good bearer token reach it, with what the token says; all others are
 * answered with a challenge (RFC 6750) and problem details (RFC 9457).
 *
 * A `RequestError` that the handler throws is answered with the same challenge. Whatever else the handler or the verifier throws is handed on. The body is left unread, so
 * `tokenFrom.body` finds nothing here.
 *
 * @throws {OptionError} when an option is unknown or unsound.
 *
 * @example
 * ```ts
 * import { type TokenVerifier, withBearerAuth } from '@mayfly/core'
 *
 * declare const verifier: TokenVerifier
 *
 * export const GET = withBearerAuth(verifier, (request, auth) =>
 *   Response.json({ subject: auth.claims.sub }),
 * )
 * ```
 */
export function withBearerAuth<
  Payload,
  Incoming extends Request = Request,
  More extends readonly unknown[] = [],
>(
  verifier: GuardVerifier<Payload>,
  handler: AuthorizedHandler<VerifiedToken<Payload>, Incoming, More>,
  options?: BearerHandlerOptions & { readonly optional?: false; readonly preflight?: 'deny' },
): FetchHandler<Incoming, More>
export function withBearerAuth<
  Payload,
  Incoming extends Request = Request,
  More extends readonly unknown[] = [],
>(
  verifier: GuardVerifier<Payload>,
  handler: AuthorizedHandler<VerifiedToken<Payload> | undefined, Incoming, More>,
  options: BearerHandlerOptions,
): FetchHandler<Incoming, More>
export function withBearerAuth<Payload>(
  verifier: GuardVerifier<Payload>,
  // Either overload's: with neither option the auth is there.
  handler: AuthorizedHandler<never, Request, readonly unknown[]>,
  options: BearerHandlerOptions = {},
): FetchHandler<Request, readonly unknown[]> {
  requireOptions(options, 'withBearerAuth')
  const { scopes, onRefusal, ...rest } = options
  const guard = new Guard(verifier, rest)
  const own = optionalFunction(onRefusal, 'onRefusal')
  const refuse = async (request: Request, error: RequestError): Promise<Response> =>
    own === undefined
      ? webResponse(denial(error))
      : withHeaders(await own(error, request), error.headers)
  const check = scopes === undefined ? undefined : compileScopeCheck(scopes)
  if (typeof handler !== 'function') {
    throw invalid('handler', '"handler" must be a function that answers with a Response.')
  }
  return async (request, ...more) => {
    const outcome = await guard.authenticate(request)
    if (!outcome.ok) return refuse(request, outcome.error)
    try {
      const refusal = check?.(outcome.auth, guard.challenger)
      if (refusal !== undefined) throw refusal
      return withHeaders(await handler(request, outcome.auth as never, ...more), outcome.headers)
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      return refuse(request, challenged(error, guard.challenger))
    }
  }
}

/** Adds what the guard has to say, over a copy where the headers are read-only as those of `fetch` are. */
function withHeaders(response: Response, headers: Readonly<Record<string, string>>): Response {
  const missing = Object.entries(headers).filter(([name, value]) =>
    name === 'vary' ? !varies(response, value) : !response.headers.has(name),
  )
  if (missing.length === 0) return response
  try {
    for (const [name, value] of missing) response.headers.append(name, value)
    return response
  } catch {
    const copy = new Response(response.body, response)
    for (const [name, value] of missing) copy.headers.append(name, value)
    return copy
  }
}

function varies(response: Response, field: string): boolean {
  const listed = response.headers.get('vary')?.toLowerCase().split(',') ?? []
  return listed.some((one) => one.trim() === '*' || one.trim() === field.toLowerCase())
}

/**
 * Makes a `Response` of an answer of the library's own: that of `denial`, or of an endpoint.
 *
 * @example
 * ```ts
 * import { type KeyRing, webResponse } from '@mayfly/core'
 * import { jwksEndpoint } from '@mayfly/core/adapter'
 *
 * export function keys(ring: KeyRing): (request: Request) => Promise<Response> {
 *   const endpoint = jwksEndpoint(ring)
 *   return async (request) => webResponse(await endpoint(request))
 * }
 * ```
 */
export function webResponse({ status, headers, body }: HttpResponse): Response {
  // A status without a body, such as 304, takes null alone.
  return new Response(body === '' ? null : body, { status, headers })
}
