import { include, query, scoped, xid } from './parameters.ts'
import { json, nothing, problems } from './responses.ts'
import { PHONE_PATTERN, XID_PATTERN } from './schemas.ts'
import type { Paths } from './types.ts'

/** Tokens of one’s own, and the records of all. */
export const tokenPaths: Paths = {
  '/tokens': {
    post: {
      operationId: 'issueToken',
      tags: ['Tokens'],
      summary: 'Issues a token.',
      security: scoped('tokens:issue'),
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: { $ref: '#/components/schemas/TokenRequest' } },
        },
      },
      responses: {
        201: json('The token.', 'IssuedToken'),
        ...problems(400, 401, 403, 413, 415, 429, 503),
      },
    },
  },
  '/v1/tokens': {
    get: {
      operationId: 'listTokens',
      tags: ['Tokens'],
      summary: 'Finds the records of tokens, the newest first.',
      description: 'A client finds its own; one with the scope admin finds all.',
      security: scoped('tokens:read'),
      parameters: [
        query('phone', 'For this number.', { type: 'string', pattern: PHONE_PATTERN }),
        query('xid', 'Of this transaction.', { type: 'string', pattern: XID_PATTERN }),
        query('audience', 'For this audience or origin.', {
          type: 'string',
          minLength: 1,
          maxLength: 2048,
        }),
        query('kind', 'Issued by this contract.', {
          enum: ['telesign', 'voicegain', 'token', 'console'],
        }),
        query('limit', 'Records on a page.', {
          type: 'integer',
          minimum: 1,
          maximum: 200,
          default: 50,
        }),
        query('after', 'The `next` of the page before.', { type: 'string', maxLength: 512 }),
        include,
      ],
      responses: {
        200: json('A page of records.', 'TokenPage'),
        ...problems(400, 401, 403, 429, 503),
      },
    },
  },
  '/v1/tokens/{xid}': {
    get: {
      operationId: 'findToken',
      tags: ['Tokens'],
      summary: 'Finds the record of one token, by its xid or its id.',
      security: scoped('tokens:read'),
      parameters: [xid, include],
      responses: {
        200: json('The record.', 'TokenRecord'),
        ...problems(400, 401, 403, 404, 429, 503),
      },
    },
    delete: {
      operationId: 'revokeTokenById',
      tags: ['Tokens'],
      summary: 'Revokes one token, by its xid or its id.',
      security: scoped('tokens:revoke'),
      parameters: [xid],
      responses: {
        204: nothing('It is revoked, now or already.'),
        ...problems(400, 401, 403, 404, 429, 503),
      },
    },
  },
}
