import { sha256 } from '../../base/base64url.ts'
import { type Clock, deadline, untilAborted } from '../../base/clock.ts'
import { RequestError } from '../../base/errors.ts'
import { type JsonObject, parseJsonObject } from '../../base/json.ts'
import {
  clockOption,
  invalid,
  optionalFunction,
  optionalString,
  refuseUnknownOptions,
  requireNumber,
  requireOptions,
} from '../../base/options.ts'
import { promisesCanBeShared } from '../../base/single-flight.ts'
import { callOnce } from '../../http/call.ts'
import { requireEndpoint } from '../../http/endpoint.ts'

/** What a {@link TokenIntrospection} is told. */
export interface IntrospectionOptions {
  /** The introspection endpoint of the issuer: https, or http on loopback. */
  readonly endpoint: string | URL
  /** The name by which this API asks, with `clientSecret` (`client_secret_basic`, RFC 6749 section 2.3.1). */
  readonly clientId?: string
  readonly clientSecret?: string
  /** Gives the `Authorization` field in their place, such as a bearer token. It is asked for each call. */
  readonly authorization?: () => string | Promise<string>
  /**
   * How long an answer of an active token is used, in milliseconds, at most 30 000: a revocation takes so
   * long to be noticed. 0: not at all. Default 30 000.
   */
  readonly cacheMaxAgeMs?: number
  /** Answers kept at the most. Default 5000. */
  readonly max?: number
  /** Calls under way at the most; more tokens are answered 503. Default 100. */
  readonly maxCalls?: number
  /** How long a call may take, in milliseconds. Default 5000. */
  readonly timeoutMs?: number
  /** The `fetch` underneath. Default: the global one. */
  readonly fetch?: typeof fetch
  readonly clock?: Clock
}

interface Kept {
  readonly claims: JsonObject
  readonly fromMs: number
  readonly untilMs: number
}

/** No answer about a token is longer than this. */
const MAX_BYTES = 65_536

/**
 * Asks an issuer about opaque tokens (RFC 7662). A `TokenVerifier` takes one as its option `introspection`:
 * tokens that are no JWTs are asked about, and what is answered is judged by the same rules as the claims of
 * one.
 *
 * Only answers that a token is active are kept, under the SHA-256 of the token, and never past its `exp`.
 *
 * @example
 * ```ts
 * import { TokenIntrospection, TokenVerifier } from '@mayfly/core'
 *
 * declare const clientSecret: string
 * const issuer = 'https://login.example.com'
 * const introspection = new TokenIntrospection({
 *   endpoint: `${issuer}/introspect`,
 *   clientId: 'orders',
 *   clientSecret,
 * })
 * const verifier = new TokenVerifier({ issuer, audience: 'orders', keys: { issuer }, introspection })
 * ```
 */
export class TokenIntrospection {
  readonly #endpoint: URL
  readonly #authorize: () => string | Promise<string>
  readonly #limits: { readonly ageMs: number; readonly calls: number; readonly timeoutMs: number }
  readonly #fetch: typeof fetch | undefined
  readonly #clock: Clock
  readonly #kept = new Map<string, Kept>()
  readonly #max: number
  readonly #running = new Map<string, Promise<JsonObject>>()
  readonly #shares: boolean = promisesCanBeShared()
  #calls = 0

  /** @throws {OptionError} when an option is missing, unknown or unsound. */
  constructor(options: IntrospectionOptions) {
    requireOptions(options, 'TokenIntrospection')
    refuseUnknownOptions(options, OPTIONS, 'TokenIntrospection')
    this.#endpoint = requireEndpoint(options.endpoint, 'endpoint')
    this.#authorize = readAuthorization(options)
    const ms = (name: 'cacheMaxAgeMs' | 'timeoutMs', usual: number, min: number, max: number) =>
      requireNumber(options[name] ?? usual, name, { min, max, unit: 'milliseconds' })
    const count = (name: 'max' | 'maxCalls', usual: number, unit: string) =>
      requireNumber(options[name] ?? usual, name, { min: 1, max: 1e6, integer: true, unit })
    this.#limits = {
      ageMs: ms('cacheMaxAgeMs', 30_000, 0, 30_000),
      timeoutMs: ms('timeoutMs', 5000, 1, 600_000),
      calls: count('maxCalls', 100, 'calls'),
    }
    this.#max = count('max', 5000, 'answers')
    this.#fetch = optionalFunction(options.fetch, 'fetch')
    this.#clock = clockOption(options.clock)
  }

  /**
   * Asks about a token, and gives what the issuer says of it. Nothing of that is judged yet.
   *
   * @throws {RequestError} 401 `ERR_TOKEN_INACTIVE`; 503 `ERR_INTROSPECTION_UNAVAILABLE` when the endpoint
   * cannot be asked, or answers with anything else.
   */
  async introspect(token: string): Promise<JsonObject> {
    const hash = await sha256(token)
    const now = this.#clock.now()
    const kept = this.#kept.get(hash)
    if (kept !== undefined && now >= kept.fromMs && now < kept.untilMs) return kept.claims
    const running = this.#shares ? this.#running.get(hash) : undefined
    if (running !== undefined) return running
    const asking = this.#ask(token, hash).finally(() => this.#running.delete(hash))
    if (this.#shares) this.#running.set(hash, asking)
    return asking
  }

  async #ask(token: string, hash: string): Promise<JsonObject> {
    const fromMs = this.#clock.now()
    const claims = await this.#call(token)
    if (claims['active'] === false) {
      this.#kept.delete(hash)
      throw new RequestError(
        'ERR_TOKEN_INACTIVE',
        'The issuer says that the token is not active.',
        {
          reason: 'token_inactive',
        },
      )
    }
    if (claims['active'] !== true) throw unavailable(new TypeError('There is no "active".'))
    requireAccessToken(claims)
    const { exp } = claims
    const endMs = typeof exp === 'number' ? exp * 1000 : Infinity
    const untilMs = Math.min(fromMs + this.#limits.ageMs, endMs)
    // What is given out is judged and frozen: each one who asks gets it, and nobody changes it.
    if (untilMs > fromMs) this.#keep(hash, { claims, fromMs, untilMs })
    return claims
  }

  /** The oldest makes room: none is of use for longer than half a minute. */
  #keep(hash: string, kept: Kept): void {
    this.#kept.delete(hash)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size >= this.#max && oldest !== undefined) this.#kept.delete(oldest)
    this.#kept.set(hash, kept)
  }

  async #call(token: string): Promise<JsonObject> {
    if (this.#calls >= this.#limits.calls)
      throw unavailable(new Error('Too many calls are under way.'))
    this.#calls += 1
    const limit = deadline(this.#clock, this.#limits.timeoutMs)
    try {
      return await untilAborted(this.#send(token, limit.signal), limit.signal)
    } catch (error) {
      throw unavailable(error)
    } finally {
      this.#calls -= 1
      limit.end()
    }
  }

  async #send(token: string, signal: AbortSignal): Promise<JsonObject> {
    const authorization = await this.#authorize()
    const { status, text } = await callOnce(
      {
        url: this.#endpoint,
        headers: { authorization },
        body: new URLSearchParams({ token, token_type_hint: 'access_token' }),
      },
      {
        fetch: this.#fetch ?? globalThis.fetch,
        clock: this.#clock,
        signal,
        maxBytes: MAX_BYTES,
      },
    )
    const claims = parseJsonObject(new TextEncoder().encode(text), { once: [...JUDGED] })
    if (status === 200 && claims !== undefined) return claims
    throw new Error(
      `The introspection endpoint answered ${status}${claims ? '' : ' without JSON'}.`,
    )
  }

  get [Symbol.toStringTag](): string {
    return 'TokenIntrospection'
  }
}

const OPTIONS = [
  'endpoint',
  'clientId',
  'clientSecret',
  'authorization',
  'cacheMaxAgeMs',
  'max',
  'maxCalls',
  'timeoutMs',
  'fetch',
  'clock',
] as const

/** Members that decide something: named twice, nobody knows which counts. */
const JUDGED = [
  'active',
  'iss',
  'aud',
  'exp',
  'nbf',
  'iat',
  'sub',
  'jti',
  'scope',
  'cnf',
  'client_id',
]

function readAuthorization(options: IntrospectionOptions): () => string | Promise<string> {
  const clientId = optionalString(options.clientId, 'clientId')
  const clientSecret = optionalString(options.clientSecret, 'clientSecret')
  const own = optionalFunction(options.authorization, 'authorization')
  if (own !== undefined) {
    if (clientId === undefined && clientSecret === undefined) return own
    throw invalid(
      'authorization',
      'Give "authorization", or "clientId" and "clientSecret", not both.',
    )
  }
  if (clientId === undefined || clientSecret === undefined) {
    throw invalid(
      'clientId',
      'Give "clientId" and "clientSecret", or "authorization": whoever asks has to say who.',
    )
  }
  // Encoded as in a form before it is put together (RFC 6749 section 2.3.1).
  const encoded = [clientId, clientSecret].map((text) =>
    new URLSearchParams({ t: text }).toString().slice(2),
  )
  const header = `Basic ${btoa(encoded.join(':'))}`
  return () => header
}

/** A refresh token is active too, and opens nothing. */
function requireAccessToken({ token_type: type, token_use: use, typ }: JsonObject): void {
  if (
    ![type, use, typ].some((one) => typeof one === 'string' && /refresh|\bid\b|id_token/i.test(one))
  )
    return
  throw new RequestError('ERR_TOKEN_TYPE', 'The token is no access token.', {
    reason: 'type_mismatch',
    claim: 'token_type',
  })
}

function unavailable(cause: unknown): RequestError {
  if (cause instanceof RequestError) return cause
  return new RequestError(
    'ERR_INTROSPECTION_UNAVAILABLE',
    'The token cannot be asked about at the moment.',
    { reason: 'introspection_unavailable', status: 503, headers: { 'retry-after': '5' }, cause },
  )
}
