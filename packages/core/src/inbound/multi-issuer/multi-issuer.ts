import { createVerifiedTokens, type VerifiedTokens } from '../verifier/verified-tokens.ts'
import { issuerCheck } from '../claims/identity.ts'
import type { JwtPayload, TokenCheck } from '../claims/payload.ts'
import type { Clock } from '../../base/clock.ts'
import { clockOption, invalid, optionalFunction } from '../../base/options.ts'
import { RequestError } from '../../base/errors.ts'
import { DEFAULT_MAX_TOKEN_LENGTH } from '../../jws/verify.ts'
import { inEntry, type MultiIssuerOptions, namesOf, requireMultiIssuerOptions } from './options.ts'
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
import { decodeBase64url } from '../../base/base64url.ts'
import { type JsonObject, parseJsonObject } from '../../base/json.ts'
import { malformed } from '../../jws/parse.ts'

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
  readonly #verifiers: ReadonlyMap<string, TokenVerifier<Payload>>
  readonly #checkIssuer: TokenCheck
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
    const { issuers, ...shared } = options
    this.#clock = clockOption(shared.clock)
    this.#observe = optionalFunction(shared.observe, 'observe')
    const verifiers = new Map<string, TokenVerifier<Payload>>()
    for (const [index, entry] of issuers.entries()) {
      inEntry(index, () => {
        const names = namesOf(entry)
        // What is still missing then, the verifier itself asks for.
        const own = { ...shared, ...entry } as VerifierOptions<Payload>
        const verifier = new TokenVerifier(own)
        for (const name of names) {
          if (verifiers.has(name)) throw invalid('issuer', `"issuer": ${name} stands twice.`)
          verifiers.set(name, verifier)
        }
      })
    }
    this.#verifiers = verifiers
    this.#checkIssuer = issuerCheck([...verifiers.keys()])
    this.#maxTokenLength = Math.max(
      ...issuers.map(
        (entry) => entry.maxTokenLength ?? shared.maxTokenLength ?? DEFAULT_MAX_TOKEN_LENGTH,
      ),
    )
    this.#known = createVerifiedTokens(shared.cache)
    this.checksOrigin = this.#all().some((verifier) => verifier.checksOrigin)
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
    const verifier = this.#choose(token)
    const verified = await verifier.verify(token, context)
    this.#known?.set(token, verifier, { version: 0, expiresAt: undefined })
    return verified
  }

  #choose(token: unknown): TokenVerifier<Payload> {
    const startMs = this.#clock.now()
    try {
      const payload = readUnverified(token, this.#maxTokenLength)
      this.#checkIssuer({ payload, protectedHeader: {} })
      const verifier = this.#verifiers.get(String(payload['iss']))
      if (verifier !== undefined) return verifier
      throw new TypeError('An issuer that is trusted has no verifier.')
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

/**
 * Reads the payload of a token whose signature nobody has checked. None of it may be believed: it
 * chooses who checks the token, and is then read again from the bytes that were verified.
 *
 * @throws {RequestError} 401 `ERR_TOKEN_MALFORMED`.
 */
function readUnverified(token: unknown, maxTokenLength: number): JsonObject {
  if (typeof token !== 'string') throw malformed('The token is not text.')
  if (token.length > maxTokenLength) {
    throw malformed(`The token is longer than ${maxTokenLength} characters.`)
  }
  const start = token.indexOf('.') + 1
  const end = token.lastIndexOf('.')
  // With more dots than two there is one in the payload, and that is no base64url.
  if (start === 0 || start > end) {
    throw malformed('The token does not have the three parts of a signed token.')
  }
  const bytes = decodeBase64url(token.slice(start, end))
  const payload = bytes && parseJsonObject(bytes)
  if (payload !== undefined) return payload
  throw malformed("The token's payload is not a JSON object.")
}
