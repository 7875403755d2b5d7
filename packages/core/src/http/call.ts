import { type Clock, parseDate } from '../base/clock.ts'

/** Thrown when a body is longer than it may be. */
export class BodyTooLong extends Error {
  override readonly name: string = 'BodyTooLong'
}

/**
 * Reads an answer's body as UTF-8 text, and lets go of it once it is longer than `maxBytes`, or when
 * the signal aborts, whatever the body itself does about that.
 */
export async function readBoundedText(
  response: Response,
  maxBytes: number,
  signal: AbortSignal,
): Promise<string> {
  if (response.body === null) return ''
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const letGo = (): void => void reader.cancel().catch(() => {})
  signal.addEventListener('abort', letGo, { once: true })
  try {
    return await readAll(reader, maxBytes)
  } finally {
    signal.removeEventListener('abort', letGo)
  }
}

async function readAll(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  maxBytes: number,
): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    length += value.byteLength
    if (length > maxBytes) {
      reader.cancel().catch(() => {})
      throw new BodyTooLong(`The body is longer than ${maxBytes} bytes.`)
    }
    text += decoder.decode(value, { stream: true })
  }
}

/** `Retry-After` as a number of seconds (RFC 9110 section 10.2.3). */
const SECONDS = /^\d{1,9}$/

/**
 * Reads how long a server asks to be left alone, in milliseconds; `undefined` where it does not say.
 * A date is measured against the answer's own `Date`, so that a wrong local clock does no harm.
 */
export function retryAfterOf(headers: Headers, localNow: number): number | undefined {
  const value = headers.get('retry-after')?.trim()
  if (value === undefined || value === '') return undefined
  if (SECONDS.test(value)) return Number(value) * 1000
  const until = parseDate(value)
  if (Number.isNaN(until)) return undefined
  const serverNow = parseDate(headers.get('date') ?? '')
  return Math.max(0, until - (Number.isNaN(serverNow) ? localNow : serverNow))
}

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
export interface CallResponse {
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

/** Thrown for an answer that is a redirect: whoever may follow it does so himself. */
export class Redirected extends Error {
  override readonly name: string = 'Redirected'
  /** Where it goes, in words for a message: " to" and an origin, or nothing. */
  readonly where: string
  readonly target: URL | undefined

  constructor(url: URL, response: Response) {
    super('The answer is a redirect.')
    const location = response.headers.get('location') ?? ''
    this.target =
      location !== '' && URL.canParse(location, url.href) ? new URL(location, url) : undefined
    this.where = this.target === undefined ? '' : ` to ${this.target.origin}`
  }
}

/**
 * Calls a server once and reads its answer. Rejects with what `fetch` rejects with, with
 * {@link Redirected}, and with `BodyTooLong`. A `fetch` that ignores its signal is not waited for by
 * those who stop at the signal themselves.
 */
export async function callOnce(request: CallRequest, parts: CallParts): Promise<CallResponse> {
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
