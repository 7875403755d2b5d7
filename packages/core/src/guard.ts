import {
  invalid,
  optionalBoolean,
  optionalFunction,
  optionalString,
  refuseUnknownOptions,
  requireOneOf,
} from './encoding/options.ts'
import { type Reason, RequestError } from './errors.ts'
import {
  CHALLENGE_OPTIONS,
  type ChallengeOptions,
  type Challenger,
  compileChallenge,
} from './guard/challenge.ts'
import { challenged } from './guard/denial.ts'
import { isPreflight, type RequestLike, tokenMissing } from './guard/request.ts'
import {
  compileTokenPlaces,
  type FoundToken,
  type TokenFinder,
  type TokenPlaces,
} from './guard/token-places.ts'
import { notify, type Observe } from './observe.ts'
import type { VerifyContext } from './verifier/origin-binding.ts'
import type { VerifiedToken } from './verifier/verified-token.ts'

/** What a guard needs of a verifier. A `TokenVerifier` is one. */
export interface GuardVerifier<Payload> {
  /** Whether the outcome may depend on the request's `Origin`. */
  readonly checksOrigin: boolean
  verify(token: string, context?: VerifyContext): Promise<VerifiedToken<Payload>>
}

/** Reports a request that a guard refused before its verifier saw a token. */
export interface DenyEvent {
  readonly type: 'deny'
  readonly reason: Reason
}

/** How a {@link Guard} treats requests. */
export interface GuardOptions extends ChallengeOptions {
  /** Lets a request without a token pass. One with an invalid token is refused all the same. */
  readonly optional?: boolean
  /** Where to look for the token. Default: the `Authorization` header alone. */
  readonly tokenFrom?: TokenPlaces
  /**
   * The origin that browsers know this API by, such as `https://api.example.com`. Same-origin
   * requests without an `Origin` header are judged with it; the `Host` header is never believed.
   */
  readonly publicOrigin?: string
  /**
   * What becomes of a CORS preflight, which never carries a token. `deny`: it is a request without
   * credentials, so put your CORS middleware before the guard. `pass`: it goes on unauthenticated to
   * whatever stands behind the guard, which must then answer `OPTIONS` itself and do nothing else.
   * Default `deny`.
   */
  readonly preflight?: 'deny' | 'pass'
  /**
   * Gets an event for each request that was refused without a look at its token. The verifier's own
   * observer gets the others.
   */
  readonly observe?: Observe<DenyEvent>
}

/** What became of a request. `headers` go onto the answer; merge `vary` with what is there. */
export type Outcome<Payload> =
  | {
      readonly ok: true
      readonly auth: VerifiedToken<Payload> | undefined
      readonly headers: Readonly<Record<string, string>>
    }
  | { readonly ok: false; readonly error: RequestError }

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({})
const VARY_ORIGIN: Readonly<Record<string, string>> = Object.freeze({ vary: 'Origin' })

/**
 * Decides about requests: finds the token, has it verified, and says what to answer if it is refused
 * (RFC 6750). The options are checked when it is made, so an adapter makes one per mount.
 *
 * @example
 * ```ts
 * import { Guard, type TokenVerifier } from '@mayfly/core'
 *
 * export function mount(verifier: TokenVerifier): Guard {
 *   return new Guard(verifier, { realm: 'orders', optional: true })
 * }
 * ```
 */
export class Guard<Payload = unknown> {
  readonly #verifier: GuardVerifier<Payload>
  readonly #findToken: TokenFinder
  readonly #challenger: Challenger
  readonly #optional: boolean
  readonly #passPreflight: boolean
  readonly #publicOrigin: string | undefined
  readonly #observe: Observe<DenyEvent> | undefined

  /** @throws {OptionError} when an option is unknown or unsound. */
  constructor(verifier: GuardVerifier<Payload>, options: GuardOptions = {}) {
    refuseUnknownOptions(options, GUARD_OPTIONS, 'Guard')
    if (typeof verifier?.verify !== 'function') {
      throw invalid('verifier', '"verifier" must be a TokenVerifier.')
    }
    this.#verifier = verifier
    this.#findToken = compileTokenPlaces(options.tokenFrom)
    this.#challenger = compileChallenge(challengeOptions(options))
    this.#optional = optionalBoolean(options.optional, 'optional') ?? false
    this.#passPreflight =
      requireOneOf(options.preflight ?? 'deny', 'preflight', ['deny', 'pass']) === 'pass'
    this.#publicOrigin = optionalString(options.publicOrigin, 'publicOrigin')
    this.#observe = optionalFunction(options.observe, 'observe')
  }

  /**
   * Decides about one request. Refusals are an outcome; what this rejects with is not the request's
   * fault.
   */
  async authenticate(request: RequestLike): Promise<Outcome<Payload>> {
    let found: FoundToken | undefined
    try {
      if (this.#passPreflight && isPreflight(request)) {
        return { ok: true, auth: undefined, headers: VARY_ORIGIN }
      }
      found = this.#findToken(request)
      if (found === undefined) {
        if (this.#optional) return { ok: true, auth: undefined, headers: NO_HEADERS }
        throw tokenMissing(missingHint(request))
      }
      const auth = await this.#verifier.verify(found.token, this.#context(request, found))
      return { ok: true, auth, headers: this.#verifier.checksOrigin ? VARY_ORIGIN : NO_HEADERS }
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      if (found === undefined) notify(this.#observe, { type: 'deny', reason: error.reason })
      const headers = error.code === 'ERR_ORIGIN' ? VARY_ORIGIN : NO_HEADERS
      return { ok: false, error: challenged(error, this.#challenger, headers) }
    }
  }

  #context(request: RequestLike, { from }: FoundToken): VerifyContext {
    return {
      origin: joined(request.header('origin')),
      secFetchSite: joined(request.header('sec-fetch-site')),
      selfOrigin: this.#publicOrigin,
      tokenFrom: from,
    }
  }
}

/**
 * Decides about one request, with a {@link Guard} of its own. For more than a few requests make the
 * guard once.
 *
 * @throws {OptionError} when an option is unknown or unsound.
 *
 * @example
 * ```ts
 * import { authenticate, type RequestLike, type TokenVerifier } from '@mayfly/core'
 *
 * export async function whoIs(verifier: TokenVerifier, request: RequestLike): Promise<string> {
 *   const outcome = await authenticate(verifier, request)
 *   if (!outcome.ok) throw outcome.error
 *   return outcome.auth?.claims.sub ?? 'nobody'
 * }
 * ```
 */
export async function authenticate<Payload>(
  verifier: GuardVerifier<Payload>,
  request: RequestLike,
  options: GuardOptions = {},
): Promise<Outcome<Payload>> {
  return new Guard(verifier, options).authenticate(request)
}

const GUARD_OPTIONS = [
  'optional',
  'tokenFrom',
  'publicOrigin',
  'preflight',
  'observe',
  ...CHALLENGE_OPTIONS,
] as const

function challengeOptions({ realm, resourceMetadata }: GuardOptions): ChallengeOptions {
  return {
    ...(realm !== undefined && { realm }),
    ...(resourceMetadata !== undefined && { resourceMetadata }),
  }
}

/** Several fields of a name are what a list would be: no origin that a browser ever sends. */
function joined(values: readonly string[]): string | undefined {
  return values.length > 1 ? values.join(', ') : values[0]
}

/** Says what is likely to have gone wrong where nothing but the token is missing. */
function missingHint(request: RequestLike): string | undefined {
  if (isPreflight(request)) {
    return 'A CORS preflight never carries a token: answer it before the token is asked for.'
  }
  return request.header('authorization').length > 0
    ? 'The Authorization header is of another scheme than Bearer.'
    : undefined
}
