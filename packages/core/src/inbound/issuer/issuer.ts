import { requireAlgorithm } from '../../keys/algorithms.ts'
import { type Clock, nowInSeconds } from '../../base/clock.ts'
import {
  clockOption,
  describe,
  hasMethod,
  invalid,
  optionalFunction,
  optionalString,
  refuseUnknownOptions,
  requireNumber,
  requireOptions,
  requireString,
} from '../../base/options.ts'
import { OptionError } from '../../base/errors.ts'
import {
  copyClaims,
  confirmationClaim,
  type IdentityClaims,
  identityClaims,
  type OriginPolicy,
  originPolicy,
  issuedType,
} from './claims.ts'
import { createIssuedToken, type IssuedToken } from './issued-token.ts'
import {
  ISSUE_OPTIONS,
  ISSUER_OPTIONS,
  type IssuerGenerations,
  type IssueOptions,
  type IssuerEvent,
  type IssuerOptions,
  type TokenSigner,
} from './options.ts'
import { KeyRing } from './key-ring.ts'
import type { PublicJwk } from '../../keys/jwk.ts'
import { notify, type Observe } from '../../base/observe.ts'
import { askStore, isNumber } from '../state/ask.ts'

/** `*` binds a token to no place at all, and `file://` to every page that is opened from a disk. */
const ORIGIN_WARNINGS: ReadonlyMap<string, 'origin_any' | 'origin_file'> = new Map([
  ['*', 'origin_any'],
  ['file://', 'origin_file'],
])

/**
 * Issues short-lived JWTs.
 *
 * @example
 * ```ts
 * import { TokenIssuer, TokenVerifier } from '@mayfly/core'
 *
 * const issuer = new TokenIssuer({ issuer: 'https://auth.example.com' })
 * const token = await issuer.issue({ audience: 'orders', subject: 'alice', expiresIn: 300 })
 *
 * const verifier = new TokenVerifier({
 *   issuer: 'https://auth.example.com',
 *   audience: 'orders',
 *   keys: issuer.keys,
 * })
 * const { payload } = await verifier.verify(token.value)
 * console.log(payload.sub) // alice
 * ```
 */
export class TokenIssuer<Keys extends TokenSigner = KeyRing> {
  readonly issuer: string
  /** The keys that it signs with. A verifier in the same process takes a `KeyRing` as its `keys`. */
  readonly keys: Keys
  readonly #maxLifetime: number
  readonly #origins: OriginPolicy
  readonly #generations: IssuerGenerations | undefined
  readonly #clock: Clock
  readonly #observe: Observe<IssuerEvent> | undefined

  /** @throws {OptionError} when an option is missing, unknown or unsound. */
  constructor(options: IssuerOptions<Keys>) {
    requireOptions(options, 'TokenIssuer')
    refuseUnknownOptions(options, ISSUER_OPTIONS, 'TokenIssuer')
    this.issuer = requireString(options.issuer, 'issuer')
    this.#clock = clockOption(options.clock)
    // Without keys it has a ring, which is what the type says then.
    this.keys = requireKeys(options, this.#clock) as Keys
    this.#maxLifetime = requireNumber(options.maxLifetime ?? 86_400, 'maxLifetime', { min: 1 })
    this.#origins = originPolicy(options)
    this.#generations = optionalGenerations(options.generations, this.#maxLifetime)
    this.#observe = optionalFunction(options.observe, 'observe')
  }

  /**
   * Issues a token.
   *
   * @throws {OptionError} when an option is missing, unknown or unsound; `ERR_ORIGIN_PATTERN` for an
   * origin that no token should name.
   * @throws {RequestError} 503 `ERR_STORE_UNAVAILABLE` while `generations` doesn't answer.
   */
  async issue(options: IssueOptions): Promise<IssuedToken> {
    requireOptions(options, 'issue')
    refuseUnknownOptions(options, ISSUE_OPTIONS, 'issue')
    const lifetime = requireNumber(options.expiresIn, 'expiresIn', {
      min: 1,
      max: this.#maxLifetime,
      integer: true,
    })
    const tokenId = optionalString(options.tokenId, 'tokenId') ?? crypto.randomUUID()
    const type = issuedType(options)
    const extra = copyClaims(options.claims, {
      originClaim: this.#origins.originClaim,
      writesGeneration: this.#generations !== undefined,
      writesConfirmation: options.confirmation !== undefined,
    })
    const confirmation = confirmationClaim(options.confirmation)
    const identity = await identityClaims(options, this.#origins)
    const generation = await this.#generation(identity.sub)
    const issuedAt = nowInSeconds(this.#clock)
    const expiresAt = issuedAt + lifetime
    const payload = {
      iss: this.issuer,
      ...identity,
      exp: expiresAt,
      iat: issuedAt,
      jti: tokenId,
      ...generation,
      ...confirmation,
      ...extra,
    }
    const bytes = new TextEncoder().encode(JSON.stringify(payload))
    const value = await this.keys.sign(bytes, { typ: type }, expiresAt)
    notify(this.#observe, { type: 'issue', lifetime })
    this.#warn(identity)
    return createIssuedToken({ value, issuedAt, expiresAt, tokenId })
  }

  /** Gives the public keys, as a JWK set to publish at `/.well-known/jwks.json`. */
  async jwks(): Promise<{ readonly keys: readonly PublicJwk[] }> {
    return this.keys.jwks()
  }

  async #generation(subject: string | undefined): Promise<{ gen?: number }> {
    if (this.#generations === undefined) return {}
    const generations = this.#generations
    if (subject !== undefined) {
      return { gen: await askStore(() => generations.current(subject), isNumber) }
    }
    throw new OptionError(
      'ERR_OPTION_REQUIRED',
      'subject',
      '"subject" is required: generations are counted for each.',
    )
  }

  /** All of `aud` counts: what was meant as an audience is an origin to a verifier of another name. */
  #warn(claims: IdentityClaims): void {
    for (const value of [claims[this.#origins.originClaim ?? 'aud']].flat()) {
      const warning = typeof value === 'string' ? ORIGIN_WARNINGS.get(value) : undefined
      if (warning !== undefined) notify(this.#observe, { type: 'warning', warning })
    }
  }
}

function requireKeys({ keys, algorithm }: IssuerOptions<TokenSigner>, clock: Clock): TokenSigner {
  if (keys === undefined) {
    const named = algorithm === undefined ? 'ES256' : requireAlgorithm(algorithm, 'algorithm')
    return new KeyRing([], { algorithm: named, clock })
  }
  if (!hasMethod(keys, 'sign') || !hasMethod(keys, 'jwks')) {
    throw invalid(
      'keys',
      `"keys" must be a KeyRing, or an object with "sign", "jwks" and "algorithms", not ${describe(keys)}.`,
    )
  }
  if (algorithm !== undefined) {
    throw invalid('algorithm', '"algorithm" is for a key in memory: the "keys" have their own.')
  }
  return keys
}

function optionalGenerations(
  generations: IssuerGenerations | undefined,
  maxLifetime: number,
): IssuerGenerations | undefined {
  if (generations === undefined) return undefined
  if (typeof generations?.current !== 'function') {
    throw invalid('generations', '"generations" must be an object with a "current" method.')
  }
  const { maxLifetime: remembered = Infinity } = generations
  if (maxLifetime <= remembered) return generations
  throw invalid(
    'generations',
    `"generations" remembers tokens of ${remembered} seconds, and "maxLifetime" is ${maxLifetime}: superseded tokens would come back. Give the store the same "maxLifetime".`,
  )
}
