import {
  type Clock,
  KeyError,
  type Reason,
  RequestError,
  TokenVerifier,
  type VerifiedToken,
  type VerifierOptions,
  originBinding,
} from '@mayfly/core'
import { compileScopeCheck } from '@mayfly/core/adapter'
import type { CliContext } from '../context.ts'
import { parseDuration } from '../input/duration.ts'
import { parseTime } from '../input/time.ts'
import type { VerifyFlags } from './flags.ts'
import type { FoundKeys } from './keys.ts'

/** What came of a verification. */
export interface Judgement {
  /** `unknown`: it could not be judged, which says nothing about the token. */
  readonly verdict: 'good' | 'refused' | 'unknown'
  /** From the bounded list of reasons; absent for a good token. */
  readonly reason?: Reason
  readonly message?: string
  /** The claim that is at fault. */
  readonly claim?: string
  /** What was checked and held. Of a refused token nothing is said but the reason. */
  readonly checked: readonly string[]
  /** What was not asked for. */
  readonly notChecked: readonly NotChecked[]
  readonly token?: VerifiedToken
}

/** A check that nobody asked for. */
export interface NotChecked {
  readonly check: string
  /** What to give to have it checked. */
  readonly flag: string
}

/** Verifies a token. What is wrong with keys or options is thrown. */
export async function judgeToken(
  token: string,
  found: FoundKeys,
  { flags, context }: { readonly flags: VerifyFlags; readonly context: CliContext },
): Promise<Judgement> {
  const verifier = new TokenVerifier(optionsOf(flags, found, context))
  const scopeCheck = flags.scope === undefined ? undefined : compileScopeCheck(flags.scope)
  const notChecked = notAskedFor(flags)
  try {
    await verifier.warmUp()
    const { origin } = flags
    const verified = await verifier.verify(token, origin === undefined ? {} : { origin })
    const refusal = scopeCheck?.(verified)
    if (refusal !== undefined) throw refusal
    return { verdict: 'good', checked: askedFor(flags), notChecked, token: verified }
  } catch (error) {
    return { ...refusalOf(error), checked: [], notChecked }
  }
}

function refusalOf(error: unknown): Pick<Judgement, 'verdict' | 'reason' | 'message' | 'claim'> {
  if (error instanceof KeyError) {
    return { verdict: 'unknown', reason: 'keys_unavailable', message: error.message }
  }
  if (!(error instanceof RequestError)) throw error
  const { reason, claim, message, cause } = error
  if (reason === 'keys_unavailable') {
    return {
      verdict: 'unknown',
      reason,
      message: cause instanceof Error ? cause.message : message,
    }
  }
  return { verdict: 'refused', reason, message, ...(claim !== undefined && { claim }) }
}

function optionsOf(flags: VerifyFlags, found: FoundKeys, context: CliContext): VerifierOptions {
  const { aud, iss, issuer, origin, originClaim = 'aud', type } = flags
  const issuers = iss ?? (issuer === undefined ? null : [issuer])
  return {
    ...found,
    issuer: issuers,
    audience: aud ?? null,
    clock: clockOf(flags.at, context.io.clock),
    ...(type !== undefined && { type }),
    ...(flags.maxAge !== undefined && { maxTokenAge: parseDuration(flags.maxAge, '--max-age') }),
    ...(flags.clockTolerance !== undefined && {
      clockTolerance: parseDuration(flags.clockTolerance, '--clock-tolerance'),
    }),
    ...(flags.allowNoExp === true && { requireExpiry: false }),
    ...(origin !== undefined && { origin: originBinding({ claim: originClaim }) }),
  }
}

/** The time by which it is judged. */
export function clockOf(at: string | undefined, clock: Clock): Clock {
  if (at === undefined) return clock
  const ms = parseTime(at, '--at') * 1000
  return { now: () => ms }
}

function askedFor(flags: VerifyFlags): readonly string[] {
  const { iss, issuer, aud, origin, type, scope, maxAge } = flags
  const asked: readonly (readonly [string, unknown])[] = [
    ['signature', true],
    ['time', true],
    ['issuer', iss ?? issuer],
    ['audience', aud],
    ['origin', origin],
    ['type', type],
    ['scope', scope],
    ['age', maxAge],
  ]
  return asked.filter(([, value]) => value !== undefined).map(([name]) => name)
}

function notAskedFor(flags: VerifyFlags): readonly NotChecked[] {
  const asked = new Set(askedFor(flags))
  return [
    { check: 'audience', flag: '--aud' },
    { check: 'issuer', flag: '--iss' },
    { check: 'origin', flag: '--origin' },
    { check: 'type', flag: '--type' },
    { check: 'scope', flag: '--scope' },
    { check: 'age', flag: '--max-age' },
  ].filter(({ check }) => !asked.has(check))
}
