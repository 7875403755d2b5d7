import { RequestError, verifyCompact } from '@mayfly/core'
import { jsonResponse } from '../http/answer.ts'
import { readText } from '../http/body.ts'
import type { Call, Operation } from '../http/operation.ts'
import { readForm } from '../http/parameters.ts'
import { ServiceProblem } from '../http/problem.ts'
import type { FoundToken } from '../ledger/ledger.ts'
import type { ServiceContext } from './context.ts'
import { seconds } from './seconds.ts'
import { findToken, readPayload } from './find-token.ts'
import { isActive } from './record-state.ts'
import type { TelesignContract } from './telesign.ts'
import { isVisible, requireClient } from './visible.ts'

const FORM = { type: 'form', required: true } as const

/** RFC 7662 and RFC 7009, for what the service issued. */
export function oauthOperations(
  context: ServiceContext,
  telesign: TelesignContract | undefined,
): readonly Operation[] {
  const { ledger, clock } = context
  return [
    {
      method: 'POST',
      path: '/oauth/introspect',
      access: ['tokens:introspect'],
      body: FORM,
      handle: async (call) => {
        const token = readToken(call)
        const record = await findToken(ledger, token)
        const client = requireClient(call)
        // Of what is not active nothing is told, not even why (section 2.2).
        if (record === undefined || !isVisible(record, client)) return INACTIVE
        return (await isGood(token, record, { ...context, telesign }))
          ? describe(token, record)
          : INACTIVE
      },
    },
    {
      method: 'POST',
      path: '/oauth/revoke',
      access: ['tokens:revoke'],
      body: FORM,
      handle: async (call) => {
        const record = await findToken(ledger, readToken(call))
        // What nobody knows is revoked already (section 2.2).
        if (record === undefined) return { status: 200 }
        if (!isVisible(record, requireClient(call))) throw foreign()
        await ledger.revoke(record.kind, record.tokenId, seconds(clock))
        return { status: 200 }
      },
    },
  ]
}

const INACTIVE = jsonResponse({ active: false })

function readToken(call: Call): string {
  try {
    const token = readForm(readText(call.body)).get('token')
    if (token !== undefined && token !== '') return token
  } catch (error) {
    throw error instanceof ServiceProblem ? oauthProblem(error.message, error.parameter) : error
  }
  throw oauthProblem('The parameter "token" is required.', 'token')
}

/** Whether the ledger and the keys both stand by a token. */
async function isGood(
  token: string,
  record: FoundToken,
  { ledger, keys, clock, telesign }: ServiceContext & { telesign: TelesignContract | undefined },
): Promise<boolean> {
  const { kind, clientId = '' } = record
  const generation = kind === 'console' ? await ledger.generation('client', clientId) : 0
  if (!isActive(record, { generation, clock })) return false
  if (kind === 'telesign' && telesign === undefined) return false
  try {
    // The record was found by what was signed, whoever signed it.
    if (kind === 'telesign') {
      const secret = Buffer.from(telesign?.apiKey ?? '', 'base64')
      const key = { algorithm: 'HS256', key: { secret } } as const
      await verifyCompact(token, [key], { algorithms: ['HS256'] })
    } else {
      await verifyCompact(token, keys, { algorithms: keys.algorithms })
    }
    return true
  } catch (error) {
    // A key that was taken out of use, as after a leak, takes its tokens along.
    if (error instanceof RequestError && error.status === 401) return false
    throw error
  }
}

const REPEATED = ['iss', 'sub', 'aud'] as const

/** The answer about a good token, whose signature holds. */
function describe(token: string, record: FoundToken) {
  const claims = readPayload(token)
  const repeated = REPEATED.filter((claim) => claims[claim] !== undefined)
  const { clientId, scope } = record
  return jsonResponse({
    active: true,
    token_type: 'Bearer',
    ...Object.fromEntries(repeated.map((claim) => [claim, claims[claim]])),
    exp: record.expiresAt,
    iat: record.issuedAt,
    jti: record.xid ?? record.tokenId,
    ...(clientId !== undefined && { client_id: clientId }),
    ...(scope !== undefined && { scope }),
  })
}

function oauthProblem(message: string, parameter: string | undefined): ServiceProblem {
  return new ServiceProblem('ERR_PARAMETER', message, {
    status: 400,
    oauth: 'invalid_request',
    ...(parameter !== undefined && { parameter }),
  })
}

/** RFC 7009 section 2.1: a client that is wrong about whose token it is has to hear of it. */
function foreign(): ServiceProblem {
  const message = 'This token was issued to another client, which alone can revoke it.'
  return new ServiceProblem('ERR_FOREIGN_TOKEN', message, {
    status: 400,
    oauth: 'unauthorized_client',
  })
}
