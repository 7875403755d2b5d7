import type { Clock } from '../../base/clock.ts'
import { Cooldown } from '../../base/cooldown.ts'
import { SourceError } from '../../base/errors.ts'
import { optionalName, requireName } from '../../base/identifiers.ts'
import type { JsonObject } from '../../base/json.ts'
import { invalid } from '../../base/options.ts'
import { BodyTooLong } from '../../http/call.ts'
import { requireEndpoint } from '../../http/endpoint.ts'
import {
  createExchange,
  type Exchange,
  type ExchangeRequest,
  type ExchangeResponse,
  jsonOf,
} from '../../http/exchange.ts'
import { ServerMetadata } from '../../http/server-metadata.ts'
import {
  byPrivateKey,
  bySecret,
  type ClientAuthentication,
} from '../sources/client-authentication.ts'
import { isPermanent } from '../sources/exchanged-oauth-answer.ts'
import { refusalError } from '../sources/exchanged-quote.ts'
import { requirePrivateKey } from '../sources/signed-signing.ts'
import { formOf, type FormFields, ownParameters } from '../sources/token-parameters.ts'
import type { GrantClient, GrantFacts, GrantRecord } from './record.ts'

/** Where refresh tokens are redeemed. A preset gives these options; or name a server yourself. */
export interface GrantServerOptions {
  /** The token endpoint. Give this or `issuer`; or each grant has its own. */
  readonly endpoint?: string
  /** The issuer, to the letter: its endpoints are looked up (RFC 8414, OpenID Connect Discovery). */
  readonly issuer?: string
  /** The revocation endpoint (RFC 7009). Default: the issuer's, where it names one. */
  readonly revocationEndpoint?: string
  readonly client: GrantClient
  /** Further parameters of each refresh, such as `resource` (RFC 8707). */
  readonly parameters?: Readonly<Record<string, string>>
  readonly facts?: Partial<GrantFacts>
}

/** What came of a request that was sent once. */
export type Outcome =
  | { readonly kind: 'tokens'; readonly response: JsonObject; readonly error?: never }
  /** The server's own word: the refresh token is of no use. */
  | {
      readonly kind: 'ended'
      readonly error: SourceError
      readonly said: 'revoked' | 'expired' | undefined
    }
  /** Surely not processed: the refresh token is unspent. */
  | { readonly kind: 'refused'; readonly error: SourceError }
  /** The refresh token may be spent, and its answer is lost. */
  | { readonly kind: 'ambiguous'; readonly error: SourceError }

interface Endpoints {
  readonly token: URL | undefined
  readonly revocation: URL | undefined
  readonly methods: readonly string[] | undefined
}

/** The authorization server, as one client sees it. */
export class GrantServer {
  readonly facts: GrantFacts
  /** Names the server and the client. */
  readonly name: string
  readonly #authentication: ClientAuthentication
  readonly #endpoints: Endpoints
  readonly #metadata: ServerMetadata | undefined
  readonly #parameters: FormFields
  readonly #exchange: Exchange
  readonly #clock: Clock
  readonly #unprepared: Cooldown

  constructor(
    options: GrantServerOptions,
    http: { readonly fetch?: typeof fetch | undefined; timeoutMs: number; clock: Clock },
  ) {
    const { endpoint, issuer, revocationEndpoint, client } = options
    if (endpoint !== undefined && issuer !== undefined) {
      throw invalid('issuer', '"endpoint" and "issuer" exclude each other.')
    }
    this.facts = { ...STANDARD, ...options.facts }
    this.#clock = http.clock
    this.#unprepared = new Cooldown(http.clock, { firstMs: 250 })
    this.#exchange = createExchange(http)
    this.#metadata = issuer === undefined ? undefined : new ServerMetadata(issuer, http.clock)
    this.#endpoints = {
      token: endpoint === undefined ? undefined : requireEndpoint(endpoint, 'endpoint'),
      revocation:
        revocationEndpoint === undefined
          ? undefined
          : requireEndpoint(revocationEndpoint, 'revocationEndpoint'),
      methods: undefined,
    }
    this.#authentication = authenticationOf(client, issuer ?? endpoint ?? '', http.clock)
    this.#parameters = ownParameters(options.parameters)
    this.name = JSON.stringify([this.facts.name, issuer ?? endpoint, client.clientId])
  }

  /**
   * Makes ready for one refresh; the function that it gives sends it, once, and never rejects.
   *
   * @throws {SourceError} when the server's metadata or the client's credentials cannot be had. Nothing
   * was sent then.
   */
  async prepare(record: GrantRecord): Promise<() => Promise<Outcome>> {
    const url = await this.#guarded(async () => {
      const { token } = await this.#find()
      const own =
        record.endpoint === undefined ? token : requireEndpoint(record.endpoint, 'endpoint')
      if (own !== undefined) return own
      throw new SourceError('ERR_MINT_FAILED', 'The grant has no token endpoint: save it with one.')
    })
    const request = await this.#guarded(() =>
      this.#request(url, [
        ['grant_type', 'refresh_token'],
        ['refresh_token', record.refreshToken],
        ...this.#parameters,
      ]),
    )
    return () => this.#send(request)
  }

  /**
   * Revokes a refresh token at the server (RFC 7009), where that can be done at all.
   *
   * @throws {SourceError} when the server did not take it.
   */
  async revoke(record: GrantRecord): Promise<void> {
    const { revocation } = await this.#find()
    const own = this.facts.revocation?.(record)
    if (revocation === undefined && own === undefined) return
    const request =
      own ??
      (await this.#request(revocation as URL, [
        ['token', record.refreshToken],
        ['token_type_hint', 'refresh_token'],
      ]))
    const answer = await this.#exchange(request)
    const refusal = readRefusal(answer)
    // Gone already is what was wanted.
    const isGone = ['invalid_token', ...this.facts.endedErrors].includes(refusal.error ?? '')
    const isDone = answer.status >= 200 && answer.status < 300 && refusal.error === undefined
    if (!isGone && !isDone) throw refusalError(answer, refusal, { request, offsetMs: 0 })
  }

  async #find(): Promise<Endpoints> {
    if (this.#metadata === undefined) return this.#endpoints
    const found = await this.#metadata.get(this.#exchange, undefined)
    const { revocation_endpoint: revocation, token_endpoint_auth_methods_supported: methods } =
      found
    const named = this.#endpoints.revocation
    return {
      token: requireEndpoint(found['token_endpoint'], 'token_endpoint'),
      revocation:
        named ??
        (revocation === undefined ? undefined : requireEndpoint(revocation, 'revocation_endpoint')),
      methods: Array.isArray(methods) ? methods.map(String) : undefined,
    }
  }

  async #request(url: URL, fields: FormFields): Promise<ExchangeRequest> {
    const asking = { clock: this.#clock, signal: undefined, exchange: this.#exchange }
    const { methods } = await this.#find()
    const credentials = await this.#authentication.credentials(asking, methods)
    return { url, headers: credentials.headers, body: formOf([...fields, ...credentials.fields]) }
  }

  /** Nothing in a store holds back what fails before a request is sent. */
  async #guarded<Value>(task: () => Promise<Value>): Promise<Value> {
    const { remainingMs } = this.#unprepared
    if (remainingMs > 0) throw braked(remainingMs)
    try {
      const value = await task()
      this.#unprepared.succeed()
      return value
    } catch (cause) {
      this.#unprepared.fail({ permanent: false, retryAfterMs: undefined })
      if (cause instanceof SourceError) throw cause
      throw new SourceError('ERR_MINT_FAILED', 'The refresh cannot be prepared.', { cause })
    }
  }

  async #send(request: ExchangeRequest): Promise<Outcome> {
    try {
      return this.#judge(await this.#exchange(request), request)
    } catch (error) {
      const failed =
        error instanceof SourceError
          ? error
          : new SourceError('ERR_MINT_FAILED', 'The refresh failed.', { cause: error })
      return { kind: neverArrived(failed) ? 'refused' : 'ambiguous', error: failed }
    }
  }

  #judge(answer: ExchangeResponse, request: ExchangeRequest): Outcome {
    const { status } = answer
    const json = jsonOf(answer)
    const isGood = status >= 200 && status < 300
    const hasTokens = typeof json?.['access_token'] === 'string' || 'refresh_token' in (json ?? {})
    if (isGood && hasTokens && json !== undefined) return { kind: 'tokens', response: json }
    const refusal = readRefusal(answer)
    const { error: word, description } = refusal
    // What a server says with 200 is a refusal like any other.
    const quoted = isGood ? { ...answer, status: 400 } : answer
    const error = refusalError(quoted, refusal, { request, offsetMs: 0 })
    if (word !== undefined && status < 500 && this.facts.endedErrors.includes(word)) {
      return { kind: 'ended', error, said: saidOf(description) }
    }
    const isAmbiguous = (isGood && word === undefined) || (status >= 500 && status !== 503)
    return { kind: isAmbiguous ? 'ambiguous' : 'refused', error }
  }
}

/** What holds where a preset says nothing. */
const STANDARD: GrantFacts = {
  name: 'oauth',
  defaultLifetime: 3600,
  endedErrors: ['invalid_grant'],
  endsInField: 'refresh_token_expires_in',
}

/** Makes the error for a request that has to wait. */
export function braked(retryAfterMs: number): SourceError {
  return new SourceError(
    'ERR_MINT_FAILED',
    `The last refresh failed; the next one goes out in ${Math.ceil(retryAfterMs / 1000)} s.`,
    { retryAfterMs },
  )
}

function authenticationOf(
  client: GrantClient,
  audience: string,
  clock: Clock,
): ClientAuthentication {
  const clientId = requireName(client?.clientId, 'client.clientId', 1024)
  const { clientSecret, privateKey, authentication, algorithm, assertion } = client
  if (clientSecret !== undefined && privateKey !== undefined) {
    throw invalid('client.privateKey', '"clientSecret" and "privateKey" exclude each other.')
  }
  if (clientSecret !== undefined) return bySecret(clientId, clientSecret, authentication)
  if (privateKey === undefined) {
    return {
      dated: false,
      credentials: async () => ({ headers: {}, fields: [['client_id', clientId]] }),
    }
  }
  const keyId = optionalName(client.keyId, 'client.keyId', 1024)
  const parts = { clientId, audience, key: requirePrivateKey(privateKey), keyId, algorithm }
  return byPrivateKey({ ...parts, options: assertion, clock })
}

/** Vendors put their word into `error` (RFC 6749 section 5.2) or, as HubSpot, into `status`. */
function readRefusal(answer: ExchangeResponse): {
  readonly error: string | undefined
  readonly description: unknown
  readonly permanent: boolean
} {
  const { error, status, error_description: said, message } = jsonOf(answer) ?? {}
  const word = typeof error === 'string' ? error : status
  const code = typeof word === 'string' && /^[\w.-]{1,64}$/.test(word) ? word : undefined
  return { error: code, description: said ?? message, permanent: isPermanent(code) }
}

function saidOf(description: unknown): 'revoked' | 'expired' | undefined {
  const text = typeof description === 'string' ? description : ''
  const [word] = /\b(?:revoked|expired)\b/i.exec(text) ?? []
  return word?.toLowerCase() as 'revoked' | 'expired' | undefined
}

/** Failures before a byte of the request was sent: no name, no connection, no TLS. */
const NOT_SENT =
  /^(?:ENOTFOUND|EAI_\w+|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|UNABLE_TO_\w+|ERR_TLS_\w+|ERR_SSL_\w+|EPROTO)$/

function neverArrived(error: SourceError): boolean {
  if (error.code === 'ERR_MINT_TIMEOUT') return false
  // A redirect: the server has answered, and not with tokens.
  if (error.cause === undefined) return true
  for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof BodyTooLong) return false
    const code: unknown = 'code' in cause ? cause.code : undefined
    if (typeof code === 'string' && NOT_SENT.test(code)) return true
    if (cause instanceof AggregateError) return cause.errors.every((one) => isNotSent(one))
  }
  return false
}

function isNotSent(error: unknown): boolean {
  return NOT_SENT.test(String((error as { code?: unknown }).code))
}
