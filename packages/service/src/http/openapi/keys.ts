import { scoped } from './parameters.ts'
import { json, nothing, problems } from './responses.ts'
import type { Paths } from './types.ts'

/** The keys of the service. */
export const keyPaths: Paths = {
  '/keys': {
    get: {
      operationId: 'listKeys',
      tags: ['Keys'],
      summary: 'Lists the keys, the newest first.',
      security: scoped('keys:rotate'),
      responses: { 200: json('The keys.', 'KeyList'), ...problems(400, 401, 403, 429, 503) },
    },
  },
  '/keys/rotate': {
    post: {
      operationId: 'rotateKeys',
      tags: ['Keys'],
      summary: 'Makes a new key.',
      security: scoped('keys:rotate'),
      requestBody: {
        required: false,
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Rotation' } } },
      },
      responses: {
        200: json('The new key.', 'RotatedKey'),
        ...problems(400, 401, 403, 413, 415, 429, 503),
      },
    },
  },
  '/keys/{keyId}': {
    delete: {
      operationId: 'removeKey',
      tags: ['Keys'],
      summary:
        'Drops a key at once, and with it every token that it signed: for one that has leaked.',
      security: scoped('keys:rotate'),
      parameters: [
        {
          name: 'keyId',
          in: 'path',
          required: true,
          description: 'The `kid`.',
          schema: { type: 'string', minLength: 1 },
        },
      ],
      responses: {
        204: nothing('It is gone. Other nodes follow within half a minute.'),
        ...problems(400, 401, 403, 404, 409, 429, 503),
      },
    },
  },
}
