/** A body that was given as a `Request` is kept up to this size, so that it can be sent again. */
const KEEP_BYTES = 1024 * 1024

/** Whether a body can be sent more than once. A stream or an iterable cannot. */
export function canResend(body: unknown): boolean {
  if (body === undefined || body === null || typeof body === 'string') return true
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return true
  return body instanceof URLSearchParams || body instanceof FormData || body instanceof Blob
}

/**
 * Reads a request's body stream as bytes where it ends within a megabyte. A longer one stays a
 * stream, with what was read put back in front. Ends with the signal.
 */
async function readUpTo(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | ReadableStream<Uint8Array>> {
  const reader = stream.getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  // A read that waits ends as if the body had.
  const stop = (): void => void reader.cancel(signal?.reason).catch(() => {})
  signal?.addEventListener('abort', stop, { once: true })
  try {
    while (length <= KEEP_BYTES) {
      const { done, value } = await reader.read()
      signal?.throwIfAborted()
      if (done) return concatenate(chunks, length)
      chunks.push(value)
      length += value.byteLength
    }
  } finally {
    signal?.removeEventListener('abort', stop)
  }
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const kept = chunks.shift()
      if (kept !== undefined) {
        controller.enqueue(kept)
        return
      }
      const { done, value } = await reader.read()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: (reason) => reader.cancel(reason),
  })
}

function concatenate(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.byteLength
  }
  return bytes
}

/** The parameters of `fetch`, as this runtime types them. */
export type FetchInput = Parameters<typeof fetch>[0]
/** The second parameter of `fetch`. */
export type FetchInit = NonNullable<Parameters<typeof fetch>[1]>

/** A request taken apart, so that each hop and each try can be sent anew. */
export interface OutgoingRequest {
  readonly url: URL
  readonly method: string
  readonly headers: Headers
  readonly body: FetchInit['body'] | undefined
  /** The body came in a `Request`, and so as a stream, whatever it was made of. */
  readonly isRequestBody: boolean
  readonly redirect: 'follow' | 'error' | 'manual'
  readonly signal: AbortSignal | undefined
  /** It goes out without a token: with the caller's own, or since it has been at a foreign origin. */
  readonly withoutToken: boolean
  /** Everything else that `fetch` was given, the runtime's own extensions included. */
  readonly rest: FetchInit
}

/** Takes `fetch`'s arguments apart. */
export function readRequest(
  input: FetchInput,
  init: FetchInit | undefined,
  tokenField = 'authorization',
): OutgoingRequest {
  const url = parseUrl(isRequest(input) ? input.url : String(input))
  const { method, headers, body, redirect, signal, ...rest } = fieldsOf(input, init)
  const copied = new Headers(headers)
  return {
    url,
    method: normalizeMethod(method ?? 'GET'),
    headers: copied,
    body: body ?? undefined,
    isRequestBody: isRequest(init) || (isRequest(input) && !isBody(init?.body)),
    redirect: redirect ?? 'follow',
    signal: signal ?? undefined,
    withoutToken: copied.has(tokenField),
    rest,
  }
}

/** Reads the body of a `Request`, which always is a stream, so that a short one can be sent again. */
export async function withKeptBody(request: OutgoingRequest): Promise<OutgoingRequest> {
  const { body, isRequestBody, signal } = request
  if (!isRequestBody || !(body instanceof ReadableStream)) return request
  return { ...request, body: await readUpTo(body as ReadableStream<Uint8Array>, signal) }
}

/** Puts a request together again for the underlying `fetch`, which never follows redirects itself. */
export function toInit(
  request: OutgoingRequest,
  fields: Readonly<Record<string, string>> = {},
): FetchInit {
  const headers = new Headers(request.headers)
  for (const [name, value] of Object.entries(fields)) headers.set(name, value)
  const { body, method, signal, rest } = request
  return {
    ...rest,
    method,
    headers,
    redirect: 'manual',
    ...(signal !== undefined && { signal }),
    ...(isBody(body) && { body }),
    ...(!canResend(body) && { duplex: 'half' as const }),
  }
}

function fieldsOf(input: FetchInput, init: FetchInit | undefined): FetchInit {
  // A request in the place of init has its fields where a copy of an object would not find them.
  if (isRequest(init)) return requestFields(new Request(input, init))
  if (!isRequest(input)) return { ...init }
  if (init === undefined) return requestFields(input)
  // What init overrides is settled by the platform; a body of init's own stays what it is.
  const { body } = init
  if (!isBody(body)) return { ...init, ...requestFields(new Request(input, init)) }
  const overridden = new Request(input, { ...init, body: NO_BYTES })
  return { ...init, ...requestFields(overridden), body }
}

function isBody<Body>(body: Body | null | undefined): body is Body {
  return body !== undefined && body !== null
}

const NO_BYTES = new Uint8Array()

function requestFields(request: Request): FetchInit {
  const { method, headers, redirect, signal, credentials, integrity, keepalive, body } = request
  const { mode, referrer, referrerPolicy, cache } = request
  const fields: FetchInit = { method, headers, redirect, signal, credentials, integrity, body }
  return Object.assign(fields, { keepalive, mode, referrer, referrerPolicy, cache })
}

function isRequest(value: unknown): value is Request {
  return typeof Request === 'function' && value instanceof Request
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) {
    throw new TypeError(
      'bearerFetch: give an absolute URL, such as "https://api.example.com/v1", or a Request of this runtime.',
    )
  }
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('bearerFetch: a URL must not carry a user name or a password.')
  }
  return url
}

/** The Fetch standard, "normalize a method". */
function normalizeMethod(method: string): string {
  return /^(?:delete|get|head|options|post|put)$/i.test(method) ? method.toUpperCase() : method
}
