import { Recent } from '../../base/recent.ts'
import { createVerifiedTokens, type VerifiedTokens } from '../verifier/verified-tokens.ts'
import { issuerCheck } from '../claims/identity.ts'
import { type JwtPayload, missing, refusal } from '../claims/payload.ts'
import type { Clock } from '../../base/clock.ts'
import { clockOption, invalid, optionalFunction, optionalNumber } from '../../base/options.ts'
import { RequestError } from '../../base/errors.ts'
import { DEFAULT_MAX_TOKEN_LENGTH } from '../../jws/verify.ts'
import {
  type FindIssuer,
  inEntry,
  type MultiIssuerOptions,
  namesOf,
  requireMultiIssuerOptions,
  type TrustedIssuer,
} from './options.ts'
import { notify, type Observe } from '../../base/observe.ts'
import { TokenVerifier } from '../verifier/verifier.ts'
import {
  type KnowingVerifier,
  type VerifierEvent,
  type VerifierHealth,
  type VerifierOptions,
} from '../verifier/options.ts'
import type { VerifyContext } from '../verifier/origin-binding.ts'
import type { VerifiedToken } from '../verifier/verified-token.ts'
import { partOf } from '../verifier/decode-token.ts'

/**
 * Verifies the tokens of several issuers, each by its own keys, algorithms and audience. There is one
 * {@link TokenVerifier} for each: the issuer that a token names chooses which of them judges it, and
 * that one believes nothing but what was signed, so that no issuer's key is good for another's tokens.
 *
 * An issuer that is down takes only its own tokens with it.
 *
 * @example
 * ```ts
 * import { MultiIssuerVerifier } from '@mayfly/core'
 *
 * const staff = 'https://login.example.com'
 * const verifier = new MultiIssuerVerifier({
 *   audience: 'https://api.example.com',
 *   issuers: [
 *     { issuer: staff, keys: { issuer: staff }, algorithms: ['RS256'] },
 *     {
 *       issuer: 'https://partner.example',
 *       keys: { jwksUri: 'https://partner.example/jwks.json' },
 *       algorithms: ['ES256'],
 *       requiredClaims: ['sub'],
 *     },
 *   ],
 * })
 * ```
 */
export class MultiIssuerVerifier<Payload = JwtPayload> implements KnowingVerifier<Payload> {
  /** By issuer; those that a function gave come and go. */
  readonly #verifiers: Map<string, TokenVerifier<Payload>> | Recent<string, TokenVerifier<Payload>>
  readonly #find: ((issuer: string) => Promise<TokenVerifier<Payload> | undefined>) | undefined
  readonly #maxTokenLength: number
  /** Who accepted a token before, so that it need not be read to find out. */
  readonly #known: VerifiedTokens<TokenVerifier<Payload>> | undefined
  readonly #clock: Clock
  readonly #observe: Observe<VerifierEvent> | undefined
  /** Whether any issuer's tokens are bound to origins, so that an answer varies with `Origin`. */
  readonly checksOrigin: boolean

  /** @throws {OptionError} when an option is missing, unknown or unsound, or an issuer stands twice. */
  constructor(options: MultiIssuerOptions<Payload>) {
    requireMultiIssuerOptions(options)
    const { issuers, max, ...shared } = options
    this.#clock = clockOption(shared.clock)
    this.#observe = optionalFunction(shared.observe, 'observe')
    const bounds = { min: 1, integer: true, unit: 'issuers' }
    // What is still missing then, the verifier itself asks for.
    const make = (entry: TrustedIssuer<Payload>): TokenVerifier<Payload> =>
      new TokenVerifier({ ...shared, ...entry } as VerifierOptions<Payload>)
    const lengths = [shared.maxTokenLength ?? DEFAULT_MAX_TOKEN_LENGTH]
    if (typeof issuers === 'function') {
      this.#verifiers = new Recent({ max: optionalNumber(max, 'max', bounds) ?? 1000 })
      this.#find = finder(issuers, make)
      // Whether a tenant binds tokens to origins is not known before it was asked for.
      this.checksOrigin = shared.origin !== undefined
    } else {
      if (max !== undefined) throw invalid('max', '"max" goes with a function as "issuers".')
      const verifiers = new Map<string, TokenVerifier<Payload>>()
      for (const [index, entry] of issuers.entries()) {
        inEntry(index, () => {
          const names = namesOf(entry)
          const verifier = make(entry)
          for (const name of names) {
            if (verifiers.has(name)) throw invalid('issuer', `"issuer": ${name} stands twice.`)
            verifiers.set(name, verifier)
          }
        })
        if (entry.maxTokenLength !== undefined) lengths.push(entry.maxTokenLength)
      }
      this.#verifiers = verifiers
      this.checksOrigin = this.#all().some((verifier) => verifier.checksOrigin)
    }
    this.#maxTokenLength = Math.max(...lengths)
    this.#known = createVerifiedTokens(shared.cache)
  }

  /**
   * Imports the keys of every issuer, or fetches them.
   *
   * @throws {KeyError} what {@link TokenVerifier.warmUp} throws, once all have been tried: the first of
   * several. The others are ready all the same.
   */
  async warmUp(): Promise<void> {
    await this.#withAll((verifier) => verifier.warmUp())
  }

  /**
   * Fetches the keys of every issuer now, whatever their age.
   *
   * @throws {KeyError} what {@link RemoteKeys.reload} throws, once all have been tried.
   */
  async reload(): Promise<void> {
    await this.#withAll((verifier) => verifier.reload())
  }

  /**
   * Says where the keys of each issuer stand. It is ready once there are keys of any of them: one that
   * is down must not keep the tokens of all others out.
   */
  health(): VerifierHealth {
    const each = this.#all().map((verifier) => verifier.health())
    return { ready: each.some(({ ready }) => ready), keys: each.flatMap(({ keys }) => keys) }
  }

  /**
   * Verifies a token by the rules of the issuer that it comes from.
   *
   * @throws {RequestError} what {@link TokenVerifier.verify} throws; 401 `ERR_ISSUER` for a token of any
   * other issuer.
   */
  verify(token: string, context?: VerifyContext): Promise<VerifiedToken<Payload>> {
    const known = typeof token === 'string' ? this.#known?.get(token, 0, 0) : undefined
    return known === undefined ? this.#route(token, context) : known.verify(token, context)
  }

  /** @internal */
  verifyKnown(
    verify: unknown,
    token: string,
    context: VerifyContext,
  ): VerifiedToken<Payload> | undefined {
    if (verify !== MultiIssuerVerifier.prototype.verify) return undefined
    const known = this.#known?.get(token, 0, 0)
    // oxlint-disable-next-line typescript/unbound-method -- it is compared, and never called
    return known?.verifyKnown(known.verify, token, context)
  }

  async #route(token: string, context?: VerifyContext): Promise<VerifiedToken<Payload>> {
    const verifier = await this.#choose(token)
    const verified = await verifier.verify(token, context)
    this.#known?.set(token, verifier, { version: 0, expiresAt: undefined })
    return verified
  }

  async #choose(token: unknown): Promise<TokenVerifier<Payload>> {
    const startMs = this.#clock.now()
    try {
      const payload = partOf(token, 'payload', this.#maxTokenLength)
      issuerCheck(null)({ payload, protectedHeader: {} })
      const { iss } = payload
      if (typeof iss !== 'string') throw missing('iss')
      const held = this.#verifiers.get(iss)
      if (held !== undefined) return held
      const found = await this.#find?.(iss)
      if (found === undefined) throw untrusted()
      this.#verifiers.set(iss, found)
      return found
    } catch (error) {
      if (error instanceof RequestError) {
        const durationMs = this.#clock.now() - startMs
        notify(this.#observe, { type: 'deny', reason: error.reason, durationMs })
      }
      throw error
    }
  }

  async #withAll(work: (verifier: TokenVerifier<Payload>) => Promise<void>): Promise<void> {
    const outcomes = await Promise.allSettled(this.#all().map(work))
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }

  #all(): readonly TokenVerifier<Payload>[] {
    return [...new Set(this.#verifiers.values())]
  }
}

/** Asks a function for issuers: once for all tokens that come while it is asked. */
function finder<Payload>(
  find: FindIssuer<Payload>,
  make: (entry: TrustedIssuer<Payload>) => TokenVerifier<Payload>,
): (issuer: string) => Promise<TokenVerifier<Payload> | undefined> {
  const asked = new Map<string, Promise<TokenVerifier<Payload> | undefined>>()
  const ask = async (issuer: string): Promise<TokenVerifier<Payload> | undefined> => {
    try {
      const entry = await find(issuer)
      if (entry === undefined) return undefined
      if (namesOf(entry).includes(issuer)) return make(entry)
      throw invalid('issuer', '"issuers" gave another issuer than the one that it was asked for.')
    } finally {
      asked.delete(issuer)
    }
  }
  return (issuer) => {
    const running = asked.get(issuer) ?? ask(issuer)
    asked.set(issuer, running)
    return running
  }
}

function untrusted(): RequestError {
  return refusal('ERR_ISSUER', {
    reason: 'issuer_mismatch',
    claim: 'iss',
    message: 'The token comes from an issuer that is not trusted here.',
  })
}
