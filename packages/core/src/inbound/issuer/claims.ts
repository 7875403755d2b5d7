import {
  invalid,
  refuseUnknownOptions,
  requireOptions,
  optionalString,
  optionalStrings,
  requireString,
  requireOneOf,
} from '../../base/options.ts'
import { type Confirmation, isThumbprint } from '../claims/key-binding.ts'
import type { OriginPatternOptions } from '../../origin/settings.ts'
import type { IssueOptions, IssuerOptions } from './options.ts'
import { OptionError } from '../../base/errors.ts'

/** The registered claims of RFC 7519, and the option of `issue()` that writes each. */
const OPTION_OF_CLAIM: ReadonlyMap<string, string> = new Map([
  ['iss', 'the issuer\'s own "issuer"'],
  ['sub', '"subject"'],
  ['aud', '"audience" or "origins"'],
  ['exp', '"expiresIn"'],
  ['iat', '"expiresIn"'],
  ['jti', '"tokenId"'],
  ['nbf', 'nothing: a token counts from when it is issued'],
])

/** Tells whether a claim has a meaning of its own in RFC 7519. */
function isRegistered(claim: string): boolean {
  return OPTION_OF_CLAIM.has(claim)
}

/** The claims that one issuer writes beside the registered ones. */
export interface OwnClaims {
  readonly originClaim: string | undefined
  readonly writesGeneration: boolean
  readonly writesConfirmation: boolean
}

/**
 * Copies extra claims as JSON will hold them, and refuses those that would replace one that the issuer
 * answers for.
 */
export function copyClaims(
  claims: Readonly<Record<string, unknown>> | undefined,
  own: OwnClaims,
): Record<string, unknown> {
  if (claims === undefined) return {}
  const copy = jsonCopy(claims)
  for (const [claim, value] of Object.entries(copy)) {
    const option = optionOf(claim, own) ?? bindsKey(claim, value)
    if (option === undefined) continue
    throw invalid('claims', `"claims" may not hold "${claim}": it is written by ${option}.`)
  }
  return copy
}

function optionOf(claim: string, own: OwnClaims): string | undefined {
  if (claim === own.originClaim) return '"origins"'
  if (claim === 'gen' && own.writesGeneration) return 'the issuer\'s "generations"'
  if (claim === 'cnf' && own.writesConfirmation) return '"confirmation"'
  return OPTION_OF_CLAIM.get(claim)
}

/** Other confirmations than that of a thumbprint are the caller's own business. */
function bindsKey(claim: string, value: unknown): string | undefined {
  const isBinding = claim === 'cnf' && Object.hasOwn(Object(value), 'jkt')
  return isBinding ? '"confirmation", which checks it' : undefined
}

// What has a toJSON method decides for itself what is written, so the names are judged afterwards.
function jsonCopy(claims: object): Record<string, unknown> {
  let copy: unknown
  try {
    copy = JSON.parse(JSON.stringify(claims))
  } catch (cause) {
    throw invalid('claims', '"claims" must be what JSON can hold.', cause)
  }
  if (typeof copy !== 'object' || copy === null || Array.isArray(copy)) {
    throw invalid('claims', '"claims" must be an object.')
  }
  return copy as Record<string, unknown>
}

/** Writes the claim that binds a token to a key (RFC 9449 section 6.1) or a certificate (RFC 8705 section 3.1). */
export function confirmationClaim(confirmation: Confirmation | undefined): {
  readonly cnf?: Confirmation
} {
  if (confirmation === undefined) return {}
  requireOptions(confirmation, 'confirmation')
  refuseUnknownOptions(confirmation, BINDINGS, 'confirmation')
  const members = Object.entries(confirmation).filter(([, value]) => value !== undefined)
  if (members.length === 0) members.push(['jkt', undefined])
  for (const [name, value] of members as [string, unknown][]) {
    if (isThumbprint(value)) continue
    throw invalid(
      `confirmation.${name}`,
      `"confirmation.${name}" must be a SHA-256 thumbprint: 43 characters of base64url.`,
    )
  }
  return { cnf: Object.fromEntries(members) }
}

/** What an issuer binds tokens to. Other members of `cnf` are the caller's own business. */
const BINDINGS = ['jkt', 'x5t#S256']

/** Where an issuer writes origins, and what it lets them be. */
export interface OriginPolicy {
  /** `undefined`: into `aud`, beside the audience. */
  readonly originClaim: string | undefined
  readonly suffixes: OriginPatternOptions
}

/** Reads the issuer's options "originClaim" and "allowSuffixes". */
export function originPolicy({
  originClaim,
  allowSuffixes,
}: Pick<IssuerOptions, 'originClaim' | 'allowSuffixes'>): OriginPolicy {
  const suffixes = allowSuffixes === undefined ? {} : { allowSuffixes }
  optionalStrings(allowSuffixes, 'allowSuffixes')
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
export async function identityClaims(
  { subject, audience, origins = [] }: IssueOptions,
  { originClaim, suffixes }: OriginPolicy,
): Promise<IdentityClaims> {
  const sub = optionalString(subject, 'subject')
  const named = audienceList(audience)
  const patterns = origins.length === 0 ? [] : await soundPatterns(origins, suffixes)
  if (originClaim === undefined) refuseDoubles(named, patterns)
  const aud = originClaim === undefined ? [...named, ...patterns] : named
  return {
    ...(sub !== undefined && { sub }),
    ...(aud.length > 0 && { aud: aud.length === 1 ? aud[0] : aud }),
    ...(originClaim !== undefined && patterns.length > 0 && { [originClaim]: patterns }),
  }
}

/** The public suffix list is large, and loaded by the first token that names origins. */
async function soundPatterns(
  origins: readonly string[],
  suffixes: OriginPatternOptions,
): Promise<readonly string[]> {
  const { normaliseOriginPatterns } = await import('../../origin/grammar.ts')
  return normaliseOriginPatterns(origins, suffixes)
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

/** Gives the `typ` of a token, and refuses a token that falls short of its profile. */
export function issuedType(options: IssueOptions): string {
  const { profile } = options
  const type = optionalString(options.type, 'type', 128)
  if (profile === undefined) return type ?? 'JWT'
  requireOneOf(profile, 'profile', ['at+jwt'])
  if (type !== undefined) {
    throw invalid('type', '"type" contradicts "profile", which names the type itself.')
  }
  for (const name of ['audience', 'subject'] as const) {
    if (options[name] === undefined || options[name].length === 0) throw required(name)
  }
  const { claims = {} } = options
  requireOptions(claims, 'claims')
  if (claims['client_id'] === undefined) throw required('claims.client_id')
  requireString(claims['client_id'], 'claims.client_id')
  return profile
}

function required(option: string): OptionError {
  return new OptionError(
    'ERR_OPTION_REQUIRED',
    option,
    `"${option}" is required in an access token by RFC 9068 section 2.2.`,
  )
}
