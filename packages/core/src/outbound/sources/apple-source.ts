import { requireIdentifier } from '../../base/identifiers.ts'
import type { Clock } from '../../base/clock.ts'
import { invalid } from '../../base/options.ts'
import type { HeaderFields } from '../../jws/sign.ts'
import { signedSource } from './signed-source.ts'
import { requireKeyId, type JwtKey } from './signed-signing.ts'
import { refuseReplacing, type TokenMoment } from './signed-payload.ts'
import type { TokenSource } from '../token.ts'

/** What every token takes that is signed with an Apple key. */
export interface AppleKeyOptions {
  /**
   * The key's id, as Apple shows it beside the key. May be left out where the key has an id of its own,
   * as the keys of a callback can: then both are exchanged together.
   */
  readonly keyId?: string
  /** The `.p8` key: its PEM text, anything that `importKey` takes, or a callback that gives one. */
  readonly privateKey: JwtKey
  /**
   * Seconds by which `iat` lies in the past; part of the lifetime. Default 60, or a quarter of the
   * lifetime where that is less.
   */
  readonly backdate?: number
  readonly clock?: Clock
}

/** What Apple's tokens take that may have claims beside the vendor's own. */
export interface AppleTokenOptions extends AppleKeyOptions {
  /** Makes a `jti` for each token. Apple needs none. Default: none. */
  readonly tokenId?: () => string
  /** Claims beside Apple's own, which they may not replace. */
  readonly claims?: Readonly<Record<string, unknown>>
}

/** The names of the {@link AppleKeyOptions}, and of `lifetime` and `origins`, which all of them take. */
export const APPLE_KEY_OPTIONS: readonly string[] = Object.freeze([
  'keyId',
  'privateKey',
  'lifetime',
  'backdate',
  'origins',
  'clock',
])

/** The names of the {@link AppleTokenOptions}, and of `lifetime` and `origins`. */
export const APPLE_TOKEN_OPTIONS: readonly string[] = Object.freeze([
  ...APPLE_KEY_OPTIONS,
  'tokenId',
  'claims',
])

/** What tells one kind of Apple's tokens from the others. */
export interface AppleToken {
  /** Begins the source's `id`. */
  readonly name: string
  /** The claims of a token, in the order of Apple's documentation. The same moment gives the same. */
  readonly claims: (moment: TokenMoment) => Readonly<Record<string, unknown>>
  /** Further claims that are Apple's own, though not every token has them. */
  readonly reserved?: readonly string[]
  readonly header?: HeaderFields
  readonly expClaim?: boolean
  readonly lifetime: number
  /** What Apple takes at the most, where it says so. */
  readonly maxLifetime?: number
  readonly origins: readonly string[]
}

/** Makes a source of tokens that are signed with an Apple key: ES256, with the key's id in the header. */
export function appleSource(token: AppleToken, options: AppleTokenOptions): TokenSource {
  const { keyId, tokenId, backdate, clock } = options
  const { name, claims, reserved = [], header, expClaim, lifetime, maxLifetime, origins } = token
  const key = requireKeyId(options.privateKey, keyId)
  const sample = claims({ now: 0, issuedAt: 0, expiresAt: 0, tokenId: undefined })
  const own = refuseReplacing(options.claims, [...Object.keys(sample), ...reserved])
  return signedSource(name, {
    algorithm: 'ES256',
    key,
    ...(keyId !== undefined && { keyId }),
    ...(header !== undefined && { header }),
    claims: (moment) => ({ ...claims(moment), ...own }),
    identity: [sample, own],
    ...(expClaim !== undefined && { expClaim }),
    lifetime,
    ...(maxLifetime !== undefined && { maxLifetime }),
    ...(backdate !== undefined && { backdate }),
    origins,
    ...(tokenId !== undefined && { tokenId }),
    ...(clock !== undefined && { clock }),
  })
}

/** Checks a team's id: not its form, which Apple states nowhere for good. */
export function requireTeamId(teamId: unknown): string {
  return requireIdentifier(teamId, 'teamId', 64)
}

/** Refuses what would put further claims into a token that may have none. */
export function refuseFurtherClaims(options: object, kind: string, only: string): void {
  for (const name of ['claims', 'tokenId']) {
    if (!Object.hasOwn(options, name)) continue
    throw invalid(name, `"${name}" cannot be used: ${kind} tokens have ${only} and nothing else.`)
  }
}
