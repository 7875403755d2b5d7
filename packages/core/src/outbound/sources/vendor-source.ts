import type { Algorithm } from '../../keys/algorithms.ts'
import type { Clock } from '../../base/clock.ts'
import { refuseUnknownOptions, requireOptions } from '../../base/options.ts'
import type { HeaderFields } from '../../jws/sign.ts'
import type { TokenSource } from '../token.ts'
import {
  type LifetimeLimits,
  refuseReplacing,
  requireLifetime,
  type TokenMoment,
} from './signed-payload.ts'
import type { JwtKey } from './signed-signing.ts'
import { signedSource } from './signed-source.ts'

/** What every vendor's tokens take that are signed here. */
export interface SignedVendorOptions {
  /** Seconds from `iat` to `exp`, within the vendor's limits. */
  readonly lifetime?: number
  /** Seconds by which `iat` lies in the past; part of the lifetime. Default 60, or a quarter of it. */
  readonly backdate?: number
  /** Where the tokens may go. Default: the vendor's own servers, or nowhere where an SDK takes them. */
  readonly origins?: readonly string[]
  /** Makes a `jti` for each token. Default: none. */
  readonly tokenId?: () => string
  /** Claims beside the vendor's own, which they may not replace. */
  readonly claims?: Readonly<Record<string, unknown>>
  readonly clock?: Clock
}

/** What is known of a vendor's tokens before anybody asks for one. */
export interface VendorFacts {
  /** The function's name. */
  readonly name: string
  readonly algorithm: Algorithm
  /** The names of the vendor's own options. */
  readonly options: readonly string[]
  readonly lifetime: LifetimeLimits
  readonly origins: readonly string[]
  /** Claims that are the vendor's own, whether or not a token has them. */
  readonly reserved: readonly string[]
  /** Whether `iat` is among the claims. Default `true`. */
  readonly iatClaim?: boolean
}

/** What the options of one source come to. */
export interface VendorToken {
  readonly key: JwtKey
  readonly keyId?: string
  readonly header?: HeaderFields
  /** The claims of a token in the vendor's order. The same moment gives the same. */
  readonly claims: (moment: TokenMoment) => Readonly<Record<string, unknown>>
}

const COMMON = ['lifetime', 'backdate', 'origins', 'tokenId', 'claims', 'clock']

/** Checks that options are a vendor's, by name. */
export function requireVendorOptions(facts: VendorFacts, options: object): void {
  requireOptions(options, facts.name)
  refuseUnknownOptions(options, [...facts.options, ...COMMON], facts.name)
}

/** Makes the source of a vendor whose tokens are signed here. */
export function vendorSource(
  facts: VendorFacts,
  options: SignedVendorOptions,
  { claims, ...token }: VendorToken,
): TokenSource {
  const { backdate, tokenId, clock, origins = facts.origins } = options
  const own = refuseReplacing(options.claims, facts.reserved)
  const sample = claims({ now: 0, issuedAt: 0, expiresAt: 0, tokenId: undefined })
  const { max } = facts.lifetime
  return signedSource(facts.name, {
    ...token,
    algorithm: facts.algorithm,
    allowShortSecret: true,
    claims: (moment) => ({ ...claims(moment), ...own }),
    identity: [sample, own],
    ...(facts.iatClaim !== undefined && { iatClaim: facts.iatClaim }),
    lifetime: requireLifetime(options.lifetime, facts.lifetime),
    ...(max < Infinity && { maxLifetime: max }),
    ...(backdate !== undefined && { backdate }),
    origins,
    ...(tokenId !== undefined && { tokenId }),
    ...(clock !== undefined && { clock }),
  })
}
