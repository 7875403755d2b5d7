import { query, scoped } from './parameters.ts'
import { problems, tokenText } from './responses.ts'
import type { PathItem, Paths } from './types.ts'

/** Voicegain's contract. */
export const voicegainPaths: Paths = {
  '/security/jwt': issue('voicegainToken'),
  '/v1/security/jwt': issue('voicegainTokenV1'),
  '/security/jwt/regenerate': regenerate('regenerate'),
  '/v1/security/jwt/regenerate': regenerate('regenerateV1'),
}

function issue(operationId: string): PathItem {
  return {
    get: {
      operationId,
      tags: ['Voicegain'],
      summary: 'Issues a short-lived token for one web origin.',
      security: scoped('tokens:issue'),
      parameters: [
        {
          ...query('aud', 'The site that may use it, such as app.example.com or *.example.com.', {
            type: 'string',
            minLength: 1,
            maxLength: 128,
          }),
          required: true,
        },
        query('expInSec', 'Seconds that it lives.', {
          type: 'integer',
          minimum: 1,
          maximum: 3600,
          default: 300,
        }),
      ],
      responses: { 200: tokenText('The token.'), ...problems(400, 401, 403, 429, 503) },
    },
  }
}

function regenerate(operationId: string): PathItem {
  return {
    post: {
      operationId,
      tags: ['Voicegain'],
      summary: 'Gives a new console token; the client’s older ones are dead at once.',
      description: 'Of several requests with one token one wins; the others get 409 or 401.',
      security: scoped('tokens:regenerate'),
      responses: {
        200: tokenText('The new console token. It is never shown again.'),
        ...problems(400, 401, 403, 409, 429, 503),
      },
    },
  }
}
