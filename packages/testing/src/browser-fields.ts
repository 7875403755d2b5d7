import { parseOriginPattern } from '@mayfly/core'
import { invalid, refuseUnknownOptions } from '@mayfly/core/adapter'

/** A request that a page makes, for {@link browserFields}. */
export interface BrowserRequest {
  /**
   * The origin of the page, such as `https://app.example.com`. `null` has none that it could show: a
   * sandboxed frame, a `data:` URL, a file.
   */
  readonly page: string
  /** The URL that it asks for. */
  readonly url: string | URL
  /** Default `GET`; for `preflight`: the method that is going to be used. */
  readonly method?: string
  /**
   * What of the page asks. `fetch` is any script that reads the answer, event streams included; `image`
   * an element that does not; `link` and `form` leave the page. Default `fetch`.
   */
  readonly by?: 'fetch' | 'preflight' | 'image' | 'link' | 'form' | 'websocket'
  /** For `preflight`: the header fields that the page is going to set. Default `['authorization']`. */
  readonly fields?: readonly string[]
}

const KINDS = ['fetch', 'preflight', 'image', 'link', 'form', 'websocket'] as const

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD'])

/**
 * Gives the header fields by which a browser tells from where a request comes: `origin`, and
 * `sec-fetch-site`, `sec-fetch-mode` and `sec-fetch-dest` where it sends them (Fetch standard, Fetch
 * Metadata). So an API that binds tokens to origins can be tested as a page would use it, or a thief's
 * page, without a browser.
 *
 * They are those of Chromium for a page with the usual referrer policy, and no redirect in between. A
 * page's requests to an API over http, where the page is on https, are not foreseen: browsers block most
 * of them.
 *
 * @throws {OptionError} `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`.
 *
 * @example
 * ```ts
 * import { browserFields } from '@mayfly/testing'
 *
 * const url = 'https://api.example.com/orders'
 * console.log(browserFields({ page: 'https://evil.example', url, by: 'image' }))
 * // { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }
 * console.log(browserFields({ page: 'https://app.example.com', url, method: 'POST' }).origin)
 * // https://app.example.com
 * ```
 */
export function browserFields(request: BrowserRequest): Record<string, string> {
  refuseUnknownOptions(request, ['page', 'url', 'method', 'by', 'fields'], 'browserFields')
  const { method = 'GET', by = 'fetch', fields = ['authorization'] } = request
  if (!KINDS.includes(by)) throw invalid('by', `"by" must be one of ${KINDS.join(', ')}.`)
  const page = request.page === 'null' ? undefined : requireOrigin(request.page)
  const target = requireTarget(request.url)
  const site = siteOf(page, target)
  const origin = page?.origin ?? 'null'
  if (by === 'websocket') return { origin }
  const shows =
    by === 'preflight' || (by === 'fetch' && site !== 'same-origin') || !SAFE.has(method)
  return {
    ...(shows && by !== 'image' && by !== 'link' && { origin }),
    ...(by === 'preflight' && {
      'access-control-request-method': method,
      ...(fields.length > 0 && {
        'access-control-request-headers': fields
          .map((name) => name.toLowerCase())
          .sort()
          .join(','),
      }),
    }),
    ...(isTrustworthy(target) && { 'sec-fetch-site': site, ...MODES[by] }),
  }
}

const MODES: Readonly<Record<Exclude<BrowserRequest['by'], undefined | 'websocket'>, object>> = {
  fetch: { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
  preflight: { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
  image: { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
  link: { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
  form: { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
}

function siteOf(page: URL | undefined, target: URL): string {
  if (page === undefined) return 'cross-site'
  if (page.origin === target.origin) return 'same-origin'
  const isSame = page.protocol === target.protocol && areaOf(page) === areaOf(target)
  return isSame ? 'same-site' : 'cross-site'
}

/** The name that somebody registered, by the Public Suffix List: no wildcard may stand on a suffix. */
function areaOf({ hostname }: URL): string {
  const labels = hostname.split('.')
  for (let count = 2; count < labels.length; count++) {
    const name = labels.slice(-count).join('.')
    try {
      parseOriginPattern(`https://*.${name}`)
      return name
    } catch {
      // A suffix, or an address: the name is longer.
    }
  }
  return hostname
}

/** Fetch metadata goes to servers that nobody can listen in on (Secure Contexts section 3.1). */
function isTrustworthy({ protocol, hostname }: URL): boolean {
  if (protocol === 'https:' || /(?:^|\.)localhost$/.test(hostname)) return true
  return hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname)
}

function requireOrigin(page: unknown): URL {
  const url = typeof page === 'string' && URL.canParse(page) ? new URL(page) : undefined
  if (url !== undefined && url.origin === page) return url
  throw invalid('page', '"page" must be an origin, such as "https://app.example.com", or "null".')
}

function requireTarget(target: unknown): URL {
  const text = String(target)
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) throw invalid('url', '"url" must be an absolute URL.')
  // A WebSocket's URL is of the same site as the http URL that it begins as.
  url.protocol = url.protocol.replace(/^ws/, 'http')
  return url
}
