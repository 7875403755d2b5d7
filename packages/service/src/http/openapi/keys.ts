import { scoped } from './parameters.ts'
import { json, problems } from './responses.ts'
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
}
