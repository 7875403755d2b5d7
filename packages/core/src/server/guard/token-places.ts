import {
  describe,
  invalid,
  optionalBoolean,
  optionalString,
  refuseUnknownOptions,
} from '../../base/options.ts'
import { readToken, requireTokenText, type TokenScheme } from './bearer.ts'
import { invalidRequest, type RequestLike } from './request.ts'

/** What a client offers in `Sec-WebSocket-Protocol`. */
export interface OfferedProtocols {
  /** The application's own, in the client's order. */
  readonly protocols: readonly string[]
  /** What came as `bearer.` and a token. */
  readonly tokens: readonly string[]
}

/** The field that the list is in, by its lower-case name. */
export const PROTOCOL_FIELD = 'sec-websocket-protocol'

const PREFIX = 'bearer.'

// token of RFC 9110 section 5.6.2, which is what RFC 6455 section 11.3.4 wants each element to be.
const PROTOCOL = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/**
 * Reads the list, which may come in several fields (RFC 6455 section 11.3.4). Throws a `RequestError`
 * for anything but a list of names.
 */
export function offeredProtocols(request: RequestLike): OfferedProtocols {
  const fields = request.header(PROTOCOL_FIELD)
  if (fields.length === 0) return { protocols: [], tokens: [] }
  const offered = fields.flatMap((field) => field.split(',')).map((name) => name.trim())
  if (!offered.every((name) => PROTOCOL.test(name))) {
    throw invalidRequest('The Sec-WebSocket-Protocol header is not a list of protocol names.')
  }
  return {
    protocols: offered.filter((name) => !isToken(name)),
    tokens: offered.filter(isToken).map((name) => name.slice(PREFIX.length)),
  }
}

/** In any case: what looks like a token is never to be taken for a protocol, and answered with. */
function isToken(name: string): boolean {
  return name.slice(0, PREFIX.length).toLowerCase() === PREFIX
}

/** Where a token may be in a request. */
export interface TokenPlaces {
  /**
   * The `Authorization` header, or the name of another in its stead, such as `x-goog-iap-jwt-assertion`: its
   * value is the token, alone or after `Bearer`. Whatever stands in front has to take that header off what
   * comes from outside, if the token is one that it adds. Default `true`.
   */
  readonly header?: boolean | string
  /** The name of a cookie. Browsers send it along from anywhere: bind such tokens to an origin. */
  readonly cookie?: string
  /** The name of a query parameter. Such tokens end up in logs and histories; keep them short-lived. */
  readonly query?: string
  /** The name of a member of the parsed body; not looked at for GET and HEAD. */
  readonly body?: string
  /**
   * The list of WebSocket protocols, as `bearer.` and the token: a page cannot set header fields on a
   * WebSocket. For upgrades, where it is the default; `upgradeAuth` takes it out of the list.
   */
  readonly protocol?: boolean
}

/** The names of {@link TokenPlaces}. */
export const TOKEN_PLACES = ['header', 'cookie', 'query', 'body', 'protocol'] as const

/** A token, and the place that it came from. */
export interface FoundToken {
  readonly token: string
  readonly from: (typeof TOKEN_PLACES)[number]
  /** The scheme that it stood after in the header; elsewhere a token can only be a bearer. */
  readonly scheme: TokenScheme
}

/** Finds the one token of a request. Two of them are an error, even two alike. */
export type TokenFinder = (request: RequestLike) => FoundToken | undefined

/** Compiles a `tokenFrom` option, for the schemes that are taken in the header. */
export function compileTokenPlaces(
  places: TokenPlaces | undefined,
  schemes: readonly TokenScheme[] = ['Bearer'],
): TokenFinder {
  const fromHeader: TokenFinder = (request) => {
    const found = readToken(request, schemes)
    return found && { ...found, from: 'header' }
  }
  if (places === undefined) return fromHeader
  if (typeof places !== 'object' || places === null) {
    throw invalid('tokenFrom', `"tokenFrom" must be an object, not ${describe(places)}.`)
  }
  refuseUnknownOptions(places, TOKEN_PLACES, 'tokenFrom')
  const header = headerPlace(places.header)
  const cookie = optionalString(places.cookie, 'tokenFrom.cookie', 128)
  const query = optionalString(places.query, 'tokenFrom.query', 128)
  const body = optionalString(places.body, 'tokenFrom.body', 128)

  const finders: TokenFinder[] = []
  if (header === true) finders.push(fromHeader)
  else if (header !== false) {
    finders.push((request) => {
      const values = request.header(header)
      return only(
        values.map((value) => value.replace(/^bearer /i, '')),
        'header',
      )
    })
  }
  if (cookie !== undefined) finders.push((request) => only(cookieValues(request, cookie), 'cookie'))
  if (query !== undefined) finders.push((request) => only(queryValues(request, query), 'query'))
  if (body !== undefined) finders.push((request) => only(bodyValues(request, body), 'body'))
  if (optionalBoolean(places.protocol, 'tokenFrom.protocol') ?? false) finders.push(fromProtocols)
  const [first] = finders
  if (first === undefined) throw invalid('tokenFrom', '"tokenFrom" leaves no place for a token.')
  return finders.length === 1 ? first : (request) => findOne(request, finders)
}

/** Whether `Authorization` is where a token is looked for: `true`, and else the lower-case name, or `false`. */
export function headerPlace(header: unknown = true): boolean | string {
  if (typeof header !== 'string') return optionalBoolean(header, 'tokenFrom.header') ?? true
  const name = header.toLowerCase()
  if (name === 'authorization') return true
  if (PROTOCOL.test(name) && !NEVER_A_TOKEN.has(name)) return name
  throw invalid(
    'tokenFrom.header',
    '"tokenFrom.header" must be true, false or the name of a header field that holds a token alone.',
  )
}

// These are read for what they say, and have places of their own or none.
const NEVER_A_TOKEN: ReadonlySet<string> = new Set([
  'cookie',
  'dpop',
  'host',
  'origin',
  PROTOCOL_FIELD,
])

function findOne(request: RequestLike, finders: readonly TokenFinder[]): FoundToken | undefined {
  let found: FoundToken | undefined
  for (const find of finders) {
    const another = find(request)
    if (another === undefined) continue
    if (found !== undefined) throw twoTokens()
    found = another
  }
  return found
}

function fromProtocols(request: RequestLike): FoundToken | undefined {
  return only(offeredProtocols(request).tokens, 'protocol')
}

function only(values: readonly unknown[], from: FoundToken['from']): FoundToken | undefined {
  if (values.length === 0) return undefined
  if (values.length > 1) throw twoTokens()
  return { token: requireTokenText(values[0], from), from, scheme: 'Bearer' }
}

// The header is read here and not by a cookie parser, which would keep one of two cookies of a name.
function cookieValues(request: RequestLike, name: string): string[] {
  const values: string[] = []
  for (const header of request.header('cookie')) {
    for (const pair of header.split(';')) {
      const equals = pair.indexOf('=')
      if (equals === -1 || pair.slice(0, equals).trim() !== name) continue
      const value = pair.slice(equals + 1).trim()
      values.push(/^".*"$/.test(value) ? value.slice(1, -1) : value)
    }
  }
  return values
}

function queryValues(request: RequestLike, name: string): string[] {
  const [target = ''] = request.url.split('#', 1)
  const start = target.indexOf('?')
  return start === -1 ? [] : new URLSearchParams(target.slice(start + 1)).getAll(name)
}

function bodyValues({ method, body }: RequestLike, name: string): readonly unknown[] {
  if (method === 'GET' || method === 'HEAD') return []
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, name)) return []
  const value: unknown = Reflect.get(body, name)
  return Array.isArray(value) ? value : [value]
}

function twoTokens(): Error {
  return invalidRequest('The request has more than one token; send it in one place, once.')
}
