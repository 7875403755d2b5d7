import { jsonAnswer } from '../http/answer.ts'
import { readJson } from '../http/strict-json.ts'
import type { Operation } from '../http/operation.ts'
import { badParameter } from '../http/problem.ts'
import type { ServiceKeyring } from './keyring.ts'

/** Keys for who runs the service: `GET /keys` and `POST /keys/rotate`. */
export function keyOperations(keys: ServiceKeyring): readonly Operation[] {
  return [
    {
      method: 'GET',
      path: '/keys',
      access: ['keys:rotate'],
      handle: async () => jsonAnswer({ keys: await keys.list() }),
    },
    {
      method: 'POST',
      path: '/keys/rotate',
      access: ['keys:rotate'],
      body: { type: 'json', required: false },
      handle: async ({ body }) => {
        const now = body.length === 0 ? false : readNow(readJson(body, ['now']).get('now'))
        return jsonAnswer(await keys.rotate({ now }))
      },
    },
  ]
}

function readNow(now: unknown): boolean {
  if (now === undefined || typeof now === 'boolean') return now ?? false
  throw badParameter('now', '"now" must be true or false.')
}
