/** What `injectBearer` changes of a request on its way upstream: that of a Node `IncomingMessage`. */
export interface EditableRequest {
  readonly headers: Record<string, string | string[] | undefined>
  readonly rawHeaders?: string[] | undefined
  readonly method?: string | undefined
  readonly headersDistinct?: Record<string, string[] | undefined> | undefined
  url?: string | undefined
  /** Frameworks keep the URL a second time. */
  originalUrl?: string | undefined
  /** Express 4 keeps the query taken apart. */
  readonly query?: unknown
}

/** Where HTTP/2 keeps the path and the query among the header fields. */
const PATH = ':path'

/** RFC 9110 section 7.6.1, and a name that no standard has and some proxies go by. */
const CONNECTION = ['connection', 'proxy-connection'] as const

/**
 * Takes header fields off a request, by lower-case name, wherever Node keeps them: some proxies copy
 * `headers`, others `rawHeaders`.
 */
export function withoutFields(request: EditableRequest, names: ReadonlySet<string>): void {
  const { headers, headersDistinct } = request
  for (const name of names) {
    delete headers[name]
    if (request.rawHeaders === undefined) withoutSpellings(headers, name)
    if (headersDistinct !== undefined) delete headersDistinct[name]
  }
  editRaw(request, (name, value) => (names.has(name) ? undefined : value))
}

/** Puts a header field on a request from which it was taken off before. */
export function withField(request: EditableRequest, name: string, value: string): void {
  request.headers[name] = value
  if (request.headersDistinct !== undefined) request.headersDistinct[name] = [value]
  request.rawHeaders?.push(name, value)
}

/**
 * Takes fields off the list of those that concern this connection alone. A caller who lists
 * `Authorization` there could have the next proxy drop a token that is none of the caller's.
 */
export function withoutConnectionOptions(
  request: EditableRequest,
  names: ReadonlySet<string>,
): void {
  for (const field of CONNECTION) {
    const connection = request.headers[field]
    if (typeof connection !== 'string') continue
    const options = connection.split(',')
    const kept = options.filter((option) => !names.has(option.trim().toLowerCase()))
    if (kept.length === options.length) continue
    withoutFields(request, new Set([field]))
    if (kept.length > 0) withField(request, field, kept.join(','))
  }
}

/** Takes query parameters off a request's URL; the rest of the URL stays as it was spelled. */
export function withoutQueryParameters(request: EditableRequest, names: readonly string[]): void {
  if (names.length === 0) return
  if (request.url !== undefined) request.url = strip(request.url, names)
  if (request.originalUrl !== undefined) request.originalUrl = strip(request.originalUrl, names)
  if (Object.hasOwn(request, 'query')) withoutMembers(request.query, names)
  const path = request.headers[PATH]
  if (typeof path !== 'string') return
  request.headers[PATH] = strip(path, names)
  editRaw(request, (name, value) => (name === PATH ? strip(value, names) : value))
}

/** Rewrites `rawHeaders` in place, since HTTP/2 requests do not let it be replaced. */
function editRaw(
  { rawHeaders = [] }: EditableRequest,
  edit: (name: string, value: string) => string | undefined,
): void {
  const edited: string[] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    const value = edit(name.toLowerCase(), rawHeaders[index + 1] ?? '')
    if (value !== undefined) edited.push(name, value)
  }
  rawHeaders.splice(0, rawHeaders.length, ...edited)
}

/** A request that was made by hand may spell its fields in any case. */
function withoutSpellings(headers: EditableRequest['headers'], name: string): void {
  for (const field of Object.keys(headers)) {
    if (field.toLowerCase() === name) delete headers[field]
  }
}

function withoutMembers(query: unknown, names: readonly string[]): void {
  if (typeof query !== 'object' || query === null) return
  for (const name of names) Reflect.deleteProperty(query, name)
}

function strip(url: string, names: readonly string[]): string {
  const start = url.indexOf('?')
  if (start === -1) return url
  const query = url.slice(start + 1)
  const kept = withoutParameters(query, names)
  if (kept === query) return url
  return kept === '' ? url.slice(0, start) : `${url.slice(0, start)}?${kept}`
}

/** Some servers take ";" for a separator as well, so that it hides nothing here. */
function withoutParameters(query: string, names: readonly string[]): string {
  let kept = ''
  for (const [, separator = '', parameter = ''] of query.matchAll(/(^|[&;])([^&;]*)/g)) {
    if (!names.includes(nameOf(parameter))) kept += (kept === '' ? '' : separator) + parameter
  }
  return kept
}

/** The name as a server would read it, percent-encoding undone. */
function nameOf(pair: string): string {
  const [first] = new URLSearchParams(pair)
  return first === undefined ? '' : first[0]
}
