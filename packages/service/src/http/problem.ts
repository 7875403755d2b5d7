import { STATUS_CODES } from 'node:http'
import { OptionError, RequestError } from '@mayfly/core'

/** Every `code` of a refusal that is the service's own; those of bearer tokens are the core's. */
export type ProblemCode =
  | 'ERR_PATH'
  | 'ERR_METHOD'
  | 'ERR_NOT_FOUND'
  | 'ERR_PARAMETER'
  | 'ERR_BODY'
  | 'ERR_BODY_TOO_LONG'
  | 'ERR_MEDIA_TYPE'
  | 'ERR_PHONE'
  | 'ERR_XID'
  | 'ERR_XID_TAKEN'
  | 'ERR_ORIGIN_PATTERN'
  | 'ERR_FOREIGN_TOKEN'
  | 'ERR_NOT_ALLOWED'
  | 'ERR_KEY_SIGNS'
  | 'ERR_SUPERSEDED'
  | 'ERR_RATE_LIMITED'
  | 'ERR_LEDGER_UNAVAILABLE'
  | 'ERR_LIMITER_UNAVAILABLE'
  | 'ERR_STARTING'
  | 'ERR_INTERNAL'

/** What a {@link ServiceProblem} knows beside its message. */
export interface ProblemOptions extends ErrorOptions {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** The parameter or member that is at fault. */
  readonly parameter?: string
  /** What RFC 6749 section 5.2 calls it, for the endpoints that are OAuth's. */
  readonly oauth?: 'invalid_request' | 'unauthorized_client'
}

/** Reports a request that is answered with problem details. The message goes to the caller. */
export class ServiceProblem extends Error {
  override readonly name: string = 'ServiceProblem'
  readonly code: ProblemCode
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly parameter: string | undefined
  readonly oauth: ProblemOptions['oauth']

  constructor(code: ProblemCode, message: string, options: ProblemOptions) {
    super(message, options)
    this.code = code
    this.status = options.status
    this.headers = { ...options.headers }
    this.parameter = options.parameter
    this.oauth = options.oauth
  }
}

/** Makes the error for a parameter or member that is wrong. */
export function badParameter(parameter: string, message: string): ServiceProblem {
  return new ServiceProblem('ERR_PARAMETER', message, { status: 400, parameter })
}

/** Makes the error for what there is not, or not for this caller: nobody learns which. */
export function notFound(message: string): ServiceProblem {
  return new ServiceProblem('ERR_NOT_FOUND', message, { status: 404 })
}

/** Makes the error for a ledger that does not answer. */
export function ledgerUnavailable(cause: unknown): ServiceProblem {
  return new ServiceProblem(
    'ERR_LEDGER_UNAVAILABLE',
    'The ledger does not answer at the moment, and nothing was issued. Try again.',
    { status: 503, headers: { 'retry-after': '5' }, cause },
  )
}

/** Makes the error for a service that listens already and has not opened its ledger yet. */
export function stillStarting(): ServiceProblem {
  return new ServiceProblem('ERR_STARTING', 'The service is starting. Try again.', {
    status: 503,
    headers: { 'retry-after': '1' },
  })
}

/** A refusal as it goes out. */
export interface ProblemResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>> & { readonly code: string }
}

/** Turns whatever was thrown into an answer. What is nobody’s request’s fault says nothing of itself. */
export function problemResponse(thrown: unknown): ProblemResponse {
  if (thrown instanceof RequestError) {
    const { code, headers } = thrown
    return { status: thrown.status, headers, body: { ...thrown.toProblem(), code } }
  }
  if (thrown instanceof ServiceProblem) return written(thrown)
  const found = parserProblem(thrown)
  if (found !== undefined) return written(found)
  return written(
    new ServiceProblem('ERR_INTERNAL', 'The service failed. Its log tells how.', { status: 500 }),
  )
}

/** Turns an option that came with the request into a refusal, under the name that the caller knows. */
export function asParameterProblem(
  error: unknown,
  parameter: string,
  code: ProblemCode = 'ERR_PARAMETER',
): unknown {
  if (!(error instanceof OptionError)) return error
  const message = error.message.replace(`"${error.option}"`, `"${parameter}"`)
  return new ServiceProblem(code, message, { status: 400, parameter, cause: error })
}

function written({ code, status, headers, parameter, oauth, message }: ServiceProblem) {
  const title = status === 413 ? 'Content Too Large' : (STATUS_CODES[status] ?? 'Error')
  const body = {
    type: 'about:blank',
    title,
    status,
    detail: message,
    code,
    ...(parameter !== undefined && { parameter }),
    ...(oauth !== undefined && { error: oauth, error_description: message }),
  }
  return { status, headers, body }
}

/** What Express and its parsers throw. Their messages may repeat what came in. */
function parserProblem(thrown: unknown): ServiceProblem | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined
  const { type, status } = thrown as { type?: unknown; status?: unknown }
  if (type === 'entity.too.large') {
    return new ServiceProblem('ERR_BODY_TOO_LONG', 'The body is longer than this takes.', {
      status: 413,
    })
  }
  if (type === 'encoding.unsupported') {
    const message = 'Send the body as it is, without a Content-Encoding.'
    return new ServiceProblem('ERR_MEDIA_TYPE', message, { status: 415 })
  }
  if (thrown instanceof URIError) {
    return new ServiceProblem('ERR_PATH', 'The path has a broken "%" in it.', { status: 400 })
  }
  if (typeof status !== 'number' || status < 400 || status > 499) return undefined
  return new ServiceProblem('ERR_BODY', 'The body did not arrive whole.', { status: 400 })
}
