import { TokenVerifier } from '@mayfly/core'
import { invalid, requireNumber, requireString } from '@mayfly/core/adapter'
import { BOUNDS_CLAIM } from '../http/authenticate.ts'
import { SCOPES, type Scope } from '../http/scopes.ts'
import { type ClientBounds, readClientBounds } from './client-bounds.ts'
import type { ServiceContext } from './context.ts'
import { isConflict, type Minted, type MintOrder, sha256 } from './mint.ts'
import { isActive } from './record-state.ts'

/** The `typ` of console tokens, by which no other token passes for one. */
const CONSOLE_TYPE = 'console+jwt'
/** The client that the first console token is for. */
const FIRST_CLIENT = 'console'
const YEAR = 365 * 86_400
/** What a console token is good for where nobody says. */
const USUAL_SCOPES: readonly Scope[] = ['tokens:issue', 'tokens:read', 'tokens:revoke']

/** What a new console token is to be good for. */
export interface ConsoleTokenOptions {
  /** Default: `tokens:issue`, `tokens:read` and `tokens:revoke`. */
  readonly scope?: readonly Scope[]
  /** Seconds that it lives. Default: a year. */
  readonly expiresIn?: number
  /** What its client may have in the tokens that it asks for. Default: what the service says of the client. */
  readonly bounds?: ClientBounds
}

type Parts = Pick<ServiceContext, 'issuer' | 'ledger' | 'keys' | 'clock'>

/** Makes what judges console tokens: their kind, their generation, and whether they were revoked. */
export function consoleVerifier({ issuer, ledger, keys, clock }: Parts): TokenVerifier {
  return new TokenVerifier({
    issuer,
    audience: issuer,
    type: CONSOLE_TYPE,
    requiredClaims: ['sub', 'jti', 'gen'],
    keys,
    clock,
    generations: { current: (client) => ledger.generation('client', client) },
    revocations: {
      // A console token that was never recorded is one that somebody else has signed.
      isRevoked: async (tokenId) => {
        const record = await ledger.findByTokenId('console', tokenId)
        return record === undefined || record.revokedAt !== undefined
      },
    },
  })
}

/** Makes a console token for a client, beside those that it has. */
export async function createConsoleToken(
  { issuer, ledger, mint }: Pick<ServiceContext, 'issuer' | 'ledger' | 'mint'>,
  client: string,
  options: ConsoleTokenOptions = {},
): Promise<Minted> {
  const id = requireClientId(client)
  const scopes = requireScopes(options.scope ?? USUAL_SCOPES)
  const lifetime = requireNumber(options.expiresIn ?? YEAR, 'expiresIn', {
    min: 60,
    max: 10 * YEAR,
    integer: true,
  })
  const given = options.bounds
  const bounds = given === undefined ? {} : { bounds: readClientBounds(given, 'bounds') }
  const generation = await ledger.generation('client', id)
  return mint.issue(orderFor(issuer, { id, scopes, lifetime, generation, ...bounds }))
}

/**
 * Makes the first console token, with all scopes, unless the ledger has one that lives. Of several nodes
 * that start at once one makes it.
 */
export async function firstConsoleToken(context: ServiceContext): Promise<Minted | undefined> {
  const { issuer, ledger, mint, clock } = context
  const generation = await ledger.generation('client', FIRST_CLIENT)
  const before: string[] = []
  let after: string | undefined
  do {
    const page = await ledger.list({
      kind: 'console',
      clientId: FIRST_CLIENT,
      limit: 200,
      ...(after !== undefined && { after }),
    })
    if (page.tokens.some((token) => isActive(token, { generation, clock }))) return undefined
    before.push(...page.tokens.map(({ tokenId }) => tokenId))
    after = page.next
  } while (after !== undefined)
  const order = { id: FIRST_CLIENT, scopes: SCOPES, lifetime: YEAR, generation }
  try {
    return await mint.issue({ ...orderFor(issuer, order), tokenId: idAfter(before) })
  } catch (error) {
    if (isConflict(error)) return undefined
    throw error
  }
}

/**
 * Names the console token that follows those that there were: nodes that saw the same ones name it the
 * same, and the ledger takes it once. It is never one of them.
 */
function idAfter(tokenIds: readonly string[]): string {
  return sha256(JSON.stringify(tokenIds.toSorted())).slice(0, 22)
}

/** What a console token says. */
export interface ConsoleOrder {
  readonly id: string
  readonly scopes: readonly string[]
  readonly lifetime: number
  readonly generation: number
  readonly bounds?: ClientBounds
}

/** Writes what is to be minted for a console token. */
export function orderFor(
  issuer: string,
  { id, scopes, lifetime, generation, bounds }: ConsoleOrder,
): MintOrder {
  return {
    kind: 'console',
    type: CONSOLE_TYPE,
    clientId: id,
    subject: id,
    audience: [issuer],
    lifetime,
    generation,
    claims: { scope: scopes.join(' '), ...(bounds !== undefined && { [BOUNDS_CLAIM]: bounds }) },
  }
}

function requireClientId(client: string): string {
  const id = requireString(client, 'client', 64)
  if (/^[\w.~-]+$/.test(id)) return id
  throw invalid('client', '"client" must be letters, digits, dots, underscores, tildes or hyphens.')
}

function requireScopes(scopes: readonly Scope[]): readonly Scope[] {
  if (Array.isArray(scopes) && scopes.length > 0) {
    const unknown = scopes.find((scope) => !SCOPES.includes(scope))
    if (unknown === undefined) return [...new Set(scopes)]
  }
  throw invalid('scope', `"scope" must be a list of these: ${SCOPES.join(', ')}.`)
}
