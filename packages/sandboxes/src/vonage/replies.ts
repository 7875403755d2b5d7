import { randomUUID } from 'node:crypto'
import type { SandboxReply } from '../vendor.ts'

const ERRORS = 'https://developer.vonage.com/api-errors'

/** The one answer to every token that Vonage does not like (RFC 7807). */
export function unauthorized(): SandboxReply {
  return problem(401, 'unauthorized', {
    title: 'Unauthorized',
    detail: 'You did not provide correct credentials.',
  })
}

/** The answer to a token whose ACL does not name the path. */
export function forbidden(): SandboxReply {
  return problem(403, 'forbidden', {
    title: 'Forbidden',
    detail: 'Your account does not have permission to perform this action.',
  })
}

/** The answer to a path or an id that is not there. */
export function notFound(): SandboxReply {
  return problem(404, 'not-found', {
    title: 'Not found',
    detail: 'The requested resource does not exist, or you do not have access to it.',
  })
}

/** The answer to a body that cannot be used. */
export function invalidParameters(name: string, reason: string): SandboxReply {
  return problem(422, 'invalid-params', {
    title: 'Your request parameters did not validate.',
    detail: 'Check the parameters that are named.',
    invalid_parameters: [{ name, reason }],
  })
}

/** The answer with a status that a test asked for. */
export function failure(status: number): SandboxReply {
  if (status === 401) return unauthorized()
  if (status === 403) return forbidden()
  if (status === 404) return notFound()
  if (status === 429) {
    return problem(429, 'throttled', {
      title: 'Rate Limit Hit',
      detail: 'Please wait, then retry.',
    })
  }
  return problem(status, status >= 500 ? 'internal-error' : 'invalid-params', {
    title: status >= 500 ? 'Internal error' : 'The request is not valid.',
    detail: `The sandbox was asked to answer with ${status}.`,
  })
}

function problem(
  status: number,
  kind: string,
  members: Readonly<Record<string, unknown>>,
): SandboxReply {
  const instance = randomUUID().replaceAll('-', '')
  return { status, body: { type: `${ERRORS}#${kind}`, ...members, instance } }
}
