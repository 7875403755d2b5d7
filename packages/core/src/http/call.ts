import type { Clock } from '../base/clock.ts'
import { readBoundedText } from './bounded-text.ts'

/** One call. Its URL was checked before. */
export interface CallRequest {
  readonly url: URL
  /** Default `POST`. */
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  /** A form goes out as `application/x-www-form-urlencoded`. */
  readonly body?: string | URLSearchParams
}

/** An answer, whatever its status, read to its end. */
export interface CallAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The local clock before the request was sent, in milliseconds. */
  readonly sentAt: number
  /** The local clock when the head of the answer had arrived, in milliseconds. */
  readonly receivedAt: number
}

/** What a call is made with. */
export interface CallParts {
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly signal: AbortSignal
  /** The longest body that is read. */
  readonly maxBytes: number
}

/** Thrown for an answer that is a redirect: none is ever followed. */
export class Redirected extends Error {
  override readonly name: string = 'Redirected'
  /** Where it goes, in words for a message: " to" and an origin, or nothing. */
  readonly where: string

  constructor(url: URL, response: Response) {
    super('The answer is a redirect.')
    const location = response.headers.get('location') ?? ''
    const target = URL.canParse(location, url.href) ? new URL(location, url) : undefined
    this.where = target === undefined ? '' : ` to ${target.origin}`
  }
}

/**
 * Calls a server once and reads its answer. Rejects with what `fetch` rejects with, with
 * {@link Redirected}, and with `BodyTooLong`. A `fetch` that ignores its signal is not waited for by
 * those who stop at the signal themselves.
 */
export async function callOnce(request: CallRequest, parts: CallParts): Promise<CallAnswer> {
  const { url, method = 'POST', headers = {}, body } = request
  // Taken out of its object: some runtimes refuse a `fetch` that is called as a method.
  const { fetch: send, clock, signal } = parts
  const sentAt = clock.now()
  const response = await send(url.href, {
    method,
    headers: { accept: 'application/json', ...headers },
    ...(body !== undefined && { body }),
    redirect: 'manual',
    signal,
  })
  const receivedAt = clock.now()
  const { status } = response
  if (response.type === 'opaqueredirect' || (status >= 300 && status < 400)) {
    response.body?.cancel().catch(() => {})
    throw new Redirected(url, response)
  }
  const text = await readBoundedText(response, parts.maxBytes, signal)
  return { status, headers: response.headers, text, sentAt, receivedAt }
}
