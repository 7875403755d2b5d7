import { type Host, parseHost, parseOpaqueHost, parsePort, splitAuthority } from './host.ts'

/**
 * What an `Origin` header says. The four outcomes are never merged: a request without the header is
 * not one from an opaque origin (`null`), and neither is one whose header nobody can read.
 */
export type OriginHeader =
  | { readonly kind: 'absent' }
  | { readonly kind: 'null' }
  | { readonly kind: 'malformed' }
  | OriginValue

/** A well-formed origin, in parts and in the spelling that browsers send it in. */
export interface OriginValue {
  readonly kind: 'origin'
  /** In lower case, without the colon. */
  readonly scheme: string
  /** In lower case, IPv6 in brackets, with its trailing dot if it has one. */
  readonly host: string
  /** The port, given or implied by http and https; `undefined` for other schemes without one. */
  readonly port: number | undefined
  /** `https://example.com.` is a place of its own in a browser, and no pattern names it. */
  readonly trailingDot: boolean
  /** The whole, without the scheme's default port. */
  readonly text: string
}

const ABSENT: OriginHeader = Object.freeze({ kind: 'absent' })
const NULL: OriginHeader = Object.freeze({ kind: 'null' })
const MALFORMED: OriginHeader = Object.freeze({ kind: 'malformed' })
const LOCAL_FILE: OriginHeader = Object.freeze({
  kind: 'origin',
  scheme: 'file',
  host: '',
  port: undefined,
  trailingDot: false,
  text: 'file://',
})

/** A scheme, "://", a host with its dot, and a port, with room to spare. */
const MAX_HEADER = 320

/**
 * Reads an `Origin` header (RFC 6454 section 7) by a strict grammar: a scheme, `://`, a host and
 * perhaps a port, or `null`, or nothing. Everything else is malformed: an empty value, a list, a
 * path, user information, anything outside ASCII, an IP address in an uncommon spelling, a port with
 * a leading zero. Never throws, and looks at 320 characters at the most.
 *
 * Letter case does not matter, and a default port that is written out does not either: both are
 * the same origin, and `text` is its usual spelling.
 *
 * @param header the field's value, `undefined` when the request has none. Several fields, joined with
 * commas, are malformed.
 *
 * @example
 * ```ts
 * import { parseOriginHeader } from '@mayfly/core'
 *
 * parseOriginHeader(undefined).kind // 'absent'
 * parseOriginHeader('null').kind // 'null'
 * parseOriginHeader('https://app.example.com').kind // 'origin'
 * parseOriginHeader('https://app.example.com/').kind // 'malformed'
 * ```
 */
export function parseOriginHeader(header: string | undefined): OriginHeader {
  if (header === undefined) return ABSENT
  if (header === 'null') return NULL
  if (typeof header !== 'string' || header.length > MAX_HEADER) return MALFORMED
  const schemeEnd = header.indexOf('://')
  if (schemeEnd === -1) return MALFORMED
  const scheme = parseScheme(header.slice(0, schemeEnd))
  if (scheme === undefined) return MALFORMED
  return parseAuthority(scheme, header.slice(schemeEnd + 3)) ?? MALFORMED
}

/** How many different headers one reader remembers. */
const MAX_READ = 256

/** Makes what reads as {@link parseOriginHeader} does, and remembers: browsers send the same few again. */
export function originReader(): (header: string) => OriginHeader {
  const known = new Map<string, OriginHeader>()
  return (header) => {
    const before = known.get(header)
    if (before !== undefined) return before
    const read = parseOriginHeader(header)
    if (read === MALFORMED) return read
    if (known.size >= MAX_READ) known.clear()
    known.set(header, read)
    return read
  }
}

/** Reads a scheme (RFC 3986 section 3.1) and gives it in lower case. */
export function parseScheme(text: string): string | undefined {
  // Tested before the letters change: "\u212a".toLowerCase() is an ASCII "k".
  return /^[a-z][a-z\d+.-]{0,31}$/i.test(text) ? text.toLowerCase() : undefined
}

/** Names the port that a scheme implies. */
export function defaultPort(scheme: string): number | undefined {
  if (scheme === 'https') return 443
  return scheme === 'http' ? 80 : undefined
}

function parseAuthority(scheme: string, text: string): OriginHeader | undefined {
  if (scheme === 'file' && text === '') return LOCAL_FILE
  const authority = splitAuthority(text)
  if (authority === undefined) return undefined
  const implied = defaultPort(scheme)
  const port = authority.port === undefined ? implied : parsePort(authority.port)
  if (port === undefined && authority.port !== undefined) return undefined
  const trailingDot = authority.host.endsWith('.')
  const bare = trailingDot ? authority.host.slice(0, -1) : authority.host
  const host: Host | string = implied === undefined ? parseOpaqueHost(bare) : parseHost(bare)
  // No browser writes the dot after an address: "https://127.0.0.1." becomes "https://127.0.0.1".
  if (typeof host === 'string' || (trailingDot && host.kind !== 'name')) return undefined
  const name = trailingDot ? `${host.name}.` : host.name
  const written = port === implied ? '' : `:${port}`
  return {
    kind: 'origin',
    scheme,
    host: name,
    port,
    trailingDot,
    text: `${scheme}://${name}${written}`,
  }
}
