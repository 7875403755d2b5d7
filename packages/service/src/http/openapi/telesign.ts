import { open, phone, scoped, xid } from './parameters.ts'
import { problems, tokenText } from './responses.ts'
import type { ParameterObject, PathItem, Paths } from './types.ts'

/** Telesign's contract. */
export function telesignPaths(access: 'public' | 'client'): Paths {
  const operation = (operationId: string, parameters: readonly ParameterObject[]): PathItem => ({
    get: {
      operationId,
      tags: ['Telesign'],
      summary: 'Issues a token for Telesign’s App Verify.',
      description:
        'HS256, claims iss, iat, exp, phn and xid. HEAD is refused: it would issue one too.',
      security: access === 'client' ? scoped('tokens:issue') : open,
      parameters,
      responses: {
        200: tokenText('The token.'),
        ...problems(400, ...(access === 'client' ? ([401, 403] as const) : [])),
        ...(parameters.includes(xid) && problems(409)),
        ...problems(429, 503),
      },
    },
  })
  return {
    '/v1/token/{phone}': operation('telesignToken', [phone]),
    '/v1/token/{phone}/{xid}': operation('telesignTokenFor', [phone, xid]),
  }
}
