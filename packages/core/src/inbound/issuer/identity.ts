import { invalid, optionalString, requireString } from '../../base/options.ts'
import { normaliseOriginPatterns } from '../../origin/parse.ts'
import type { OriginPatternOptions } from '../../origin/settings.ts'
import { isRegistered } from './claims.ts'
import type { IssueOptions, IssuerOptions } from './options.ts'

/** Where an issuer writes origins, and what it lets them be. */
export interface OriginPolicy {
  /** `undefined`: into `aud`, beside the audience. */
  readonly originClaim: string | undefined
  readonly suffixes: OriginPatternOptions
}

/** Reads the issuer's options "originClaim" and "allowSuffixes". */
export function originPolicy({ originClaim, allowSuffixes }: IssuerOptions): OriginPolicy {
  const suffixes = allowSuffixes === undefined ? {} : { allowSuffixes }
  // Nothing is normalised here: it reports an unsound option now, and not with the first token.
  normaliseOriginPatterns([], suffixes)
  const claim = optionalString(originClaim, 'originClaim', 128)
  if (claim === undefined || claim === 'aud') return { originClaim: undefined, suffixes }
  if (!isRegistered(claim)) return { originClaim: claim, suffixes }
  throw invalid('originClaim', `"originClaim" may not be "${claim}": it has a meaning of its own.`)
}

/** The claims that say whom a token speaks of, whom it is for, and where it may be used. */
export interface IdentityClaims {
  readonly sub?: string
  readonly aud?: string | readonly string[]
  readonly [claim: string]: unknown
}

/** Writes the claims of identity, with origins checked and in their normal form. */
export function identityClaims(
  { subject, audience, origins = [] }: IssueOptions,
  { originClaim, suffixes }: OriginPolicy,
): IdentityClaims {
  const sub = optionalString(subject, 'subject')
  const named = audienceList(audience)
  const patterns = normaliseOriginPatterns(origins, suffixes)
  if (originClaim === undefined) refuseDoubles(named, patterns)
  const aud = originClaim === undefined ? [...named, ...patterns] : named
  return {
    ...(sub !== undefined && { sub }),
    ...(aud.length > 0 && { aud: aud.length === 1 ? aud[0] : aud }),
    ...(originClaim !== undefined && patterns.length > 0 && { [originClaim]: patterns }),
  }
}

function audienceList(audience: string | readonly string[] | undefined): readonly string[] {
  if (audience === undefined) return []
  const list: readonly unknown[] = Array.isArray(audience) ? audience : [audience]
  return [...new Set(list.map((one) => requireString(one, 'audience')))]
}

/** A verifier counts a value as audience or as origin, never as both. */
function refuseDoubles(audience: readonly string[], patterns: readonly string[]): void {
  if (!patterns.some((pattern) => audience.includes(pattern))) return
  throw invalid(
    'origins',
    'One of the "origins" is also an "audience", and a verifier would count it as audience only: set the issuer\'s "originClaim".',
  )
}
