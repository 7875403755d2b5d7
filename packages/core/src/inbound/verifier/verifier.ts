import { promisesCanBeShared } from '../../base/single-flight.ts'
import { createVerifiedTokens, type VerifiedTokens } from './verified-tokens.ts'
import { checkBinding, type Confirmation } from '../claims/key-binding.ts'
import { type JwtPayload, OPAQUE, readPayload, settlePayload } from '../claims/payload.ts'
import { type ClaimsPolicy, compileClaimsPolicy } from '../claims/policy.ts'
import type { Clock } from '../../base/clock.ts'
import {
  clockOption,
  describe,
  hasMethod,
  invalid,
  optionalFunction,
  requireNumber,
} from '../../base/options.ts'
import { RequestError } from '../../base/errors.ts'
import { explained } from './decode-token.ts'
import { partsOf } from '../../keys/key.ts'
import { malformed, parseCompact, type ProtectedHeader } from '../../jws/parse.ts'
import type { TokenIntrospection } from '../introspection/introspection.ts'
import { DEFAULT_MAX_TOKEN_LENGTH, verifyParsed } from '../../jws/verify.ts'
import { type KeySet, resolveKeySet } from './key-set.ts'
import type { KeysSnapshot } from '../remote-keys/held-set.ts'
import { notify, type Observe } from '../../base/observe.ts'
import type { CompiledOrigins } from '../../origin/matcher.ts'
import {
  type KnowingVerifier,
  requireVerifierOptions,
  type VerifierEvent,
  type VerifierHealth,
  type VerifierOptions,
} from './options.ts'
import type { OriginBinding, OriginCheck, VerifyContext } from './origin-binding.ts'
import { applySchema, optionalSchema, type PayloadSchema } from './schema.ts'
import { compileOnce, compileStanding, type StateCheck } from './state.ts'
import { createVerifiedToken, type VerifiedToken } from './verified-token.ts'

/** What is kept of a token whose signature holds: facts, and no verdict. */
interface Kept {
  readonly signed: VerifiedToken
  /** The same as it is given out, made once. Absent where a promise must not be shared. */
  readonly promise: Promise<VerifiedToken> | undefined
  /** The compiled origin patterns, where the verifier binds tokens to origins. */
  readonly origins: CompiledOrigins | undefined
}

const NO_CONTEXT: VerifyContext = Object.freeze({})
const NO_CONFIRMATION: Confirmation = Object.freeze({})

/**
 * Verifies JWTs: the signature, the time, the issuer, the audience, the type, the schema, whether they
 * were revoked or superseded, the origin that they are used from, what they are bound to, and whether
 * they were used before, in this order. Signatures that held are cached; everything else is judged on
 * every use. A token that is bound (`cnf`) is good with a proof of its key, or over a connection with its
 * certificate, alone.
 *
 * @example
 * ```ts
 * import { TokenVerifier } from '@mayfly/core'
 *
 * declare const publicKeyPem: string
 * const verifier = new TokenVerifier({
 *   issuer: 'https://auth.example.com',
 *   audience: 'https://api.example.com',
 *   keys: [{ algorithm: 'ES256', key: publicKeyPem }],
 * })
 * await verifier.warmUp() // reports an unusable key now, not at the first request
 * ```
 */
export class TokenVerifier<Payload = JwtPayload> implements KnowingVerifier<Payload> {
  readonly #keys: KeySet
  readonly #policy: ClaimsPolicy
  readonly #origin: OriginCheck | undefined
  readonly #schema: PayloadSchema<Payload> | undefined
  readonly #standing: StateCheck | undefined
  readonly #once: StateCheck | undefined
  /** Whether a known token can be judged without waiting for anything. */
  readonly #judgesAtOnce: boolean
  readonly #sharesPromises: boolean = promisesCanBeShared()
  readonly #cache: VerifiedTokens<Kept> | undefined
  readonly #introspection: Pick<TokenIntrospection, 'introspect'> | undefined
  readonly #maxTokenLength: number
  readonly #clock: Clock
  readonly #observe: Observe<VerifierEvent> | undefined
  readonly #explain: VerifierOptions['explain']

  /** @throws {OptionError} when an option is missing, unknown or unsound. */
  constructor(options: VerifierOptions<Payload>) {
    requireVerifierOptions(options)
    this.#policy = compileClaimsPolicy(options)
    this.#clock = clockOption(options.clock)
    this.#observe = optionalFunction(options.observe, 'observe')
    this.#explain = optionalFunction(options.explain, 'explain')
    this.#keys = resolveKeySet(options.keys, options.algorithms, {
      clock: this.#clock,
      observe: this.#observe,
      issuers: this.#policy.issuer,
    })
    this.#origin = optionalBinding(options.origin)?.forAudience(this.#policy.audience)
    this.#schema = optionalSchema(options.schema)
    this.#standing = compileStanding(options)
    this.#once = compileOnce(options, { checksOrigin: this.checksOrigin })
    const awaited = [this.#schema, this.#standing, this.#once]
    this.#judgesAtOnce = awaited.every((check) => check === undefined)
    this.#cache = createVerifiedTokens(options.cache)
    this.#introspection = optionalIntrospection(options.introspection)
    this.#maxTokenLength = requireNumber(
      options.maxTokenLength ?? DEFAULT_MAX_TOKEN_LENGTH,
      'maxTokenLength',
      { min: 1, integer: true, unit: 'characters' },
    )
  }

  /** Whether this verifier binds tokens to origins, so that an answer varies with `Origin`. */
  get checksOrigin(): boolean {
    return this.#origin !== undefined
  }

  /**
   * Imports the keys now, or fetches them, so that what is wrong with them is reported at the start.
   *
   * @throws {KeyError} what {@link importKey} throws, and {@link RemoteKeys.warmUp}.
   */
  async warmUp(): Promise<void> {
    await this.#keys.warmUp()
  }

  /** Says whether there are keys to verify tokens with. Asking begins a refresh that is due. */
  health(): VerifierHealth {
    const remote = this.#keys.remote?.health()
    if (remote === undefined) return { ready: true, keys: [] }
    const allowed = this.#keys.algorithms()
    return { ready: remote.algorithms.some((one) => allowed.includes(one)), keys: [remote] }
  }

  /**
   * Fetches the keys now, whatever their age: for an issuer that has withdrawn one. Keys that were given in
   * code stay as they are.
   *
   * @throws {KeyError} what {@link RemoteKeys.reload} throws.
   */
  async reload(): Promise<void> {
    await this.#keys.remote?.reload()
  }

  /** Gives what {@link RemoteKeys.snapshot} gives; `undefined` where no keys are fetched. */
  snapshot(): KeysSnapshot | undefined {
    return this.#keys.remote?.snapshot()
  }

  /**
   * Verifies a token.
   *
   * @param context where the token came from; left out, it is a request without an `Origin` header,
   * and without a proof that its sender holds a key.
   * @throws {RequestError} with status 401, with 403 or 400 for the origin, with 503 when a store or
   * the keys are out of reach; `reason` says why.
   */
  verify(token: string, context: VerifyContext = NO_CONTEXT): Promise<VerifiedToken<Payload>> {
    const startMs = this.#clock.now()
    const isAtOnce = this.#judgesAtOnce && context.proof === undefined
    const known = isAtOnce ? this.#find(token, startMs / 1000) : undefined
    if (known === undefined) return this.#verify(token, context, startMs)
    try {
      this.#judgeKnown(known, context, startMs, token)
      // Without a schema the payload's type is that of the claims.
      return (known.promise ?? Promise.resolve(known.signed)) as Promise<VerifiedToken<Payload>>
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** @internal */
  verifyKnown(
    verify: unknown,
    token: string,
    context: VerifyContext,
  ): VerifiedToken<Payload> | undefined {
    if (!this.#judgesAtOnce || context.proof !== undefined) return undefined
    if (verify !== TokenVerifier.prototype.verify) return undefined
    const startMs = this.#clock.now()
    const known = this.#find(token, startMs / 1000)
    if (known === undefined) return undefined
    this.#judgeKnown(known, context, startMs, token)
    return known.signed as VerifiedToken<Payload>
  }

  /**
   * Judges what may be otherwise at each use. Issuer, audience and all else that the token and the options
   * settle between them was judged before the token was kept, and neither of them changes.
   */
  #judgeKnown(
    { signed, origins }: Kept,
    context: VerifyContext,
    startMs: number,
    token: string,
  ): void {
    try {
      this.#policy.checkTime(signed, startMs / 1000)
      if (origins !== undefined) this.#origin?.check(origins, context)
      checkBinding(signed.confirmation ?? NO_CONFIRMATION, context)
    } catch (error) {
      throw this.#refused(error, startMs, token)
    }
    this.#accepted(true, startMs)
  }

  async #verify(
    token: string,
    context: VerifyContext,
    startMs: number,
  ): Promise<VerifiedToken<Payload>> {
    try {
      const version = this.#keys.lookup.version
      const cached = this.#find(token, startMs / 1000)
      const signed = cached?.signed ?? (await this.#readNew(token))
      if (cached !== undefined) this.#policy.checkTime(signed, startMs / 1000)
      const verified =
        this.#schema === undefined
          ? // Without a schema the payload's type is that of the claims.
            (signed as VerifiedToken<Payload>)
          : await withSchema(this.#schema, signed)
      const { origins } = cached ?? this.#keep(token, signed, version)
      if (this.#standing !== undefined) await this.#standing(signed.claims)
      if (origins !== undefined) this.#origin?.check(origins, context)
      checkBinding(signed.confirmation ?? NO_CONFIRMATION, context)
      await context.proof?.use()
      if (this.#once !== undefined) {
        // It may have ended while others were asked, and the store forgets tokens that have.
        this.#policy.checkTime(signed, this.#clock.now() / 1000)
        await this.#once(signed.claims)
      }
      this.#accepted(cached !== undefined, startMs)
      return verified
    } catch (error) {
      throw this.#refused(error, startMs, token)
    }
  }

  /** Reads a token that is not in the cache: its signature, and all that its claims say. */
  async #readNew(token: string): Promise<VerifiedToken> {
    if (this.#introspection !== undefined && isOpaque(token)) return this.#introspect(token)
    const parsed = parseCompact(token, {
      algorithms: this.#keys.algorithms(),
      maxTokenLength: this.#maxTokenLength,
    })
    const { payload: bytes, protectedHeader, key } = await verifyParsed(parsed, this.#keys.lookup)
    const payload = readPayload(bytes, this.#policy.reading)
    requireKeyIssuer(partsOf(key).issuer, payload)
    this.#policy.check({ payload, protectedHeader }, this.#clock.now() / 1000)
    return createVerifiedToken(payload, protectedHeader, this.#policy)
  }

  /** Asks the issuer about an opaque token, and judges the answer as the claims of a signed one. */
  async #introspect(token: string): Promise<VerifiedToken> {
    if (token.length > this.#maxTokenLength) throw malformed('The token is too long.')
    const answer = (await this.#introspection?.introspect(token)) ?? {}
    const payload = settlePayload({ ...answer }, this.#policy.reading)
    this.#policy.check({ payload, protectedHeader: OPAQUE }, this.#clock.now() / 1000)
    return createVerifiedToken(payload, OPAQUE as ProtectedHeader, this.#policy)
  }

  #find(token: unknown, now: number): Kept | undefined {
    if (typeof token !== 'string') return undefined
    return this.#cache?.get(token, this.#keys.lookup.version, now)
  }

  /** Keeps a token that was accepted but for its origin and its standing, which may change. */
  #keep(token: string, signed: VerifiedToken, version: number): Kept {
    const promise = this.#sharesPromises ? Promise.resolve(signed) : undefined
    const { claims } = signed
    const origins = this.#origin?.compile(claims)
    const kept = { signed, promise, origins }
    const { exp } = claims
    const expiresAt = exp === undefined ? undefined : exp + this.#policy.clockTolerance
    // What an issuer was asked about is kept there, and not for long.
    if (signed.protectedHeader !== OPAQUE) this.#cache?.set(token, kept, { version, expiresAt })
    return kept
  }

  #accepted(cached: boolean, startMs: number): void {
    if (this.#observe === undefined) return
    notify(this.#observe, { type: 'verify', cached, durationMs: this.#clock.now() - startMs })
  }

  /** Tells of a refusal, and adds to its message what the application knows about such a token. */
  #refused(error: unknown, startMs: number, token: string): unknown {
    if (!(error instanceof RequestError)) return error
    const { reason } = error
    notify(this.#observe, { type: 'deny', reason, durationMs: this.#clock.now() - startMs })
    return this.#explain === undefined ? error : explained(error, token, this.#explain)
  }
}

/** The tenant in either form of Microsoft's issuers, version 1 and 2. */
function microsoftTenant(issuer: string): string | undefined {
  const [, two, one] =
    /^https:\/\/(?:login\.microsoftonline\.com\/([^/]+)\/v2\.0|sts\.windows\.net\/([^/]+)\/)$/.exec(
      issuer,
    ) ?? []
  return two ?? one
}

/**
 * Holds a key to the issuer that it is published for: in a set that many tenants share, the key of one
 * must not verify another's tokens. Microsoft writes `{tenantid}` where any tenant may stand, and signs the
 * tokens of both versions of a tenant's issuer with one key.
 */
function requireKeyIssuer(
  of: string | undefined,
  payload: Readonly<Record<string, unknown>>,
): void {
  if (of === undefined || !of.startsWith('https://')) return
  const named = of.replace('{tenantid}', () => String(payload['tid']))
  const { iss } = payload
  if (named === iss) return
  const tenant = microsoftTenant(named)
  if (tenant !== undefined && tenant === microsoftTenant(String(iss))) return
  throw new RequestError('ERR_ISSUER', 'The key of this token is published for another issuer.', {
    reason: 'issuer_mismatch',
    claim: 'iss',
  })
}

/** The code that binds tokens comes with the binding: nothing here may load it. */
function optionalBinding(origin: OriginBinding | undefined): OriginBinding | undefined {
  if (origin === undefined || hasMethod(origin, 'forAudience')) return origin
  throw invalid(
    'origin',
    `"origin" must be made by originBinding, as in "origin: originBinding({ claim: 'aud' })", not ${describe(origin)}.`,
  )
}

/** As with all that not every verifier needs, its code comes with it. */
function optionalIntrospection(
  introspection: VerifierOptions['introspection'],
): VerifierOptions['introspection'] {
  if (introspection === undefined || hasMethod(introspection, 'introspect')) return introspection
  throw invalid(
    'introspection',
    `"introspection" must be a TokenIntrospection, not ${describe(introspection)}.`,
  )
}

/** Whether a token is no JWT: those have three parts, and a header that is a JSON object in base64url. */
function isOpaque(token: unknown): token is string {
  return typeof token === 'string' && token !== '' && !/^ey[\w-]*(?:\.[^.]*){2}$/.test(token)
}

async function withSchema<Payload>(
  schema: PayloadSchema<Payload>,
  signed: VerifiedToken,
): Promise<VerifiedToken<Payload>> {
  const payload = await applySchema(schema, signed.claims)
  return Object.freeze({ ...signed, payload })
}
