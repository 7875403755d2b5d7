import { MayflyError } from '../../base/errors.ts'
import { type OutgoingRequest, canResend } from './outgoing-request.ts'

/** The Fetch standard, "HTTP-redirect fetch", step 7. */
export const MAX_REDIRECTS = 20

const REDIRECT_STATUS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** Header fields that describe a body, and go when the body goes. */
const BODY_HEADERS = [
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-type',
]

/** Header fields that were meant for one origin. */
const CREDENTIAL_HEADERS = ['authorization', 'cookie', 'dpop', 'host', 'proxy-authorization']

/** Whether an answer sends the request elsewhere. */
export function isRedirect(status: number): boolean {
  return REDIRECT_STATUS.has(status)
}

/** Where a redirect leads. */
export interface Hop {
  readonly status: number
  readonly location: string
  /** The header field of tokens. */
  readonly tokenField: string
}

/**
 * The request that a redirect leads to, by the rules of the Fetch standard ("HTTP-redirect fetch").
 *
 * @throws {MayflyError} `ERR_REDIRECT` when the redirect cannot be followed.
 */
export function nextHop(
  request: OutgoingRequest,
  { status, location, tokenField }: Hop,
): OutgoingRequest {
  const url = resolve(location, request.url)
  if (status !== 303 && !canResend(request.body)) {
    throw new MayflyError(
      'ERR_REDIRECT',
      `${request.url.origin} answered ${status}, but the body is a stream, which cannot be sent again. Send bytes instead.`,
    )
  }
  const headers = new Headers(request.headers)
  if (url.origin !== request.url.origin) {
    for (const name of [...CREDENTIAL_HEADERS, tokenField]) headers.delete(name)
  }
  const becomesGet =
    ((status === 301 || status === 302) && request.method === 'POST') ||
    (status === 303 && request.method !== 'GET' && request.method !== 'HEAD')
  if (!becomesGet) return { ...request, url, headers }
  for (const name of BODY_HEADERS) headers.delete(name)
  return { ...request, url, headers, method: 'GET', body: undefined }
}

function resolve(location: string, base: URL): URL {
  const url = URL.canParse(location, base.href) ? new URL(location, base.href) : undefined
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new MayflyError(
      'ERR_REDIRECT',
      `${base.origin} redirects to an address that is not an http or https URL.`,
    )
  }
  if (url.username !== '' || url.password !== '') {
    throw new MayflyError(
      'ERR_REDIRECT',
      `${base.origin} redirects to an address with a user name or a password in it.`,
    )
  }
  return url
}
