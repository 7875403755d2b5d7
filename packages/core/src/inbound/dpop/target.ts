import { invalid, requireString } from '../../base/options.ts'

/** Scheme, authority, and path of an http URL. Query and fragment do not count. */
const HTTP_URL = /^(https?):\/\/([^/?#]+)([^?#]*)/i

/** What RFC 3986 lets stand in a host and port. No user name: an `@` is not in it. */
const AUTHORITY = /^[\w.~!$&'()*+,;=:%[\]-]+$/

/** Printable ASCII. Whatever else a URL should hold is percent-encoded. */
const PRINTABLE = /^[\x21-\x7E]+$/

/** What needs no encoding in a path (RFC 3986 section 3.3), beside the percent sign. */
const NOT_IN_PATH = /[^\w.~!$&'()*+,;=:@/%-]/g

const BROKEN_TRIPLET = /%(?![0-9A-Fa-f]{2})/

const UNRESERVED = /^[\w.~-]$/

/**
 * Writes an http URL in the one form in which two of them are compared, without query and fragment:
 * scheme and host in lower case, no default port, percent-encoding where it is needed and nowhere else,
 * no dot segments (RFC 3986 sections 6.2.2 and 6.2.3, RFC 9449 section 4.3). `undefined` for anything
 * else.
 */
export function normalTarget(url: string): string | undefined {
  if (!PRINTABLE.test(url)) return undefined
  const [, scheme, authority, path = ''] = HTTP_URL.exec(url) ?? []
  if (scheme === undefined || authority === undefined || !AUTHORITY.test(authority)) {
    return undefined
  }
  const root = `${scheme}://${authority}/`
  if (!URL.canParse(root) || BROKEN_TRIPLET.test(path)) return undefined
  // The platform knows what hosts are: case, IPv6 and the port. The path it would be too kind to.
  return new URL(root).origin + normalPath(path)
}

function normalPath(path: string): string {
  const encoded = path
    .replaceAll(/%([0-9A-Fa-f]{2})/g, (triplet, hex: string) => {
      const character = String.fromCharCode(Number.parseInt(hex, 16))
      return UNRESERVED.test(character) ? character : triplet.toUpperCase()
    })
    // Clients differ in whether they encode those: the platform's own URL leaves "|" as it is.
    .replaceAll(NOT_IN_PATH, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
  return withoutDots(encoded === '' ? '/' : encoded)
}

/** RFC 3986 section 5.2.4, for a path that begins with a slash. */
function withoutDots(path: string): string {
  const kept: string[] = []
  const segments = path.slice(1).split('/')
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1
    if (segment === '..') kept.pop()
    else if (segment !== '.') kept.push(segment)
    if (isLast && (segment === '.' || segment === '..')) kept.push('')
  }
  return `/${kept.join('/')}`
}

/** Gives the URLs that a request may have been sent to, by its request target. */
export type TargetsOf = (requestTarget: string) => readonly string[]

/**
 * Compiles the option `baseUrl`. What the request says of its host is not looked at: neither `Host` nor
 * the host of a target in absolute form.
 */
export function compileTargets(baseUrl: string | readonly string[]): TargetsOf {
  const given: readonly unknown[] = Array.isArray(baseUrl) ? baseUrl : [baseUrl]
  if (given.length === 0) throw invalid('baseUrl', '"baseUrl" must name at least one URL.')
  const bases = given.map((one) => requireBase(one))
  return (requestTarget) => {
    const [, path] = /^(?:https?:\/\/[^/?#]+)?(\/[^?#]*)/i.exec(requestTarget) ?? []
    // "*", and the host and port of CONNECT, are no path, and no proof can name them.
    if (path === undefined) return []
    // A proxy that takes the base's whole path off leaves a slash, whether or not there was one.
    const urls = bases.flatMap((base) => (path === '/' ? [`${base}/`, base] : [base + path]))
    const targets = urls.map((url) => normalTarget(url)).filter((url) => url !== undefined)
    return [...new Set(targets)]
  }
}

function requireBase(value: unknown): string {
  const text = requireString(value, 'baseUrl')
  const isPlain = !/[?#]/.test(text) && normalTarget(text) !== undefined
  if (isPlain) return text.replace(/\/+$/, '')
  throw invalid(
    'baseUrl',
    '"baseUrl" must be the http or https URL that clients know this server by, such as "https://api.example.com", without query and fragment.',
  )
}
