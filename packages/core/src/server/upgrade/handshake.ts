import { RequestError } from '../../base/errors.ts'
import { offeredProtocols } from '../guard/token-places.ts'
import { invalidRequest, type RequestLike } from '../guard/request.ts'

// 16 bytes in base64 (RFC 6455 section 4.1).
const KEY = /^[A-Za-z0-9+/]{22}==$/

/**
 * Judges whether a request is the opening handshake of a WebSocket (RFC 6455 section 4.2.1). Throws a
 * `RequestError` where it is not. It comes before the token, so that a request that can come to
 * nothing does not use up a token that is good for one use.
 *
 * Only version 13 will do: the drafts before it put the page's origin into another field.
 */
export function requireHandshake(request: RequestLike): void {
  if (request.method !== 'GET') {
    throw handshakeError('A WebSocket is opened with GET.', 405, { allow: 'GET' })
  }
  if (!lists(request, 'upgrade', 'websocket')) {
    throw handshakeError('This connection can be upgraded to "websocket" only.', 426, {
      upgrade: 'websocket',
    })
  }
  const [version, ...otherVersions] = request.header('sec-websocket-version')
  if (version !== '13' || otherVersions.length > 0) {
    throw handshakeError('This takes WebSockets of version 13.', 426, {
      upgrade: 'websocket',
      'sec-websocket-version': '13',
    })
  }
  const [key, ...otherKeys] = request.header('sec-websocket-key')
  if (key === undefined || otherKeys.length > 0 || !KEY.test(key)) {
    throw invalidRequest('The request has no Sec-WebSocket-Key, or not one of 16 bytes in base64.')
  }
  const { protocols, tokens } = offeredProtocols(request)
  if (new Set(protocols).size < protocols.length) {
    throw invalidRequest('A protocol is offered twice (RFC 6455 section 4.1).')
  }
  if (tokens.length > 0 && protocols.length === 0) {
    throw invalidRequest(
      "Offer your application's protocol beside the token: a browser closes a WebSocket whose server answers with none of the protocols offered, and the token is never answered with.",
    )
  }
}

function lists(request: RequestLike, field: string, option: string): boolean {
  const options = request.header(field).flatMap((value) => value.split(','))
  return options.some((one) => one.trim().toLowerCase() === option)
}

function handshakeError(
  message: string,
  status: number,
  headers: Readonly<Record<string, string>>,
): RequestError {
  return new RequestError('ERR_REQUEST_INVALID', message, {
    reason: 'request_invalid',
    status,
    headers,
  })
}
