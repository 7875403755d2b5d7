import { telesign } from '@mayfly/core/vendors'
import { tokenResponse } from '../http/answer.ts'
import { PHONE_PATTERN, XID_PATTERN } from '../http/openapi/schemas.ts'
import type { Call, Operation } from '../http/operation.ts'
import { ServiceProblem } from '../http/problem.ts'
import type { ServiceContext } from './context.ts'
import { isConflict, sha256 } from './mint.ts'

/** Whose tokens of Telesign are issued. */
export interface TelesignContract {
  /** The customer id, as TelePortal shows it. */
  readonly customerId: string
  /** The API key, as TelePortal shows it: base64 text. */
  readonly apiKey: string
  /**
   * Who may ask for a token. `public`, as Telesign's tutorial has it: everybody, within the rate limits.
   * `client`: who has a console token with the scope `tokens:issue`. Default `public`.
   */
  readonly access?: 'public' | 'client'
}

/** Telesign's contract: `GET /v1/token/:phone` and `GET /v1/token/:phone/:xid`. */
export function telesignOperations(
  { customerId, apiKey, access = 'public' }: TelesignContract,
  { mint, clock }: ServiceContext,
): readonly Operation[] {
  const handle: Operation['handle'] = async (call) => {
    const phone = requirePhone(call.path['phone'])
    const xid = requireXid(call.path['xid'] ?? crypto.randomUUID())
    await call.count('phone', phone)
    const source = telesign({ customerId, apiKey, phoneNumber: phone, externalId: xid, clock })
    const { value, issuedAt, expiresAt } = await source.getToken()
    const owner = ownerOf(call)
    try {
      await mint.record(value, {
        tokenId: telesignId({ ...owner, phone, xid }),
        kind: 'telesign',
        ...owner,
        audience: [],
        xid,
        phone,
        issuedAt,
        expiresAt,
      })
    } catch (error) {
      throw isConflict(error) ? taken(error) : error
    }
    return tokenResponse(value)
  }
  const common = { method: 'GET', handle, ...(access === 'client' && CLIENTS) } as const
  return [
    { ...common, path: '/v1/token/:phone' },
    { ...common, path: '/v1/token/:phone/:xid' },
  ]
}

const CLIENTS = { access: ['tokens:issue'] } as const

/**
 * Names a token of Telesign, which has no `jti`: a transaction gets one token, and another number or
 * another client may call its own transaction the same.
 */
function telesignId(of: { clientId?: string; phone: string; xid: string }): string {
  return sha256(JSON.stringify([of.clientId ?? null, of.phone, of.xid])).slice(0, 32)
}

function ownerOf({ client }: Call): { readonly clientId?: string } {
  return client === undefined ? {} : { clientId: client.id }
}

const PHONE = new RegExp(PHONE_PATTERN)
const XID = new RegExp(XID_PATTERN)

/** Checks a phone number of a path or a query. */
export function requirePhone(phone: string | undefined): string {
  if (phone !== undefined && PHONE.test(phone)) return phone
  const message =
    'The number must be 7 to 15 digits that begin with the country code, such as 15555551212: no "+", no zeros before it, no spaces.'
  throw new ServiceProblem('ERR_PHONE', message, { status: 400, parameter: 'phone' })
}

/** Checks a transaction's id. */
export function requireXid(xid: string | undefined): string {
  if (xid !== undefined && XID.test(xid)) return xid
  const message =
    'The xid must be 1 to 36 letters, digits, dots, underscores, tildes or hyphens, such as a UUID.'
  throw new ServiceProblem('ERR_XID', message, { status: 400, parameter: 'xid' })
}

function taken(cause: unknown): ServiceProblem {
  const message =
    'A token with this xid was issued for this number before. Take another, or leave it out.'
  return new ServiceProblem('ERR_XID_TAKEN', message, { status: 409, parameter: 'xid', cause })
}
