import type { Clock } from '../base/clock.ts'
import { decodeBase64url } from '../base/base64url.ts'
import { parseJsonObject } from '../base/json.ts'
import {
  clockOption,
  describe,
  invalid,
  optionalFunction,
  optionalNumber,
  refuseUnknownOptions,
  requireOptions,
} from '../base/options.ts'
import { RequestError } from '../base/errors.ts'
import { readAuthorization } from '../server/guard/bearer.ts'
import { invalidRequest, tokenMissing } from '../server/guard/request.ts'
import { keyUnknown, malformed, type ParsedJws, parseCompact } from '../jws/parse.ts'
import { DEFAULT_MAX_TOKEN_LENGTH, verifyParsed } from '../jws/verify.ts'
import { notify, type Observe } from '../base/observe.ts'
import { MemoryOneTimeGuard, type OneTimeGuard } from '../inbound/state/expiring-ids.ts'
import type { VerifierEvent } from '../inbound/verifier/options.ts'
import { compileOnce, type StateCheck } from '../inbound/verifier/state.ts'
import { requireClaims, requireText, type VonageWebhookClaims } from './vonage-webhook/claims.ts'
import { queryPayload, requirePayload } from './vonage-webhook/payload-hash.ts'
import { compileSecrets, type SecretFinder, type VonageSecrets } from './vonage-webhook/secrets.ts'

/** A webhook as it came in. */
export interface VonageWebhookRequest {
  /** The value of the `Authorization` header, or all of them where it came more than once. */
  readonly authorization: string | readonly string[] | undefined
  /**
   * The bytes of the body, as they came in: what a parser made of them has another hash. A function is
   * called once the token has been accepted, so that nobody makes a server read a body for nothing.
   */
  readonly body: Uint8Array | (() => Uint8Array | Promise<Uint8Array>)
  /** The query of a GET request, which has no body; to be left out for all others. */
  readonly query?: string
}

/** Options of {@link verifyVonageWebhook}. */
export interface VonageWebhookOptions {
  /** The signature secrets of the accounts, by API key, or a function that finds them. */
  readonly secrets: VonageSecrets
  /** Seconds that a webhook's `iat` may lie from now, in either direction. Default 300. */
  readonly maxAge?: number
  /**
   * Accepts each webhook once, by its `jti`, which Vonage gives to one token and no other. Default: a
   * memory of this process; several processes need a store that they share. `null` accepts a webhook as
   * often as it comes within `maxAge`.
   */
  readonly once?: OneTimeGuard | null
  readonly clock?: Clock
  /** Gets an event for each webhook, accepted or not. */
  readonly observe?: Observe<VerifierEvent>
}

/** The names of {@link VonageWebhookOptions}. */
export const WEBHOOK_OPTIONS = ['secrets', 'maxAge', 'once', 'clock', 'observe'] as const

const ALGORITHMS = ['HS256'] as const

/** So many webhooks within `maxAge` are remembered by default; more are answered 503. */
const MAX_USED = 1_000_000

/** What {@link verifyVonageWebhook} remembers from one call to the next, by the clock that it goes by. */
const usedBefore = new WeakMap<Clock, OneTimeGuard>()

/**
 * Verifies the signed webhooks of Vonage: its options are checked, and its secrets imported, once.
 *
 * @example
 * ```ts
 * import { VonageWebhookVerifier } from '@mayfly/core/vendors'
 *
 * export function createReceiver(secret: string): (request: Request) => Promise<Response> {
 *   const verifier = new VonageWebhookVerifier({ secrets: { abcd1234: secret } })
 *   return async (request) => {
 *     const authorization = request.headers.get('authorization') ?? undefined
 *     const body = new Uint8Array(await request.arrayBuffer())
 *     const { application_id } = await verifier.verify({ authorization, body })
 *     console.log(application_id, JSON.parse(new TextDecoder().decode(body)))
 *     return new Response()
 *   }
 * }
 * ```
 */
export class VonageWebhookVerifier {
  readonly #findKeys: SecretFinder
  readonly #maxAge: number
  readonly #once: StateCheck | undefined
  readonly #clock: Clock
  readonly #observe: Observe<VerifierEvent> | undefined

  /** @throws {OptionError} when an option is missing, unknown or unsound. */
  constructor(options: VonageWebhookOptions) {
    requireOptions(options, 'VonageWebhookVerifier')
    refuseUnknownOptions(options, WEBHOOK_OPTIONS, 'VonageWebhookVerifier')
    this.#findKeys = compileSecrets(options.secrets)
    this.#maxAge = optionalNumber(options.maxAge, 'maxAge', { min: 1, max: 86_400 }) ?? 300
    this.#clock = clockOption(options.clock)
    const { once = memoryFor(this.#clock) } = options
    this.#once = once === null ? undefined : compileOnce({ once }, { checksOrigin: false })
    this.#observe = optionalFunction(options.observe, 'observe')
  }

  /**
   * Verifies a webhook: its signature (HS256, by the secret of the account in `api_key`), `iss`, the
   * age of `iat`, that `payload_hash` is the body's, and that it was not used before.
   *
   * @throws {RequestError} with status 401, with 400 for a request that is none, with 503 when the
   * store of `once` is out of reach; `reason` says why.
   * @throws {OptionError} `ERR_OPTION_INVALID` for a body that is not bytes.
   */
  async verify(request: VonageWebhookRequest): Promise<VonageWebhookClaims> {
    const startMs = this.#clock.now()
    try {
      const claims = await this.#judge(request)
      const durationMs = this.#clock.now() - startMs
      notify(this.#observe, { type: 'verify', cached: false, durationMs })
      return claims
    } catch (error) {
      const durationMs = this.#clock.now() - startMs
      if (error instanceof RequestError) {
        notify(this.#observe, { type: 'deny', reason: error.reason, durationMs })
      }
      throw error
    }
  }

  async #judge({ authorization, body, query }: VonageWebhookRequest): Promise<VonageWebhookClaims> {
    const claims = await this.#checkToken(bearerOf(authorization))
    const bytes = requireBytes(typeof body === 'function' ? await body() : body)
    if (query !== undefined && bytes.length > 0) {
      throw invalidRequest('What is signed of a GET request is its query; this one has a body too.')
    }
    await requirePayload(claims.payload_hash, query === undefined ? bytes : queryPayload(query))
    // One second more, so that it is not forgotten in the second in which it is still accepted.
    await this.#once?.({ ...claims, exp: claims.iat + this.#maxAge + 1 })
    return claims
  }

  async #checkToken(token: string): Promise<VonageWebhookClaims> {
    const parsed = parseCompact(token, {
      algorithms: ALGORITHMS,
      maxTokenLength: DEFAULT_MAX_TOKEN_LENGTH,
    })
    const keys = await this.#findKeys(apiKeyOf(parsed))
    if (keys === undefined) throw keyUnknown()
    const { payload } = await verifyParsed(parsed, keys)
    const claims = parseJsonObject(payload)
    if (claims === undefined) throw notAnObject()
    return requireClaims(claims, this.#clock.now() / 1000, this.#maxAge)
  }
}

/**
 * Verifies one signed webhook, with a {@link VonageWebhookVerifier} of its own. What was used before is
 * remembered from call to call, unless `once` says otherwise. For Express and Koa there is
 * `vonageWebhook`, which takes care of the body.
 *
 * See https://developer.vonage.com/en/getting-started/concepts/webhooks
 *
 * @throws {RequestError} with status 401, 400 or 503; `reason` says why.
 * @throws {OptionError} when an option is missing, unknown or unsound, or the body is not bytes.
 *
 * @example
 * ```ts
 * import { verifyVonageWebhook } from '@mayfly/core/vendors'
 *
 * declare const event: { headers: Record<string, string>; body: string }
 * declare const secrets: Record<string, string>
 * const claims = await verifyVonageWebhook(
 *   { authorization: event.headers['authorization'], body: new TextEncoder().encode(event.body) },
 *   { secrets },
 * )
 * console.log(claims.api_key, claims.jti)
 * ```
 */
export async function verifyVonageWebhook(
  request: VonageWebhookRequest,
  options: VonageWebhookOptions,
): Promise<VonageWebhookClaims> {
  requireOptions(options, 'verifyVonageWebhook')
  const clock = clockOption(options.clock)
  const known = usedBefore.get(clock) ?? memoryFor(clock)
  usedBefore.set(clock, known)
  const { once = known } = options
  return new VonageWebhookVerifier({ ...options, once }).verify(request)
}

function memoryFor(clock: Clock): OneTimeGuard {
  return new MemoryOneTimeGuard({ max: MAX_USED, clock })
}

function bearerOf(authorization: VonageWebhookRequest['authorization']): string {
  const values = typeof authorization === 'string' ? [authorization] : (authorization ?? [])
  const token = readAuthorization({ header: () => values })
  if (token !== undefined) return token
  throw tokenMissing(
    'This takes webhooks that Vonage has signed. If this is one, switch signed webhooks on for the application.',
  )
}

/** Reads which account a token claims to be from: that decides which secret it is judged by. */
function apiKeyOf({ encodedPayload }: ParsedJws): string {
  const bytes = decodeBase64url(encodedPayload)
  const payload = bytes && parseJsonObject(bytes)
  if (payload === undefined) throw notAnObject()
  return requireText(payload, 'api_key')
}

function notAnObject(): RequestError {
  return malformed('The payload of the token is not one JSON object in base64url.')
}

function requireBytes(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body
  throw invalid(
    'body',
    `"body" must be the bytes of the body as they came in, not ${describe(body)}: the hash is of those.`,
  )
}
