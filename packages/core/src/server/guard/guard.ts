import {
  invalid,
  optionalBoolean,
  optionalFunction,
  optionalString,
  requireOneOf,
} from '../../base/options.ts'
import { RequestError } from '../../base/errors.ts'
import {
  CHALLENGE_OPTIONS,
  type ChallengeOptions,
  type Challenger,
  compileChallenge,
  challenged,
} from './challenge.ts'
import { compileKeyBinding, type KeyBinding } from './key-proof.ts'
import {
  type DenyEvent,
  type GuardOptions,
  type GuardVerifier,
  type Outcome,
  requireGuardOptions,
} from './options.ts'
import {
  incomingRequest,
  type IncomingRequest,
  isPreflight,
  type RequestLike,
  tokenMissing,
} from './request.ts'
import {
  compileTokenPlaces,
  type FoundToken,
  headerPlace,
  type TokenFinder,
} from './token-places.ts'
import { notify, type Observe } from '../../base/observe.ts'
import { parseOriginHeader } from '../../origin/header.ts'
import type { KnowingVerifier } from '../../inbound/verifier/options.ts'
import type { VerifyContext } from '../../inbound/verifier/origin-binding.ts'
import type { VerifiedToken } from '../../inbound/verifier/verified-token.ts'

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({})
const NO_CONTEXT: VerifyContext = Object.freeze({})
// By far the most requests spell it so; all others take the long way.
const USUAL = 'Bearer '
// An option that is not named here may ask for more than a token.
const PLAIN: ReadonlySet<string> = new Set([
  'optional',
  'preflight',
  'publicOrigin',
  'observe',
  ...CHALLENGE_OPTIONS,
])
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
  readonly #keyBinding: KeyBinding
  readonly #challenger: Challenger
  readonly #optional: boolean
  readonly #passPreflight: boolean
  readonly #publicOrigin: string | undefined
  readonly #observe: Observe<DenyEvent> | undefined
  /** Whether a token can be looked for in its usual place alone, with nothing else to come with it. */
  readonly #isPlain: boolean
  readonly #exposeToken: boolean
  readonly #readsAuthorization: boolean

  /** @throws {OptionError} when an option is unknown or unsound. */
  constructor(verifier: GuardVerifier<Payload>, options: GuardOptions = {}) {
    requireGuardOptions(options)
    if (typeof verifier?.verify !== 'function') {
      throw invalid('verifier', '"verifier" must be a TokenVerifier.')
    }
    this.#verifier = verifier
    this.#keyBinding = compileKeyBinding(options)
    this.#findToken = compileTokenPlaces(options.tokenFrom, this.#keyBinding.reads)
    this.#challenger = compileChallenge(challengeOptions(options), this.#keyBinding)
    this.#optional = optionalBoolean(options.optional, 'optional') ?? false
    this.#passPreflight =
      requireOneOf(options.preflight ?? 'deny', 'preflight', ['deny', 'pass']) === 'pass'
    this.#publicOrigin = optionalOrigin(options.publicOrigin)
    this.#observe = optionalFunction(options.observe, 'observe')
    this.#exposeToken = optionalBoolean(options.exposeToken, 'exposeToken') ?? false
    this.#readsAuthorization = headerPlace(options.tokenFrom?.header) === true
    this.#isPlain = Object.keys(options).every((name) => PLAIN.has(name))
  }

  /** Writes this guard's challenges, for checks that come after it. */
  get challenger(): Challenger {
    return this.#challenger
  }

  /**
   * Decides about one request: a `Request` of `fetch`, one of Node's own, or what an adapter made.
   * Refusals are an outcome; what this rejects with is not the request's fault.
   */
  async authenticate(request: IncomingRequest): Promise<Outcome<Payload>> {
    return this.decide(incomingRequest(request))
  }

  /**
   * Does what `authenticate` does, and at once where nobody has to be waited for: a promise costs more than
   * all that there is to judge about a known token. For adapters whose framework does not wait either.
   */
  decide(request: RequestLike): Outcome<Payload> | Promise<Outcome<Payload>> {
    return this.#decideKnown(request) ?? this.#decide(request)
  }

  /** Decides about a request whose token the verifier knows, alone in its usual place. */
  #decideKnown(request: RequestLike): Outcome<Payload> | undefined {
    if (!this.#isPlain || (this.#passPreflight && request.method === 'OPTIONS')) return undefined
    const verifier = this.#verifier as GuardVerifier<Payload> & Partial<KnowingVerifier<Payload>>
    if (verifier.verifyKnown === undefined) return undefined
    const fields = request.header('authorization')
    const [field] = fields
    if (fields.length !== 1 || field?.startsWith(USUAL) !== true) return undefined
    const { checksOrigin } = verifier
    const token = field.slice(USUAL.length)
    try {
      const context = checksOrigin ? this.#context(request, 'header') : NO_CONTEXT
      // oxlint-disable-next-line typescript/unbound-method -- it is compared, and never called
      const auth = verifier.verifyKnown(verifier.verify, token, context)
      if (auth === undefined) return undefined
      return { ok: true, auth, headers: checksOrigin ? VARY_ORIGIN : NO_HEADERS }
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      return { ok: false, error: challenged(error, this.#challenger, 'Bearer') }
    }
  }

  async #decide(request: RequestLike): Promise<Outcome<Payload>> {
    let found: FoundToken | undefined
    let isJudged = false
    try {
      if (this.#passPreflight && isPreflight(request)) {
        return { ok: true, auth: undefined, headers: VARY_ORIGIN }
      }
      found = this.#findToken(request)
      if (found === undefined) {
        if (this.#optional) return { ok: true, auth: undefined, headers: NO_HEADERS }
        throw tokenMissing(this.#missingHint(request))
      }
      const holder = await this.#keyBinding.holderOf(request, found)
      const { proof } = holder
      isJudged = true
      const { checksOrigin } = this.#verifier
      const context = checksOrigin ? this.#context(request, found.from) : undefined
      const verified = await this.#verifier.verify(found.token, { ...context, ...holder })
      await this.#keyBinding.requireBinding(verified, holder)
      const auth = this.#exposeToken ? withToken(verified, found.token) : verified
      const headers = acceptedHeaders(found, checksOrigin)
      return { ok: true, auth, headers: proof ? { ...headers, ...proof.headers } : headers }
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      if (!isJudged) notify(this.#observe, { type: 'deny', reason: error.reason })
      const scheme = this.#keyBinding.schemeFor(found)
      return { ok: false, error: challenged(error, this.#challenger, scheme) }
    }
  }

  /** Says what is likely to have gone wrong where nothing but the token is missing. */
  #missingHint(request: RequestLike): string | undefined {
    if (isPreflight(request)) {
      return 'A CORS preflight never carries a token: answer it before the token is asked for.'
    }
    if (!this.#readsAuthorization || request.header('authorization').length === 0) return undefined
    return `The Authorization header is of another scheme than ${this.#keyBinding.schemes.join(' and ')}.`
  }

  #context(request: RequestLike, from: FoundToken['from']): VerifyContext {
    return {
      origin: joined(request.header('origin')),
      secFetchSite: joined(request.header('sec-fetch-site')),
      selfOrigin: this.#publicOrigin,
      // Both can only be set by a script, never by an <img> or a form.
      tokenFrom: from === 'protocol' ? 'header' : from,
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
 * import { authenticate, type TokenVerifier } from '@mayfly/core'
 *
 * export async function whoIs(verifier: TokenVerifier, request: Request): Promise<string> {
 *   const outcome = await authenticate(verifier, request)
 *   if (!outcome.ok) throw outcome.error
 *   return outcome.auth?.claims.sub ?? 'nobody'
 * }
 * ```
 */
export async function authenticate<Payload>(
  verifier: GuardVerifier<Payload>,
  request: IncomingRequest,
  options: GuardOptions = {},
): Promise<Outcome<Payload>> {
  return new Guard(verifier, options).authenticate(request)
}

function challengeOptions({ realm, resourceMetadata }: GuardOptions): ChallengeOptions {
  return {
    ...(realm !== undefined && { realm }),
    ...(resourceMetadata !== undefined && { resourceMetadata }),
  }
}

/** What came with a token in its URL is for nobody else's cache (RFC 6750 section 2.3). */
function acceptedHeaders(
  { from }: FoundToken,
  checksOrigin: boolean,
): Readonly<Record<string, string>> {
  const vary = checksOrigin ? VARY_ORIGIN : NO_HEADERS
  return from === 'query' ? { ...vary, 'cache-control': 'private' } : vary
}

function optionalOrigin(value: string | undefined): string | undefined {
  const text = optionalString(value, 'publicOrigin')
  const origin = parseOriginHeader(text)
  if (origin.kind === 'absent') return undefined
  if (origin.kind === 'origin') return origin.text
  throw invalid(
    'publicOrigin',
    '"publicOrigin" must be an origin, such as "https://api.example.com", without a path.',
  )
}

/** Several fields of a name are what a list would be: no origin that a browser ever sends. */
function joined(values: readonly string[]): string | undefined {
  return values.length > 1 ? values.join(', ') : values[0]
}

/** Adds the token for those who ask, and for nothing that lists members or shows the object. */
function withToken<Payload>(auth: VerifiedToken<Payload>, token: string): VerifiedToken<Payload> {
  return Object.freeze(Object.defineProperty({ ...auth }, 'token', { get: () => token }))
}
