import type { Clock } from '@mayfly/core'
import { refuseUnknownOptions, requireNumber } from '@mayfly/core/adapter'
import { HttpSandbox, SANDBOX_OPTIONS, type SandboxOptions } from '../http-sandbox.ts'
import { IssuedTokens, type TokenRefusal } from '../issued-tokens.ts'
import type { SandboxReply, SandboxRequest, Vendor, Verdict } from '../vendor.ts'
import type { ClientFault, ClientMethod } from './client-authentication.ts'
import {
  createClients,
  type KeyClientCredentials,
  replaceKey,
  replaceSecret,
  type SandboxClients,
  type SecretClientCredentials,
} from './clients.ts'
import { type GrantFault, judgeGrant, type OAuthGrant, oauthError } from './token-endpoint.ts'

/** Why the OAuth sandbox refused a request. */
export type OAuthRefusal = ClientFault | GrantFault | TokenRefusal

/** Options of {@link startOAuthSandbox}. */
export interface OAuthSandboxOptions extends SandboxOptions {
  /** Seconds that tokens live. Default 3600. */
  readonly expiresIn?: number
  /** Where it publishes its metadata: by RFC 8414, by OpenID Connect Discovery, or not at all. Default `'oauth'`. */
  readonly metadata?: 'oauth' | 'openid' | 'none'
  /** The ways of authenticating that it offers. Default: all three that it knows. */
  readonly methods?: readonly ClientMethod[]
  /** The scopes that it grants. Default `read` and `write`. */
  readonly scopes?: readonly string[]
  /** The resources that tokens can be for. Default: any. */
  readonly resources?: readonly string[]
  /** A client's new token ends its older ones. Default `false`. */
  readonly oneTokenPerClient?: boolean
}

/** What a test can do to the OAuth sandbox, beside what every sandbox can. */
export interface OAuthControls {
  /** The issuer identifier: the sandbox's origin. */
  readonly issuer: string
  readonly tokenEndpoint: string
  /** A client with a secret: another one after {@link OAuthControls.rotateSecret}. */
  readonly credentials: SecretClientCredentials
  /** A client with a private key: another one after {@link OAuthControls.rotateKey}. */
  readonly keyCredentials: KeyClientCredentials
  /** What tokens were issued for so far. */
  readonly grants: readonly OAuthGrant[]
  /** Gives the first client another secret, and ends the one before. Its tokens go on. */
  rotateSecret(): SecretClientCredentials
  /** Gives the second client another key with another id, and ends the one before. Its tokens go on. */
  rotateKey(): KeyClientCredentials
  /** Lets a client in no more. Default: both. Its tokens go on. */
  revokeClient(clientId?: string): void
  /** Refuses one token from now on. */
  revokeToken(value: string): void
  /** Refuses every token that was used so far. */
  revokeTokensSeen(): void
  /** Refuses the first use of the next so many new tokens. */
  refuseFirstUse(count: number): void
}

/** A running OAuth sandbox. */
export interface OAuthSandbox extends HttpSandbox<OAuthRefusal>, OAuthControls {}

const METHODS: readonly ClientMethod[] = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
]

/**
 * Starts an OAuth 2.0 authorization server with an API behind it, on a free port of 127.0.0.1.
 *
 * `POST /token` gives tokens by the client credentials grant (RFC 6749 section 4.4) to a client with a
 * secret, sent by Basic or in the form, or to one that signs assertions (RFC 7523), which are verified
 * with `jsonwebtoken` and taken once each. The metadata is at its well-known place. Every other path is
 * an API that wants one of these tokens.
 *
 * @throws {OptionError} `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`.
 *
 * @example
 * ```ts
 * import { bearerFetch, TokenManager } from '@mayfly/core'
 * import { clientCredentials } from '@mayfly/core/vendors'
 * import { startOAuthSandbox } from '@mayfly/sandboxes'
 *
 * await using sandbox = await startOAuthSandbox()
 * const { issuer, credentials, origin } = sandbox
 * const source = clientCredentials({ issuer, ...credentials, scope: 'read', origins: [origin] })
 * const response = await bearerFetch(new TokenManager(source))(`${origin}/orders`)
 * console.log(response.status, sandbox.grants.length) // 200 1
 * ```
 */
export async function startOAuthSandbox(options: OAuthSandboxOptions = {}): Promise<OAuthSandbox> {
  const own = ['expiresIn', 'metadata', 'methods', 'scopes', 'resources', 'oneTokenPerClient']
  refuseUnknownOptions(options, [...SANDBOX_OPTIONS, ...own], 'startOAuthSandbox')
  const state: State = {
    options,
    clients: createClients(),
    grants: [],
    revoked: new Set(),
    usedIds: new Set(),
    origin: () => sandbox.origin,
  }
  let tokens: IssuedTokens<OAuthGrant> | undefined
  const sandbox: HttpSandbox<OAuthRefusal> = new HttpSandbox<OAuthRefusal>((clock) => {
    tokens = new IssuedTokens<OAuthGrant>(clock, 'sandbox_')
    return createVendor(state, tokens, clock)
  }, options)
  await sandbox.listen()
  const { clients } = state
  const { origin } = sandbox
  const controls: Omit<OAuthControls, 'credentials' | 'keyCredentials'> = {
    issuer: origin,
    tokenEndpoint: `${origin}/token`,
    grants: state.grants,
    rotateSecret: () => replaceSecret(clients),
    rotateKey: () => replaceKey(clients),
    revokeClient: (clientId?: string) => {
      const { bySecret, byKey } = clients
      for (const id of clientId === undefined ? [bySecret.clientId, byKey.clientId] : [clientId]) {
        state.revoked.add(id)
      }
    },
    revokeToken: (value: string) => tokens?.ledger.revoke(value),
    revokeTokensSeen: () => tokens?.ledger.revokeSeen(),
    refuseFirstUse: (count: number) => tokens?.ledger.refuseFirstUse(count),
  }
  const live = {
    credentials: { get: () => clients.bySecret, enumerable: true },
    keyCredentials: { get: () => clients.byKey, enumerable: true },
  }
  return Object.defineProperties(Object.assign(sandbox, controls), live) as OAuthSandbox
}

interface State {
  readonly options: OAuthSandboxOptions
  readonly clients: SandboxClients
  readonly grants: OAuthGrant[]
  readonly revoked: Set<string>
  readonly usedIds: Set<string>
  readonly origin: () => string
}

function createVendor(
  state: State,
  tokens: IssuedTokens<OAuthGrant>,
  clock: Clock,
): Vendor<OAuthRefusal> {
  const { options } = state
  const { methods = METHODS, scopes = ['read', 'write'], resources = [] } = options
  const expiresIn = requireNumber(options.expiresIn ?? 3600, 'expiresIn', {
    min: 1,
    max: 1_000_000_000,
    integer: true,
    unit: '',
  })

  function giveToken(request: SandboxRequest): Verdict<OAuthRefusal> {
    const origin = state.origin()
    const verdict = judgeGrant(request, {
      clients: state.clients,
      isRevoked: (clientId) => state.revoked.has(clientId),
      usedIds: state.usedIds,
      methods,
      scopes,
      resources,
      audiences: [origin, `${origin}/token`],
      now: Math.floor(clock.now() / 1000),
    })
    if ('fault' in verdict) return { reply: verdict.reply, refused: verdict.fault }
    const { grant } = verdict
    state.grants.push(grant)
    const value = tokens.issue(grant, {
      lifetime: expiresIn,
      ...(options.oneTokenPerClient === true && { displaces: grant.clientId }),
    })
    const body = { access_token: value, token_type: 'Bearer', expires_in: expiresIn }
    return { reply: { status: 200, headers: { 'cache-control': 'no-store' }, body } }
  }

  function judge(request: SandboxRequest): Verdict<OAuthRefusal> {
    if (request.path === '/token') return giveToken(request)
    if (request.path.startsWith('/.well-known/')) {
      return { reply: metadataReply(request.path, { ...options, methods }, state.origin()) }
    }
    const verdict = tokens.judge(request.bearer)
    if ('refused' in verdict) return { reply: invalidToken(verdict.refused), ...verdict }
    const { method, path } = request
    return { reply: { status: 200, body: { method, path, grant: verdict.facts } } }
  }

  return { name: 'oauth', judge, failure, displace: (token) => tokens.ledger.displace(token) }
}

function metadataReply(path: string, options: OAuthSandboxOptions, origin: string): SandboxReply {
  const { metadata = 'oauth', methods } = options
  const places = { oauth: 'oauth-authorization-server', openid: 'openid-configuration', none: '' }
  if (path !== `/.well-known/${places[metadata]}`) return { status: 404, body: { error: 'none' } }
  return {
    status: 200,
    body: {
      issuer: origin,
      token_endpoint: `${origin}/token`,
      grant_types_supported: ['client_credentials'],
      token_endpoint_auth_methods_supported: methods,
    },
  }
}

/** RFC 6750 section 3: a request without a token gets no error code. */
function invalidToken(reason: TokenRefusal): SandboxReply {
  const challenge = reason === 'token-missing' ? 'Bearer' : 'Bearer error="invalid_token"'
  return { status: 401, headers: { 'www-authenticate': challenge }, body: { error: 'no' } }
}

function failure(status: number): SandboxReply {
  if (status === 401) return oauthError(401, 'invalid_client')
  if (status === 503) return oauthError(503, 'temporarily_unavailable')
  return status >= 500 ? { status, body: 'Something went wrong.' } : { status, body: 'No.' }
}
