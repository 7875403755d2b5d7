import { OptionError } from '@mayfly/core'
import { jsonResponse } from '../http/answer.ts'
import { readJson } from '../http/strict-json.ts'
import type { Operation } from '../http/operation.ts'
import { badParameter, notFound, ServiceProblem } from '../http/problem.ts'
import type { ServiceKeyring } from './keyring.ts'

/** Keys for who runs the service: `GET /keys`, `POST /keys/rotate` and `DELETE /keys/:keyId`. */
export function keyOperations(keys: ServiceKeyring): readonly Operation[] {
  return [
    {
      method: 'GET',
      path: '/keys',
      access: ['keys:rotate'],
      handle: async () => jsonResponse({ keys: await keys.list() }),
    },
    {
      method: 'POST',
      path: '/keys/rotate',
      access: ['keys:rotate'],
      body: { type: 'json', required: false },
      handle: async ({ body }) => {
        const now = body.length === 0 ? false : readNow(readJson(body, ['now']).get('now'))
        const { keyId, algorithm, activeFrom } = await keys.rotate({ now })
        return jsonResponse({ keyId, algorithm, activeFrom })
      },
    },
    {
      method: 'DELETE',
      path: '/keys/:keyId',
      access: ['keys:rotate'],
      handle: async ({ path }) => {
        await remove(keys, path['keyId'] ?? '')
        return { status: 204 }
      },
    },
  ]
}

async function remove(keys: ServiceKeyring, keyId: string): Promise<void> {
  try {
    if (await keys.remove(keyId)) return
  } catch (error) {
    if (!(error instanceof OptionError)) throw error
    const message = 'This is the key that signs: rotate with "now" first, then remove it.'
    throw new ServiceProblem('ERR_KEY_SIGNS', message, { status: 409, cause: error })
  }
  throw notFound('There is no key of this id.')
}

function readNow(now: unknown): boolean {
  if (now === undefined || typeof now === 'boolean') return now ?? false
  throw badParameter('now', '"now" must be true or false.')
}
