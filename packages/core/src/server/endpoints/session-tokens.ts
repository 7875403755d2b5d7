import { Recent } from '../../base/recent.ts'
import { type Clock } from '../../base/clock.ts'
import { OptionError, RequestError } from '../../base/errors.ts'
import { notify, type Observe } from '../../base/observe.ts'
import {
  clockOption,
  hasMethod,
  invalid,
  optionalFunction,
  refuseUnknownOptions,
  requireNumber,
  requireOneOf,
  requireOptions,
  requireString,
} from '../../base/options.ts'
import type { HttpResponse } from '../../http/answer.ts'
import type { IssuedToken } from '../../inbound/issuer/issued-token.ts'
import type { SessionEnd, SessionPair } from '../../inbound/sessions/options.ts'
import { checkOrigin } from '../../origin/check.ts'
import { compileOriginPatterns } from '../../origin/matcher.ts'
import type { DenyEvent } from '../guard/options.ts'
import { incomingRequest, type RequestLike } from '../guard/request.ts'
import { type IncomingBody, isBodyTaken, readIncomingBody } from '../incoming-body.ts'
import { type Endpoint, methodNotAllowed } from './document.ts'

/** What the endpoint needs of sessions. `SessionTokens` is one. */
export interface SessionsLike {
  /** Takes a refresh token, once, and gives the next pair. */
  refresh(token: string, options: { readonly from?: string | undefined }): Promise<SessionPair>
  /** Ends sessions. */
  end(which: SessionEnd): Promise<void>
}

/** How the cookie with the refresh token is set. */
export interface SessionCookieOptions {
  /**
   * Default `__Host-refresh`. Browsers take that name over https alone: choose another for development
   * without it, and the cookie goes without `Secure`.
   */
  readonly name?: string
  /** Default `Strict`. */
  readonly sameSite?: 'Strict' | 'Lax'
}

/** Options of the endpoint. */
export interface SessionEndpointOptions {
  /** Keeps the refresh token in a cookie, which no script can read. It needs `origins`. */
  readonly cookie?: boolean | SessionCookieOptions
  /** The origins whose pages may use the cookie. */
  readonly origins?: readonly string[]
  /** Requests in a minute: of one session (default 30), and from one address (default 300). */
  readonly rateLimit?: { readonly perSession?: number; readonly perAddress?: number }
  readonly clock?: Clock
  readonly observe?: Observe<DenyEvent>
}

/** What an adapter knows of a request beside what all see of it. */
export interface SessionContext {
  readonly incoming: IncomingBody
  readonly address: string | undefined
}

const MAX_BODY = 16_384
const MINUTE_MS = 60_000

/**
 * Makes the endpoint that refreshes and ends sessions. A POST of `grant_type=refresh_token` is answered
 * with the next pair (RFC 6749 section 6), one of `token` without a `grant_type` ends the session (RFC
 * 7009): 200 whatever the token was. With `cookie` the refresh token is there and never in a body; a
 * POST of `token=` ends the session of the cookie.
 *
 * @throws {OptionError} when an option is unknown or unsound.
 */
export function sessionEndpoint(
  sessions: SessionsLike,
  options: SessionEndpointOptions = {},
): Endpoint<SessionContext> {
  requireOptions(options, 'sessionTokens')
  const known = ['cookie', 'origins', 'rateLimit', 'clock', 'observe']
  refuseUnknownOptions(options, known, 'sessionTokens')
  if (!hasMethod(sessions, 'refresh') || !hasMethod(sessions, 'end')) {
    throw invalid('sessions', '"sessions" must be a SessionTokens.')
  }
  const observe = optionalFunction(options.observe, 'observe')
  const cookie = compileCookie(options)
  const limit = compileLimits(options)
  const mayUse = cookie && compileOrigins(options.origins)

  const answer = async (request: RequestLike, context: SessionContext): Promise<HttpResponse> => {
    limit.address(context.address)
    mayUse?.(request)
    const form = await formOf(request, context.incoming)
    const grantType = single(form, 'grant_type')
    const given = cookie ? cookieOf(request, cookie.name) : single(form, 'refresh_token')
    if (grantType === undefined && form.has('token')) {
      const token = cookie ? given : single(form, 'token')
      if (token !== undefined) await sessions.end({ token })
      return { status: 200, headers: { ...NO_STORE, ...cookie?.clear }, body: '' }
    }
    if (grantType === undefined) throw badRequest('"grant_type" is missing, or is there twice')
    if (grantType !== 'refresh_token') throw badRequest(`another "grant_type"`, UNSUPPORTED)
    if (given === undefined) throw badRequest('the refresh token is missing, or is there twice')
    limit.session(given)
    const pair = await sessions.refresh(given, { from: context.address })
    return granted(pair, cookie && { 'set-cookie': cookie.set(pair.refresh) })
  }
  return async (incoming, context) => {
    const request = incomingRequest(incoming)
    if (request.method !== 'POST') return methodNotAllowed('POST')
    try {
      return await answer(request, context)
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      notify(observe, { type: 'deny', reason: error.reason })
      const isOver = error.status === 400 && error.reason !== 'request_invalid'
      return refusal(error, isOver ? cookie?.clear : undefined)
    }
  }
}

/**
 * Writes the `Set-Cookie` field for a session that has just started, for an endpoint with `cookie`.
 *
 * @throws {OptionError} when an option is unknown or unsound.
 *
 * @example
 * ```ts
 * import { sessionCookie, type SessionTokens } from '@mayfly/core/grants'
 *
 * export async function logIn(sessions: SessionTokens, user: string): Promise<Headers> {
 *   const { refresh } = await sessions.start({ subject: user, audience: 'orders' })
 *   return new Headers({ 'set-cookie': sessionCookie(refresh) })
 * }
 * ```
 */
export function sessionCookie(refresh: IssuedToken, options: SessionCookieOptions = {}): string {
  const cookie = compileCookie({ cookie: options, origins: [] })
  if (cookie === undefined) throw invalid('cookie', '"cookie" must be an object.')
  return cookie.set(refresh)
}

const NO_STORE = { 'cache-control': 'no-store', pragma: 'no-cache' }
const UNSUPPORTED = 'unsupported_grant_type'

function granted(
  { access, refresh }: SessionPair,
  headers: Readonly<Record<string, string>> | undefined,
): HttpResponse {
  const body = {
    access_token: access.value,
    token_type: 'Bearer',
    expires_in: access.expiresAt - access.issuedAt,
    ...(headers === undefined && { refresh_token: refresh.value }),
  }
  const json = { 'content-type': 'application/json' }
  return { status: 200, headers: { ...NO_STORE, ...json, ...headers }, body: JSON.stringify(body) }
}

/** Answers as RFC 6749 section 5.2 has it; the problem's members stand beside. */
function refusal(
  error: RequestError,
  headers: Readonly<Record<string, string>> | undefined,
): HttpResponse {
  const { status, reason, message, claim } = error
  const isRequest = reason === 'request_invalid'
  const code = claim ?? (isRequest ? 'invalid_request' : 'invalid_grant')
  const word = status >= 429 ? 'temporarily_unavailable' : status === 403 ? 'access_denied' : code
  const description = message.replaceAll('"', "'")
  const problem = { ...error.toProblem(), claim: undefined }
  return {
    status,
    headers: { ...NO_STORE, 'content-type': 'application/json', ...error.headers, ...headers },
    body: JSON.stringify({ error: word, error_description: description, ...problem }),
  }
}

function badRequest(why: string, error?: string): RequestError {
  return new RequestError('ERR_REQUEST_INVALID', `The request cannot be answered: ${why}.`, {
    reason: 'request_invalid',
    status: 400,
    ...(error !== undefined && { claim: error }),
  })
}

/** A parameter that is there twice is none (RFC 6749 section 3.2). */
function single(form: URLSearchParams, name: string): string | undefined {
  const [value, ...more] = form.getAll(name)
  return more.length === 0 && value !== '' ? value : undefined
}

async function formOf(request: RequestLike, incoming: IncomingBody): Promise<URLSearchParams> {
  const [type = ''] = request.header('content-type')
  if (!/^application\/x-www-form-urlencoded(?:\s*;|$)/i.test(type)) {
    throw badRequest('its body must be a form (application/x-www-form-urlencoded)')
  }
  const { body } = request
  if (typeof body === 'string') return new URLSearchParams(body)
  if (typeof body === 'object' && body !== null && !(body instanceof Uint8Array)) {
    // A parser that came first: what it made a list of was there twice.
    const entries = Object.entries(body as Record<string, unknown>)
    const form = new URLSearchParams()
    for (const [name, value] of entries) {
      for (const one of [value].flat()) form.append(name, String(one))
    }
    return form
  }
  if (body === undefined && isBodyTaken(incoming)) throw badRequest('its body was read before')
  const bytes = body instanceof Uint8Array ? body : await readIncomingBody(incoming, MAX_BODY)
  return new URLSearchParams(new TextDecoder().decode(bytes))
}

interface Cookie {
  readonly name: string
  readonly set: (refresh: IssuedToken) => string
  readonly clear: Readonly<Record<string, string>>
}

function compileCookie({ cookie = false, origins }: SessionEndpointOptions): Cookie | undefined {
  if (cookie === false) {
    if (origins === undefined) return undefined
    throw invalid('origins', '"origins" goes with "cookie" only.')
  }
  const options = cookie === true ? {} : cookie
  requireOptions(options, 'cookie')
  refuseUnknownOptions(options, ['name', 'sameSite'], 'cookie')
  const name = requireString(options.name ?? '__Host-refresh', 'cookie.name', 128)
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
    throw invalid('cookie.name', '"cookie.name" must be a token (RFC 6265 section 4.1.1).')
  }
  const sameSite = requireOneOf(options.sameSite ?? 'Strict', 'cookie.sameSite', ['Strict', 'Lax'])
  const isHost = name.startsWith('__Host-')
  const rest = `Path=/; HttpOnly; SameSite=${sameSite}${isHost ? '; Secure' : ''}`
  return {
    name,
    set: ({ value, expiresAt, issuedAt }) =>
      `${name}=${value}; Max-Age=${expiresAt - issuedAt}; ${rest}`,
    clear: { 'set-cookie': `${name}=; Max-Age=0; ${rest}` },
  }
}

function cookieOf(request: RequestLike, name: string): string | undefined {
  const pairs = request.header('cookie').flatMap((field) => field.split(';'))
  const values = pairs.flatMap((pair) => {
    const [found, value = ''] = pair.trim().split('=', 2)
    return found === name ? [value] : []
  })
  return values.length === 1 && values[0] !== '' ? values[0] : undefined
}

/** A page of another origin could have the browser send the cookie. */
function compileOrigins(origins: readonly string[] | undefined): (request: RequestLike) => void {
  if (origins === undefined || origins.length === 0) {
    throw new OptionError(
      'ERR_OPTION_REQUIRED',
      'origins',
      '"origins" is required with "cookie": the origins whose pages may use it.',
    )
  }
  const allowed = compileOriginPatterns(origins, { missingOrigin: 'deny' })
  return (request) => {
    const [origin, ...more] = request.header('origin')
    const verdict = checkOrigin(allowed, more.length === 0 ? origin : [origin, ...more].join(', '))
    if (verdict.allowed) return
    throw new RequestError('ERR_ORIGIN', 'This page may not use the session.', {
      reason: verdict.reason,
      status: verdict.status,
    })
  }
}

interface Limits {
  address(address: string | undefined): void
  session(token: string): void
}

function compileLimits(options: SessionEndpointOptions): Limits {
  const { rateLimit = {} } = options
  requireOptions(rateLimit, 'rateLimit')
  refuseUnknownOptions(rateLimit, ['perSession', 'perAddress'], 'rateLimit')
  const bounds = { min: 1, unit: 'requests' }
  const perSession = requireNumber(rateLimit.perSession ?? 30, 'rateLimit.perSession', bounds)
  const perAddress = requireNumber(rateLimit.perAddress ?? 300, 'rateLimit.perAddress', bounds)
  const clock = clockOption(options.clock)
  const counts = new Recent<string, { count: number; readonly since: number }>({ max: 100_000 })
  const count = (key: string, max: number): void => {
    const now = clock.now()
    const known = counts.get(key)
    const isNew = known === undefined || Math.abs(now - known.since) >= MINUTE_MS
    const window = isNew ? { count: 0, since: now } : known
    counts.set(key, window)
    if (++window.count <= max) return
    const waitMs = window.since + MINUTE_MS - now
    throw new RequestError('ERR_REQUEST_INVALID', 'There are too many requests.', {
      reason: 'request_invalid',
      status: 429,
      headers: { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1000))) },
    })
  }
  return {
    address: (address) => count(`address ${address ?? ''}`, perAddress),
    // The family's id: a token that is forged in its name is counted as well.
    session: (token) => count(`session ${token.slice(0, 22)}`, perSession),
  }
}
