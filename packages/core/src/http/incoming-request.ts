/** What `injectBearer` changes of a request on its way upstream: that of a Node `IncomingMessage`. */
export interface EditableRequest {
  readonly headers: Record<string, string | string[] | undefined>
  rawHeaders: string[]
  readonly headersDistinct?: Record<string, string[] | undefined>
  url?: string | undefined
  /** Express keeps the URL a second time. */
  originalUrl?: string | undefined
}

/**
 * Takes header fields off a request, by lower-case name, wherever Node keeps them: some proxies copy
 * `headers`, others `rawHeaders`.
 */
export function withoutFields(request: EditableRequest, names: ReadonlySet<string>): void {
  const { headers, headersDistinct } = request
  for (const name of names) {
    delete headers[name]
    if (headersDistinct !== undefined) delete headersDistinct[name]
  }
  const raw: string[] = []
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? ''
    if (!names.has(name.toLowerCase())) raw.push(name, request.rawHeaders[index + 1] ?? '')
  }
  request.rawHeaders = raw
}

/** Puts a header field on a request from which it was taken off before. */
export function withField(request: EditableRequest, name: string, value: string): void {
  request.headers[name] = value
  if (request.headersDistinct !== undefined) request.headersDistinct[name] = [value]
  request.rawHeaders = [...request.rawHeaders, name, value]
}

/** Takes query parameters off a request's URL; the rest of the URL stays as it was spelled. */
export function withoutQueryParameters(request: EditableRequest, names: readonly string[]): void {
  if (names.length === 0) return
  if (request.url !== undefined) request.url = strip(request.url, names)
  if (request.originalUrl !== undefined) request.originalUrl = strip(request.originalUrl, names)
}

function strip(url: string, names: readonly string[]): string {
  const start = url.indexOf('?')
  if (start === -1) return url
  const pairs = url.slice(start + 1).split('&')
  const kept = pairs.filter((pair) => !names.includes(nameOf(pair)))
  if (kept.length === pairs.length) return url
  return kept.length === 0 ? url.slice(0, start) : `${url.slice(0, start)}?${kept.join('&')}`
}

/** The name as a server would read it, percent-encoding undone. */
function nameOf(pair: string): string {
  const [first] = new URLSearchParams(pair)
  return first === undefined ? '' : first[0]
}
