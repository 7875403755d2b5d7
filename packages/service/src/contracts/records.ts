import { OptionError } from '@mayfly/core'
import { compileScopeCheck } from '@mayfly/core/adapter'
import { jsonResponse } from '../http/answer.ts'
import type { Client } from '../http/authenticate.ts'
import type { Call, Operation } from '../http/operation.ts'
import { optionalText, wholeNumber } from '../http/parameters.ts'
import { badParameter, notFound } from '../http/problem.ts'
import { type FoundToken, TOKEN_KINDS, type TokenPage, type TokenQuery } from '../ledger/ledger.ts'
import type { ServiceContext } from './context.ts'
import { SealError } from '../seal/errors.ts'
import type { Seal } from '../seal/sealer.ts'
import { sealedName } from './mint.ts'
import { seconds } from './seconds.ts'
import { stateOf } from './record-state.ts'
import { requirePhone, requireXid } from './telesign.ts'
import { isVisible, requireClient } from './visible.ts'

const LIMIT = { min: 1, max: 200, usual: 50 } as const
const MAX_AUDIENCE = 2048
const MAX_CURSOR = 512

/** What was issued: `GET /v1/tokens`, and `GET` and `DELETE` of one. */
export function recordOperations(context: ServiceContext): readonly Operation[] {
  const { ledger, clock } = context
  return [
    {
      method: 'GET',
      path: '/v1/tokens',
      access: ['tokens:read'],
      query: ['phone', 'xid', 'audience', 'kind', 'limit', 'after', 'include'],
      handle: async (call) => {
        const show = presenter(context, call)
        const { tokens, next } = await page(context, readSearch(call))
        const shown = await Promise.all(tokens.map(show))
        return jsonResponse({ tokens: shown, ...(next !== undefined && { next }) })
      },
    },
    {
      method: 'GET',
      path: '/v1/tokens/:xid',
      access: ['tokens:read'],
      query: ['kind', 'include'],
      handle: async (call) => {
        const show = presenter(context, call)
        const [newest] = await named(context, call)
        return jsonResponse(await show(newest))
      },
    },
    {
      method: 'DELETE',
      path: '/v1/tokens/:xid',
      access: ['tokens:revoke'],
      query: ['kind'],
      handle: async (call) => {
        for (const { kind, tokenId } of await named(context, call)) {
          await ledger.revoke(kind, tokenId, seconds(clock))
        }
        return { status: 204 }
      },
    },
  ]
}

/**
 * Gives what a name stands for, of what the caller may see: the token of this id, else all of this `xid`,
 * the newest first. Ids are the ledger's own, so that nobody can put an `xid` before one.
 */
async function named(
  context: ServiceContext,
  call: Call,
): Promise<readonly [FoundToken, ...FoundToken[]]> {
  const client = requireClient(call)
  const name = requireXid(call.path['xid'])
  const { kind } = readKind(call.query.get('kind'))
  const kinds = kind === undefined ? TOKEN_KINDS : [kind]
  const records = await Promise.all(kinds.map((one) => context.ledger.findByTokenId(one, name)))
  const found = records.filter((one) => one !== undefined).filter((one) => isVisible(one, client))
  let after: string | undefined
  if (found.length === 0 && kinds.includes('telesign')) {
    do {
      const query = { xid: name, limit: LIMIT.max, ...(after !== undefined && { after }) }
      const own = client.isAdmin ? {} : { clientId: client.id }
      const { tokens, next } = await context.ledger.list({ ...query, ...own })
      found.push(...tokens)
      after = next
    } while (after !== undefined)
  }
  const [first, ...rest] = found
  if (first !== undefined) return [first, ...rest]
  throw notFound('There is no token of this xid or id, or it is another client’s.')
}

function readSearch(call: Call): TokenQuery {
  const { query } = call
  const client = requireClient(call)
  const phone = query.get('phone')
  const xid = query.get('xid')
  const audience = optionalText(query, 'audience', MAX_AUDIENCE)
  const after = optionalText(query, 'after', MAX_CURSOR)
  return {
    limit: wholeNumber(query, 'limit', LIMIT),
    ...(phone !== undefined && { phone: requirePhone(phone) }),
    ...(xid !== undefined && { xid: requireXid(xid) }),
    ...(audience !== undefined && { audience }),
    ...(after !== undefined && { after }),
    ...readKind(query.get('kind')),
    ...(!client.isAdmin && { clientId: client.id }),
  }
}

function readKind(given: string | undefined): Pick<TokenQuery, 'kind'> {
  if (given === undefined) return {}
  const kind = TOKEN_KINDS.find((one) => one === given)
  if (kind !== undefined) return { kind }
  throw badParameter('kind', `"kind" must be one of ${TOKEN_KINDS.join(', ')}.`)
}

async function page({ ledger }: ServiceContext, query: TokenQuery): Promise<TokenPage> {
  try {
    return await ledger.list(query)
  } catch (error) {
    if (!(error instanceof OptionError)) throw error
    throw badParameter('after', '"after" must be the "next" of the page before.')
  }
}

const mayReadTokens = compileScopeCheck(['tokens:secret'], { realm: 'mayfly' })

/** Makes what shows a record as the caller may see it. */
function presenter(
  context: ServiceContext,
  call: Call,
): (record: FoundToken) => Promise<Readonly<Record<string, unknown>>> {
  const { ledger, clock, seal } = context
  const withToken = readInclude(call.query.get('include'), requireClient(call))
  const generations = new Map<string, Promise<number>>()
  const generationOf = (record: FoundToken): Promise<number> => {
    const { clientId } = record
    if (record.kind !== 'console' || clientId === undefined) return Promise.resolve(0)
    const known = generations.get(clientId) ?? ledger.generation('client', clientId)
    generations.set(clientId, known)
    return known
  }
  return async (record) => {
    const { tokenHash: _hash, sealedToken, generation: _generation, ...shown } = record
    const state = stateOf(record, { generation: await generationOf(record), clock })
    if (!withToken || seal === undefined || sealedToken === undefined) return { ...shown, state }
    const token = await opened(seal, sealedToken, record)
    return { ...shown, state, ...(token !== undefined && { token }) }
  }
}

/** Decrypts a token; `undefined` where the seal key that it was encrypted with is not given any more. */
async function opened(seal: Seal, sealed: string, record: FoundToken): Promise<string | undefined> {
  try {
    // While ids were unique among all kinds, they alone named what was sealed.
    return await seal.open(sealed, sealedName(record)).catch((error: unknown) => {
      if (error instanceof SealError && error.code !== 'ERR_SEAL_BROKEN') throw error
      return seal.open(sealed, record.tokenId)
    })
  } catch (error) {
    if (error instanceof SealError && error.code === 'ERR_SEAL_KEY_UNKNOWN') return undefined
    throw error
  }
}

function readInclude(given: string | undefined, { scopes }: Client): boolean {
  if (given === undefined) return false
  if (given !== 'token') throw badParameter('include', '"include" can be "token" alone.')
  const refusal = mayReadTokens({ scopes })
  if (refusal !== undefined) throw refusal
  return true
}
