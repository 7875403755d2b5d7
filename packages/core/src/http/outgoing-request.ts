import { canResend, readUpTo } from './request-body.ts'

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
  readonly redirect: 'follow' | 'error' | 'manual'
  readonly signal: AbortSignal | undefined
  /** The caller brought an `Authorization` of its own. */
  readonly ownAuthorization: boolean
  /** Everything else that `fetch` was given, the runtime's own extensions included. */
  readonly rest: FetchInit
}

/** Takes `fetch`'s arguments apart. */
export async function readRequest(
  input: FetchInput,
  init: FetchInit | undefined,
): Promise<OutgoingRequest> {
  const url = parseUrl(isRequest(input) ? input.url : String(input))
  const { method, headers, body, redirect, signal, ...rest } = await fieldsOf(input, init)
  const copied = new Headers(headers)
  return {
    url,
    method: normalizeMethod(method ?? 'GET'),
    headers: copied,
    body: body ?? undefined,
    redirect: redirect ?? 'follow',
    signal: signal ?? undefined,
    ownAuthorization: copied.has('authorization'),
    rest,
  }
}

/** Puts a request together again for the underlying `fetch`, which never follows redirects itself. */
export function toInit(request: OutgoingRequest, authorization: string | undefined): FetchInit {
  const headers = new Headers(request.headers)
  if (authorization !== undefined) headers.set('authorization', authorization)
  const { body, method, signal, rest } = request
  return {
    ...rest,
    method,
    headers,
    redirect: 'manual',
    ...(signal !== undefined && { signal }),
    ...(body !== undefined && body !== null && { body }),
    ...(!canResend(body) && { duplex: 'half' as const }),
  }
}

async function fieldsOf(input: FetchInput, init: FetchInit | undefined): Promise<FetchInit> {
  if (isRequest(input)) return requestFields(input, init)
  // A request in the place of init has its fields where a copy of an object would not find them.
  return isRequest(init) ? requestFields(init, undefined) : { ...init }
}

async function requestFields(input: Request, init: FetchInit | undefined): Promise<FetchInit> {
  // What init overrides is settled by the platform; a body of init's own stays what it is.
  const request = init === undefined ? input : new Request(input, { ...init, body: null })
  const { method, headers, redirect, signal, credentials, integrity, keepalive } = request
  const { mode, referrer, referrerPolicy, cache } = request
  const fields: FetchInit = { ...init, method, headers, redirect, signal, credentials, integrity }
  Object.assign(fields, { keepalive, mode, referrer, referrerPolicy, cache })
  const body = init?.body ?? undefined
  if (body !== undefined) fields.body = body
  else if (input.body !== null && init?.body === undefined) {
    fields.body = await readUpTo(input.body as ReadableStream<Uint8Array>)
  }
  return fields
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
