import { boundKey } from '../../inbound/claims/key-binding.ts'
import {
  invalid,
  optionalFunction,
  refuseUnknownOptions,
  requireOneOf,
} from '../../base/options.ts'
import { RequestError } from '../../base/errors.ts'
import { notify, type Observe } from '../../base/observe.ts'
import type { VerifiedToken } from '../../inbound/verifier/verified-token.ts'
import type { TokenScheme } from './bearer.ts'
import {
  CHALLENGE_OPTIONS,
  type ChallengeOptions,
  type Challenger,
  compileChallenge,
  challenged,
} from './challenge.ts'
import type { DenyEvent } from './options.ts'
import { tokenMissing } from './request.ts'

/** How {@link checkScope} judges. */
export interface ScopeOptions extends ChallengeOptions {
  /** Whether all the scopes are needed, or any one of them. Default `all`. */
  readonly match?: 'all' | 'any'
  /** Gets an event for each request that is refused here; a guard's observer does not hear of them. */
  readonly observe?: Observe<DenyEvent>
}

/**
 * Judges what a token may be used for: `undefined` when it may, else the refusal. With the guard's
 * `challenger` the refusal has that guard's realm, unless the check was given one of its own.
 */
export type ScopeCheck = (
  auth: Pick<VerifiedToken<unknown>, 'scopes'> | undefined,
  challenger?: Challenger,
) => RequestError | undefined

// scope-token of RFC 6749 section 3.3.
const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/

/**
 * Compiles a check that a verified token has certain scopes. The refusal is ready to be answered with:
 * 403 and an `insufficient_scope` challenge, or 401 where there was no token at all.
 *
 * @throws {OptionError} `ERR_OPTION_INVALID` for an empty list, or for a scope that cannot be one.
 *
 * @example
 * ```ts
 * import { type VerifiedToken } from '@mayfly/core'
 * import { compileScopeCheck } from '@mayfly/core/adapter'
 *
 * const mayWrite = compileScopeCheck(['orders:write'])
 *
 * export function write(auth: VerifiedToken | undefined): void {
 *   const refusal = mayWrite(auth)
 *   if (refusal !== undefined) throw refusal
 * }
 * ```
 */
export function compileScopeCheck(
  scopes: readonly string[],
  options: ScopeOptions = {},
): ScopeCheck {
  const { match = 'all', observe: _, ...challenge } = options
  refuseUnknownOptions(options, ['match', 'observe', ...CHALLENGE_OPTIONS], 'checkScope')
  const observe = optionalFunction(options.observe, 'observe')
  requireOneOf(match, 'match', ['all', 'any'])
  const own = compileChallenge(challenge)
  const hasOwn = challenge.realm !== undefined || challenge.resourceMetadata !== undefined
  const needed = requireScopes(scopes)
  const scope = needed.join(' ')

  return (auth, inherited = own) => {
    const challenger = hasOwn ? own : inherited
    if (auth === undefined) {
      notify(observe, { type: 'deny', reason: 'token_missing' })
      return challenged(tokenMissing(), challenger)
    }
    const has = (one: string): boolean => auth.scopes.includes(one)
    if (match === 'all' ? needed.every(has) : needed.some(has)) return undefined
    notify(observe, { type: 'deny', reason: 'insufficient_scope' })
    const description = 'The token does not have the scope that this takes.'
    return new RequestError('ERR_SCOPE', description, {
      reason: 'insufficient_scope',
      status: 403,
      headers: {
        'cache-control': 'no-store',
        'www-authenticate': challenger({
          error: 'insufficient_scope',
          description,
          scope,
          ...schemeOf(auth),
        }),
      },
    })
  }
}

/** A token that is bound to a key was accepted with a proof. */
function schemeOf({ claims }: Partial<VerifiedToken<unknown>>): { scheme?: TokenScheme } {
  if (claims === undefined) return {}
  return { scheme: boundKey(claims) === undefined ? 'Bearer' : 'DPoP' }
}

/** Checks once what {@link compileScopeCheck} checks. */
export function checkScope(
  auth: Pick<VerifiedToken<unknown>, 'scopes'> | undefined,
  scopes: readonly string[],
  options: ScopeOptions = {},
): RequestError | undefined {
  return compileScopeCheck(scopes, options)(auth)
}

function requireScopes(scopes: readonly string[]): readonly string[] {
  if (!Array.isArray(scopes) || scopes.length === 0) {
    throw invalid('scopes', 'Name at least one scope; a check of none would let everyone pass.')
  }
  for (const scope of scopes as readonly unknown[]) {
    if (typeof scope === 'string' && SCOPE_TOKEN.test(scope)) continue
    throw invalid('scopes', 'A scope is printable ASCII without spaces, quotes or backslashes.')
  }
  return [...scopes] as readonly string[]
}
