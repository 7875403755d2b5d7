import { type JwtPayload, malformed, missing, refusal } from '../claims/payload.ts'
import { invalid } from '../../base/options.ts'
import { RequestError } from '../../base/errors.ts'
import { askStore, isBoolean, isNumber } from '../state/ask.ts'
import type { Generations } from '../state/generations.ts'
import type { OneTimeGuard, Revocations } from '../state/expiring-ids.ts'

/** What a verifier asks of stores that are shared with others, for every use of a token. */
export interface StateOptions {
  /** Accepts each token once, by its `jti`. */
  readonly once?: OneTimeGuard
  /** Refuses tokens of a subject's older generations, by their `sub` and `gen`. */
  readonly generations?: Pick<Generations, 'current'>
  /** Refuses tokens that were revoked, by their `jti`. */
  readonly revocations?: Pick<Revocations, 'isRevoked'>
}

/** The names of {@link StateOptions}. */
export const STATE_OPTIONS = ['once', 'generations', 'revocations'] as const

/** Judges one use of a token whose claims were accepted. Rejects with a `RequestError`. */
export type StateCheck = (claims: JwtPayload) => Promise<void>

/** A longer `jti` would let one token take up much of a store. */
const MAX_TOKEN_ID = 512

/** Compiles the options `revocations` and `generations`, which no use of a token changes. */
export function compileStanding({
  revocations,
  generations,
}: StateOptions): StateCheck | undefined {
  requireStore(revocations, 'revocations', 'isRevoked')
  requireStore(generations, 'generations', 'current')
  if (revocations === undefined && generations === undefined) return undefined
  return async (claims) => {
    if (revocations !== undefined) await checkRevoked(revocations, claims)
    if (generations !== undefined) await checkGeneration(generations, claims)
  }
}

/**
 * Compiles the option `once`. It has to be asked last: a token that is refused for anything else must
 * not be used up.
 */
export function compileOnce(
  { once }: Pick<StateOptions, 'once'>,
  { checksOrigin }: { readonly checksOrigin: boolean },
): StateCheck | undefined {
  requireStore(once, 'once', 'consume')
  if (once === undefined) return undefined
  const headers = checksOrigin ? { vary: 'Origin' } : {}
  return async (claims) => {
    const tokenId = tokenIdOf(claims)
    const { exp } = claims
    if (exp === undefined) throw missing('exp')
    const first = await askStore(() => once.consume(tokenId, exp), isBoolean)
    if (first) return
    throw new RequestError('ERR_TOKEN_REPLAYED', 'The token has been used before.', {
      reason: 'token_replayed',
      claim: 'jti',
      headers,
    })
  }
}

async function checkRevoked(
  revocations: Pick<Revocations, 'isRevoked'>,
  claims: JwtPayload,
): Promise<void> {
  const tokenId = tokenIdOf(claims)
  if (!(await askStore(() => revocations.isRevoked(tokenId), isBoolean))) return
  throw refusal('ERR_TOKEN_REVOKED', {
    reason: 'token_revoked',
    claim: 'jti',
    message: 'The token has been revoked.',
  })
}

async function checkGeneration(
  generations: Pick<Generations, 'current'>,
  { sub, gen }: JwtPayload,
): Promise<void> {
  if (sub === undefined) throw missing('sub')
  if (gen === undefined) throw missing('gen')
  if (typeof gen !== 'number' || !Number.isSafeInteger(gen))
    throw malformed('gen', 'a whole number')
  if (gen >= (await askStore(() => generations.current(sub), isNumber))) return
  throw refusal('ERR_TOKEN_SUPERSEDED', {
    reason: 'token_superseded',
    claim: 'gen',
    message: 'A newer token has replaced this one.',
  })
}

function tokenIdOf({ jti }: JwtPayload): string {
  if (jti === undefined) throw missing('jti')
  if (jti === '' || jti.length > MAX_TOKEN_ID) {
    throw malformed('jti', `a string of 1 to ${MAX_TOKEN_ID} characters`)
  }
  return jti
}

function requireStore(store: object | undefined, option: string, method: string): void {
  if (store === undefined) return
  const found: unknown = store === null ? undefined : Reflect.get(Object(store), method)
  if (typeof found === 'function') return
  throw invalid(option, `"${option}" must be an object with a "${method}" method.`)
}
