import type { KeyErrorCode } from '../../base/error-codes.ts'
import { KeyError, RequestError } from '../../base/errors.ts'
import { BodyTooLong } from '../../http/bounded-text.ts'
import { type CallAnswer, Redirected } from '../../http/call.ts'
import { nameOfUrl } from '../../http/endpoint.ts'
import { retryAfterOf } from '../../http/retry-after.ts'

/** A key set that could not be had, and when its server wants to be asked again. */
export class RefreshError extends KeyError {
  readonly retryAfterMs: number | undefined

  constructor(
    code: KeyErrorCode,
    message: string,
    options: ErrorOptions & { readonly retryAfterMs?: number | undefined } = {},
  ) {
    super(code, message, options)
    this.retryAfterMs = options.retryAfterMs
  }
}

/** Says why a server gave no answer. */
export function noAnswer(url: URL, error: unknown): RefreshError {
  const name = nameOfUrl(url)
  if (error instanceof Redirected) {
    const message = `${name} redirects${error.where}. No redirect is followed to keys: configure the final URL.`
    return new RefreshError('ERR_KEYS_FETCH', message)
  }
  const what =
    error instanceof BodyTooLong
      ? 'answered with more than 1 MiB'
      : 'could not be reached, or broke off; the cause says more'
  return new RefreshError('ERR_KEYS_FETCH', `${name} ${what}.`, { cause: error })
}

/** Says that a server answered, and not with 200. */
export function wrongStatus(url: URL, { status, headers, receivedAt }: CallAnswer): RefreshError {
  return new RefreshError('ERR_KEYS_FETCH', `${nameOfUrl(url)} answered ${status}.`, {
    retryAfterMs: retryAfterOf(headers, receivedAt),
  })
}

/** Says that an answer is not what it has to be. */
export function wrongFormat(url: URL, what: string): RefreshError {
  return new RefreshError('ERR_KEYS_FORMAT', `${nameOfUrl(url)} answered with no ${what}.`)
}

/** Refuses a request whose token cannot be judged, since the keys cannot be had. */
export function keysUnavailable(cause: KeyError | undefined, retryAfterMs: number): RequestError {
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000))
  return new RequestError('ERR_KEYS_UNAVAILABLE', 'The token cannot be checked at the moment.', {
    reason: 'keys_unavailable',
    status: 503,
    headers: { 'retry-after': String(seconds) },
    ...(cause !== undefined && { cause }),
  })
}
