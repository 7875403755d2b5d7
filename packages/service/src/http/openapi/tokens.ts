import { TOKEN_KINDS } from '../../ledger/ledger.ts'
import { include, query, scoped, xid } from './parameters.ts'
import { json, nothing, problems } from './responses.ts'
import { PHONE_PATTERN, XID_PATTERN } from './schemas.ts'
import type { Paths } from './types.ts'

const kind = query('kind', 'Issued by this contract.', { enum: TOKEN_KINDS })

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
        kind,
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
      summary: 'Finds the record of one token, by its id or its xid.',
      description:
        'An id comes before an xid of the same name; of several records with one xid it is the newest.',
      security: scoped('tokens:read'),
      parameters: [xid, kind, include],
      responses: {
        200: json('The record.', 'TokenRecord'),
        ...problems(400, 401, 403, 404, 429, 503),
      },
    },
    delete: {
      operationId: 'revokeTokenById',
      tags: ['Tokens'],
      summary: 'Revokes one token by its id, or all of one xid.',
      security: scoped('tokens:revoke'),
      parameters: [xid, kind],
      responses: {
        204: nothing('They are revoked, now or already.'),
        ...problems(400, 401, 403, 404, 429, 503),
      },
    },
  },
}
