import type { Confirmation } from '../claims/key-binding.ts'
import type { Algorithm } from '../../keys/algorithms.ts'
import type { TokenProfile } from '../claims/policy.ts'
import type { Clock } from '../../base/clock.ts'
import type { KeyRing } from './key-ring.ts'
import type { HeaderFields } from '../../jws/sign.ts'
import type { PublicJwk } from '../../keys/jwk.ts'
import type { Observe } from '../../base/observe.ts'
import type { Generations } from '../state/generations.ts'

/**
 * What an issuer signs with and publishes. A `KeyRing` is one; so is any object of this shape, such as
 * a ring that several processes share.
 */
export interface TokenSigner {
  /** The algorithms of its keys. */
  readonly algorithms: readonly Algorithm[]
  /**
   * Signs a payload as a compact JWS.
   *
   * @param expiresAt seconds since the epoch: until then the key has to stay published.
   */
  sign(payload: Uint8Array, header: HeaderFields, expiresAt: number): Promise<string>
  /** Gives the public keys, as a JWK set to publish. */
  jwks(): Promise<{ readonly keys: readonly PublicJwk[] }>
}

/** What an issuer needs of a store of generations. */
export type IssuerGenerations = Pick<Generations, 'current' | 'maxLifetime'>

/** What a `TokenIssuer` is told. */
export interface IssuerOptions<Keys extends TokenSigner = KeyRing> {
  /** The `iss` of every token: a URL where others are to find the keys. */
  readonly issuer: string
  /**
   * The keys to sign with. Default: a key in memory, made when it is first needed. Such tokens die
   * with the process. Keys that are elsewhere, in a KMS for example, go into a `KeyRing` as an
   * `ExternalSigner`, or stand behind a `TokenSigner` of your own.
   */
  readonly keys?: Keys
  /** The algorithm of the key in memory. Not with `keys`. Default `ES256`. */
  readonly algorithm?: Algorithm
  /** The longest `expiresIn`, in seconds. Default 86 400, a day. */
  readonly maxLifetime?: number
  /** The claim that origins are written into. Default: `aud`, beside the audience. */
  readonly originClaim?: string
  /**
   * Names that an origin wildcard may stand on although strangers could have names below them, such as
   * `internal`. Default: none.
   */
  readonly allowSuffixes?: readonly string[]
  /**
   * Writes the subject's generation into each token, as `gen`, so that a new one can supersede all
   * before it. A subject is required then. The store has to remember them for `maxLifetime` at the least.
   */
  readonly generations?: IssuerGenerations
  readonly clock?: Clock
  readonly observe?: Observe<IssuerEvent>
}

/** What a token is to say. */
export interface IssueOptions {
  /** Seconds that the token is good for, at most the issuer's `maxLifetime`. */
  readonly expiresIn: number
  /** The APIs that the token is for. */
  readonly audience?: string | readonly string[]
  /** The web origins that the token may be used from, such as `https://*.example.com`. */
  readonly origins?: readonly string[]
  /** Whom the token speaks of. */
  readonly subject?: string
  /**
   * What the token is bound to, by its SHA-256 thumbprint in base64url: a key as `jkt` (RFC 9449 section
   * 6.1), a certificate as `x5t#S256` (RFC 8705 section 3.1). Whoever cannot show it cannot use the token.
   */
  readonly confirmation?: Confirmation
  /** Further claims. None may replace one that an option of its own writes. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** The `jti`. Default: a random UUID. */
  readonly tokenId?: string
  /** The `typ` header, such as `at+jwt`. Default `JWT`. */
  readonly type?: string
  /**
   * Makes the token what a whole standard asks for. `at+jwt`: a JWT access token by RFC 9068, with that
   * `typ`; `audience` and `subject` are required then, and `client_id` among the claims. Not with `type`.
   */
  readonly profile?: TokenProfile
}

/** What an issuer reports. */
export type IssuerEvent =
  | { readonly type: 'issue'; readonly lifetime: number }
  /** A token was issued for any origin (`*`), or for any local file (`file://`). */
  | { readonly type: 'warning'; readonly warning: 'origin_any' | 'origin_file' }

/** The names of {@link IssuerOptions}. */
export const ISSUER_OPTIONS = [
  'issuer',
  'keys',
  'algorithm',
  'maxLifetime',
  'originClaim',
  'allowSuffixes',
  'generations',
  'clock',
  'observe',
] as const

/** The names of {@link IssueOptions}. */
export const ISSUE_OPTIONS = [
  'expiresIn',
  'audience',
  'origins',
  'subject',
  'confirmation',
  'claims',
  'tokenId',
  'type',
  'profile',
] as const
