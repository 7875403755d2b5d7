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
