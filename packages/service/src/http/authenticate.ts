import { Guard, nodeRequest, RequestError, type TokenVerifier } from '@mayfly/core'
import { compileScopeCheck, type ScopeCheck } from '@mayfly/core/adapter'
import type { IncomingMessage } from 'node:http'
import { type BoundClient, readClientBounds } from '../contracts/client-bounds.ts'
import type { Scope } from './scopes.ts'

/** Who asks: what a console token says. */
export interface Client extends BoundClient {
  readonly scopes: readonly string[]
  /** Whether it sees the tokens of all clients, and may have anything in its own. */
  readonly isAdmin: boolean
  readonly tokenId: string
  readonly generation: number
}

/** The claim of a console token that holds the bounds of its client. */
export const BOUNDS_CLAIM = 'bounds'

/** Judges the console token of a request, and what it is good for. */
export type Authenticate = (req: IncomingMessage, needed: readonly Scope[]) => Promise<Client>

/** Compiles what {@link Authenticate} does. */
export function consoleAuthentication(verifier: TokenVerifier): Authenticate {
  const guard = new Guard(verifier, { realm: 'mayfly' })
  const checks = new Map<string, ScopeCheck>()
  const checkFor = (needed: readonly Scope[]): ScopeCheck => {
    const name = needed.join(' ')
    const check = checks.get(name) ?? compileScopeCheck(needed)
    checks.set(name, check)
    return check
  }
  return async (req, needed) => {
    const outcome = await guard.authenticate(nodeRequest(req))
    if (!outcome.ok) throw outcome.error
    const { auth } = outcome
    const refusal = needed.length === 0 ? undefined : checkFor(needed)(auth, guard.challenger)
    if (refusal !== undefined) throw refusal
    const { sub, jti, gen, [BOUNDS_CLAIM]: given } = auth?.claims ?? {}
    if (sub === undefined || jti === undefined || typeof gen !== 'number') throw notOurs()
    const scopes = auth?.scopes ?? []
    const isAdmin = scopes.includes('admin')
    const bounds = given === undefined ? {} : { bounds: readClientBounds(given, BOUNDS_CLAIM) }
    return { id: sub, scopes, isAdmin, tokenId: jti, generation: gen, ...bounds }
  }
}

function notOurs(): RequestError {
  return new RequestError('ERR_CLAIM_MISSING', "The token doesn't say whose it is.", {
    reason: 'claim_missing',
  })
}
