import { randomUUID } from 'node:crypto'
import type { SandboxReply } from '../vendor.ts'

interface AppleError {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail: string
}

/** The one answer to every token that Apple does not like, whatever it is that it does not like. */
export function notAuthorized(): SandboxReply {
  const error = {
    status: '401',
    code: 'NOT_AUTHORIZED',
    title: 'Authentication credentials are missing or invalid.',
    detail:
      'Provide a properly configured and signed bearer token, and make sure that it has not expired. Learn more about Generating Tokens for API Requests https://developer.apple.com/go/?id=api-generating-tokens',
  }
  return { status: 401, body: { errors: [error] } }
}

/** The answer to a key whose requests for this hour are used up. */
export function rateLimited(): SandboxReply {
  return failed({
    status: 429,
    code: 'RATE_LIMIT_EXCEEDED',
    title: 'The request rate limit has been reached.',
    detail: "We've received too many requests for this API. Please wait and try again.",
  })
}

/** The answer to an id that is not there. */
export function noSuchResource(type: string, id: string): SandboxReply {
  return failed({
    status: 404,
    code: 'NOT_FOUND',
    title: 'The specified resource does not exist',
    detail: `There is no resource of type '${type}' with id '${id}'`,
  })
}

/** The answer to a path that means nothing. */
export function noSuchPath(path: string): SandboxReply {
  return failed({
    status: 404,
    code: 'PATH_ERROR',
    title: 'The URL path is not valid',
    detail: `'${path}' is not a valid URL`,
  })
}

/** The answer to a method that a resource does not have. */
export function notAllowed(type: string, method: string): SandboxReply {
  return failed({
    status: 403,
    code: 'FORBIDDEN_ERROR',
    title: 'The given operation is not allowed',
    detail: `The resource '${type}' does not allow '${method}'`,
  })
}

/** The answer to a body that cannot be used. */
export function badEntity(detail: string): SandboxReply {
  return failed({
    status: 409,
    code: 'ENTITY_ERROR',
    title: 'The provided entity is not valid',
    detail,
  })
}

/** The answer with a status that a test asked for. */
export function failure(status: number): SandboxReply {
  if (status === 401) return notAuthorized()
  if (status === 429) return rateLimited()
  if (status === 403) return notAllowed('apps', 'GET')
  return failed({
    status,
    code: status >= 500 ? 'UNEXPECTED_ERROR' : 'PARAMETER_ERROR',
    title: status >= 500 ? 'An unexpected error occurred.' : 'The request is not valid.',
    detail: `The sandbox was asked to answer with ${status}.`,
  })
}

function failed(error: AppleError): SandboxReply {
  const status = String(error.status)
  return { status: error.status, body: { errors: [{ id: randomUUID(), ...error, status }] } }
}
