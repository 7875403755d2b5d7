import { optionalName, requireName } from '../base/identifiers.ts'
import { type Algorithm } from '../keys/algorithms.ts'
import type { Clock } from '../base/clock.ts'
import type { DpopProver } from '../outbound/dpop/prover.ts'
import type { JsonObject } from '../base/json.ts'
import {
  clockOption,
  invalid,
  optionalNumber,
  optionalStrings,
  refuseUnknownOptions,
  requireOptions,
} from '../base/options.ts'
import { OptionError, SourceError } from '../base/errors.ts'
import { type Asking, exchangedSource } from '../outbound/sources/exchanged-source.ts'
import { exchangedId, sourceId } from '../outbound/sources/signed-source-id.ts'
import { compileTokenTypes, readTokenResponse } from '../outbound/sources/exchanged-oauth-answer.ts'
import { requireEndpoint } from '../http/endpoint.ts'
import { ServerMetadata } from '../http/server-metadata.ts'
import { requirePrivateKey, type JwtKey } from '../outbound/sources/signed-signing.ts'
import type { TokenSource } from '../outbound/token.ts'
import {
  byPrivateKey,
  bySecret,
  type ClientAssertionOptions,
  type ClientAuthentication,
  type ClientSecret,
  type SecretMethod,
} from '../outbound/sources/client-authentication.ts'
import { keyBinding } from './client-credentials/key-binding.ts'
import { compileParameters, formOf, originsOf } from '../outbound/sources/token-parameters.ts'

/** What {@link clientCredentials} takes, however the client authenticates. */
export interface ClientCredentialsCommonOptions {
  /** The URL that gives tokens. Give this or `issuer`. */
  readonly tokenEndpoint?: string
  /**
   * The authorization server's issuer identifier, to the letter: its token endpoint is looked up there
   * (RFC 8414, OpenID Connect Discovery). Give this or `tokenEndpoint`.
   */
  readonly issuer?: string
  readonly clientId: string
  /** What the token is to allow (RFC 6749 section 3.3). Default: what the server gives. */
  readonly scope?: string | readonly string[]
  /** The `audience` parameter, which some servers want: Auth0, for one. */
  readonly audience?: string
  /** What the token is to be used at, as absolute URIs (RFC 8707). */
  readonly resource?: string | readonly string[]
  /** Further parameters that a server wants. */
  readonly parameters?: Readonly<Record<string, string>>
  /** Where the tokens may go. Default: the origins of `resource`; without one, nowhere. */
  readonly origins?: readonly string[]
  /**
   * Hosts, by name alone, that credentials and tokens may go to over plain http, such as `['keycloak']` in a
   * network of containers. Default: loopback alone.
   */
  readonly allowHttp?: readonly string[]
  /**
   * Seconds that tokens live whose answer does not say it, or gives no positive number. Default: such an
   * answer is an error.
   */
  readonly defaultLifetime?: number
  /**
   * What the server calls the type of its tokens, in any case, where that is not `Bearer`: one word or
   * several. They are sent as bearers all the same.
   */
  readonly tokenType?: string | readonly string[]
  /**
   * Has the server bind its tokens to the key of this prover (DPoP, RFC 9449); give it to `bearerFetch`
   * too. Default: tokens are bearers.
   */
  readonly dpop?: DpopProver
  /** The `fetch` underneath. Default: the global one. */
  readonly fetch?: typeof fetch
  /** How long one call may take, in milliseconds. Default 10 000. */
  readonly timeoutMs?: number
  readonly clock?: Clock
}

/** Options for a client with a secret. */
export interface ClientCredentialsSecretOptions extends ClientCredentialsCommonOptions {
  /** The secret, or a function that gives the one that is in force. */
  readonly clientSecret: ClientSecret
  /**
   * How the secret is sent. Default: `client_secret_basic`, unless the server is known to take only
   * `client_secret_post`.
   */
  readonly authentication?: SecretMethod
  readonly privateKey?: never
}

/** Options for a client that signs assertions (`private_key_jwt`, RFC 7523). */
export interface ClientCredentialsKeyOptions extends ClientCredentialsCommonOptions {
  /** The private key: anything that `importKey` takes, an external signer, or a callback. */
  readonly privateKey: JwtKey
  /** The `kid` under which the server knows the key. */
  readonly keyId?: string
  /** What the assertion is signed with. Default: the key's own algorithm, or `RS256` for PEM text. */
  readonly algorithm?: Algorithm
  readonly assertion?: ClientAssertionOptions
  readonly clientSecret?: never
}

/** Options of {@link clientCredentials}. */
export type ClientCredentialsOptions = ClientCredentialsSecretOptions | ClientCredentialsKeyOptions

const OPTIONS = [
  'tokenEndpoint',
  'issuer',
  'clientId',
  'clientSecret',
  'authentication',
  'privateKey',
  'keyId',
  'algorithm',
  'assertion',
  'scope',
  'audience',
  'resource',
  'parameters',
  'origins',
  'allowHttp',
  'defaultLifetime',
  'tokenType',
  'dpop',
  'fetch',
  'timeoutMs',
  'clock',
] as const

/** What helps against answers without an end. */
const NO_END = ' If the server’s documents say how long they live, give it as "defaultLifetime".'

/**
 * Gets tokens by the OAuth 2.0 client credentials grant (RFC 6749 section 4.4), with a secret or with
 * a signed assertion.
 *
 * A source asks the server at every call: wrap it in a `TokenManager`. `expires_in` is counted from
 * before the request was sent. An assertion that is refused because the local clock is wrong is made
 * once more by the server's time.
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED`, `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`, by name,
 * and a `KeyError` for a key that cannot sign. `getToken` rejects with a `SourceError`:
 * `ERR_MINT_REFUSED`, which is `permanent` for `invalid_client`, `invalid_scope` and the like;
 * `ERR_MINT_FAILED` or `ERR_MINT_TIMEOUT` when no proper answer came; `ERR_TOKEN_UNUSABLE` for a token
 * that is no bearer token, or whose end nobody knows.
 *
 * @example
 * ```ts
 * import { bearerFetch, TokenManager } from '@mayfly/core'
 * import { clientCredentials } from '@mayfly/core/vendors'
 *
 * export function client(clientSecret: string): typeof fetch {
 *   const source = clientCredentials({
 *     issuer: 'https://auth.example.com',
 *     clientId: 'orders',
 *     clientSecret,
 *     scope: 'stock:read',
 *     origins: ['https://api.example.com'],
 *   })
 *   return bearerFetch(new TokenManager(source))
 * }
 * ```
 */
export function clientCredentials(options: ClientCredentialsOptions): TokenSource {
  requireOptions(options, 'clientCredentials')
  refuseUnknownOptions(options, OPTIONS, 'clientCredentials')
  const { fetch, timeoutMs } = options
  const clock = clockOption(options.clock)
  const clientId = requireName(options.clientId, 'clientId', 1024)
  const allowHttp = optionalStrings(options.allowHttp, 'allowHttp')
  const server = serverOf({ ...options, allowHttp: allowHttp ?? [] }, clock)
  const authentication = authenticationOf(options, clientId, server.name)
  const fields = compileParameters(options)
  const origins = options.origins ?? originsOf(options.resource)
  const bounds = { min: 1, integer: true }
  const defaultLifetime = optionalNumber(options.defaultLifetime, 'defaultLifetime', bounds)
  const binding = keyBinding(options.dpop)
  const tokenTypes = tokenTypesOf(options)
  const reading = { defaultLifetime, hint: NO_END, tokenTypes }

  return exchangedSource({
    id: idOf(options, [server.name, clientId, fields, origins, defaultLifetime, ...binding.id]),
    origins,
    allowHttp,
    fetch,
    timeoutMs,
    clock,
    dated: authentication.dated || binding.dated,
    learnFrom: binding.learnFrom,
    credential: authentication.credential,
    read: (answer) => readTokenResponse(answer, reading),
    async request(asking) {
      const { tokenEndpoint, methods } = await server.facts(asking)
      const credentials = await authentication.credentials(asking, methods)
      return {
        url: tokenEndpoint,
        headers: { ...credentials.headers, ...(await binding.fields(tokenEndpoint, asking)) },
        body: formOf([...fields, ...credentials.fields]),
      }
    },
  })
}

function tokenTypesOf({
  tokenType,
  dpop,
}: ClientCredentialsOptions): readonly string[] | undefined {
  const types = compileTokenTypes(tokenType)
  if (dpop === undefined) return types
  if (types === undefined) return ['DPoP']
  throw invalid(
    'tokenType',
    '"tokenType" does not go with "dpop": those tokens are of the type DPoP.',
  )
}

interface ServerFacts {
  readonly tokenEndpoint: URL
  /** How clients may authenticate, where the server says so. */
  readonly methods?: readonly string[] | undefined
}

interface Server {
  /** The issuer or the token endpoint: what an assertion is addressed to. */
  readonly name: string
  facts(asking: Asking): Promise<ServerFacts>
}

function serverOf(
  { tokenEndpoint, issuer, allowHttp }: ClientCredentialsOptions,
  clock: Clock,
): Server {
  if (issuer === undefined) {
    const url = requireEndpoint(tokenEndpoint, 'tokenEndpoint', allowHttp)
    return { name: String(tokenEndpoint), facts: async () => ({ tokenEndpoint: url }) }
  }
  if (tokenEndpoint !== undefined) {
    throw invalid(
      'tokenEndpoint',
      '"tokenEndpoint" and "issuer" exclude each other: the issuer names its token endpoint itself.',
    )
  }
  const metadata = new ServerMetadata(issuer, clock, allowHttp)
  return {
    name: issuer,
    facts: async ({ exchange, signal }) =>
      readFacts(await metadata.get(exchange, signal), allowHttp),
  }
}

function readFacts(metadata: JsonObject, allowHttp?: readonly string[]): ServerFacts {
  const { token_endpoint: endpoint, token_endpoint_auth_methods_supported: methods } = metadata
  try {
    return {
      tokenEndpoint: requireEndpoint(endpoint, 'token_endpoint', allowHttp),
      methods: Array.isArray(methods) ? methods.map(String) : undefined,
    }
  } catch (cause) {
    throw new SourceError(
      'ERR_MINT_FAILED',
      'The issuer’s metadata names no token endpoint that credentials can be sent to.',
      { cause },
    )
  }
}

function authenticationOf(
  options: ClientCredentialsOptions,
  clientId: string,
  audience: string,
): ClientAuthentication {
  const { clientSecret, privateKey, clock } = options
  if (clientSecret !== undefined && privateKey !== undefined) {
    throw invalid(
      'privateKey',
      '"clientSecret" and "privateKey" exclude each other: a client authenticates in one way (RFC 6749 section 2.3).',
    )
  }
  if (clientSecret !== undefined) {
    for (const name of ['keyId', 'algorithm', 'assertion'] as const) {
      if (name in options) throw invalid(name, `"${name}" goes with "privateKey" only.`)
    }
    return bySecret(clientId, clientSecret, options.authentication)
  }
  if (privateKey === undefined) {
    throw new OptionError(
      'ERR_OPTION_REQUIRED',
      'clientSecret',
      '"clientSecret" or "privateKey" is required.',
    )
  }
  if ('authentication' in options) {
    throw invalid('authentication', '"authentication" goes with "clientSecret" only.')
  }
  const keyId = optionalName(options.keyId, 'keyId', 1024)
  const { algorithm, assertion } = options
  const parts = { clientId, audience, key: requirePrivateKey(privateKey), keyId, algorithm }
  return byPrivateKey({ ...parts, options: assertion, clock })
}

function idOf(options: ClientCredentialsOptions, parts: readonly unknown[]): string {
  const { clientSecret, privateKey } = options
  if (privateKey !== undefined) {
    const { keyId, algorithm, assertion } = options
    return sourceId('client-credentials', privateKey, [...parts, keyId, algorithm, assertion])
  }
  // What a callback gives next is not known: such a source shares nothing.
  const secret = typeof clientSecret === 'string' ? clientSecret : ''
  return exchangedId('client-credentials', parts, secret)
}
