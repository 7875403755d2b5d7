import { RequestError } from '../../base/errors.ts'
import { denial } from '../guard/denial.ts'
import type { RequestLike } from '../guard/request.ts'
import type { HttpAnswer } from '../../http/answer.ts'

/** Answers a request whole. It rejects with what is not the request's fault. */
export type Endpoint<Context = void> = (
  request: RequestLike,
  context: Context,
) => Promise<HttpAnswer>

/** The answer to a method that an endpoint does not have (RFC 9110 section 15.5.6). */
export function methodNotAllowed(...allowed: readonly string[]): HttpAnswer {
  const allow = allowed.join(', ')
  return denial(
    new RequestError('ERR_REQUEST_INVALID', `This takes ${allowed.join(' or ')}.`, {
      reason: 'request_invalid',
      status: 405,
      headers: { allow },
    }),
  )
}
