import { tokenResponse } from '../http/answer.ts'
import type { Call, Operation } from '../http/operation.ts'
import { optionalText, wholeNumber } from '../http/parameters.ts'
import { badParameter } from '../http/problem.ts'
import { createRegenerated } from './regenerate.ts'
import type { ServiceContext } from './context.ts'
import { requireOrigin } from './origins.ts'
import { requireClient } from './visible.ts'

const MAX_AUDIENCE = 128
/** How its parameters are called. */
const NAMES = { origins: 'aud', expiresIn: 'expInSec' } as const
const EXPIRES_IN = { min: 1, max: 3600, usual: 300 } as const

/** Voicegain's contract: `GET /security/jwt` and `POST /security/jwt/regenerate`, with and without `/v1`. */
export function voicegainOperations(context: ServiceContext): readonly Operation[] {
  const issue = async (call: Call) => {
    const client = requireClient(call)
    const asked = optionalText(call.query, 'aud', MAX_AUDIENCE)
    if (asked === undefined) {
      throw badParameter('aud', '"aud" is required: the site that may use the token.')
    }
    const origin = requireOrigin(asked, 'aud')
    const usual = context.clients.maxLifetime(client, EXPIRES_IN.usual)
    const lifetime = wholeNumber(call.query, 'expInSec', { ...EXPIRES_IN, usual })
    const subject = client.id
    const token = { audiences: [], origins: [origin], subject, scope: undefined, lifetime }
    context.clients.require(client, token, NAMES)
    const minted = await context.mint.issue({
      kind: 'voicegain',
      type: 'JWT',
      clientId: client.id,
      subject,
      audience: [origin],
      lifetime,
    })
    return tokenResponse(minted.value)
  }
  const regenerate = async (call: Call) =>
    tokenResponse(await createRegenerated(context, requireClient(call)))
  return ['', '/v1'].flatMap((prefix): Operation[] => [
    {
      method: 'GET',
      path: `${prefix}/security/jwt`,
      access: ['tokens:issue'],
      query: ['aud', 'expInSec'],
      handle: issue,
    },
    {
      method: 'POST',
      path: `${prefix}/security/jwt/regenerate`,
      access: ['tokens:regenerate'],
      handle: regenerate,
    },
  ])
}
