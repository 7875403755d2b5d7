import { RequestError } from '../base/errors.ts'
import type { OriginDenied, OriginReason } from './check.ts'
import { parseOriginHeader } from './header.ts'

const MESSAGES: Readonly<Record<OriginReason, string>> = Object.freeze({
  origin_malformed: 'The Origin header holds no origin.',
  origin_mismatch: 'The token may not be used from this origin.',
  origin_null:
    'The token may not be used from an opaque origin, such as a sandboxed frame, a data: URL or a local file.',
  origin_trailing_dot:
    'The token may not be used from this origin: its host ends in a dot, which makes it another one.',
  origin_required: 'The request must have an Origin header.',
  origin_unprovable:
    'The request does not show that it came from an origin that may use the token.',
})

/**
 * Makes the error of a denied origin, to answer a request with. It names the origin that was received,
 * and never those that are allowed. A header that holds no origin is not repeated.
 */
export function originError({ status, reason }: OriginDenied, header?: string): RequestError {
  const received = parseOriginHeader(header)
  return new RequestError('ERR_ORIGIN', MESSAGES[reason], {
    reason,
    status,
    headers: { vary: 'Origin' },
    ...(received.kind === 'origin' && { origin: received.text }),
    ...(received.kind === 'null' && { origin: 'null' }),
  })
}
