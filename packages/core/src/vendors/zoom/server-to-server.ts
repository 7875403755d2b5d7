import { requireIdentifier, requireSecret } from '../../base/identifiers.ts'
import type { Clock } from '../../base/clock.ts'
import { parseJsonObject } from '../../base/json.ts'
import { invalid, refuseUnknownOptions, requireOptions } from '../../base/options.ts'
import { exchangedSource, secretCredential } from '../../outbound/sources/exchanged-source.ts'
import { exchangedId } from '../../outbound/sources/signed-source-id.ts'
import { readRefusal, type Refusal } from '../../outbound/sources/exchanged-oauth-answer.ts'
import { requireEndpoint } from '../../http/endpoint.ts'
import { type ExchangeResponse, jsonOf } from '../../http/exchange.ts'
import type { RefusalResponse, TokenSource } from '../../outbound/token.ts'

/** Options of {@link zoomServerToServer}. */
export interface ZoomServerToServerOptions {
  /** The account's id, from the app's credentials page. */
  readonly accountId: string
  readonly clientId: string
  /**
   * The secret, or a function that gives the one that is in force. A source with a function, or with a
   * secret shorter than 20 characters, has an `id` that no other has: for a store, give it one by `wrapSource`.
   */
  readonly clientSecret: string | (() => string | Promise<string>)
  /** The URL that gives tokens. Default `https://zoom.us/oauth/token`. */
  readonly tokenEndpoint?: string
  /** Where the tokens may go. Default `https://api.zoom.us`. */
  readonly origins?: readonly string[]
  /** The `fetch` underneath. Default: the global one. */
  readonly fetch?: typeof fetch
  /** How long one call may take, in milliseconds. Default 10 000. */
  readonly timeoutMs?: number
  readonly clock?: Clock
}

const TOKEN_ENDPOINT = 'https://zoom.us/oauth/token'
const ORIGIN = 'https://api.zoom.us'
/** Zoom's tokens live for an hour. */
const LIFETIME = 3600
const INVALID_TOKEN = 124

const OPTIONS = [
  'accountId',
  'clientId',
  'clientSecret',
  'tokenEndpoint',
  'origins',
  'fetch',
  'timeoutMs',
  'clock',
] as const

/**
 * Gets tokens for Zoom's API as a server-to-server OAuth app, by the grant `account_credentials`. They
 * live for an hour; there is no refresh token.
 *
 * **Share one token.** A new one may end the one before it, for every process that uses the app. Zoom
 * then answers 401 `{"code":124,"message":"Invalid access token."}`, as it does for a token that has
 * expired, and `bearerFetch` gets another one, once. Where several processes use one app, give their
 * `TokenManager`s one `store`: who is refused takes the token that displaced its own, and only one of
 * them asks Zoom. While the store is away the token in hand serves, and calls without one get
 * `ERR_TOKEN_STORE`. Without a store they would go on ending each other's tokens; then each process needs
 * an app of its own.
 *
 * See "Server-to-Server OAuth" in Zoom's documentation,
 * https://developers.zoom.us/docs/internal-apps/s2s-oauth/
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED`, `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`, by name.
 * `getToken` rejects with a `SourceError`: `ERR_MINT_REFUSED`, which is `permanent` for
 * `invalid_client`, `invalid_request` and the like; `ERR_MINT_FAILED` or `ERR_MINT_TIMEOUT` when no
 * proper answer came; `ERR_TOKEN_UNUSABLE` for a token whose end nobody knows.
 *
 * @example
 * ```ts
 * import { bearerFetch, TokenManager, type TokenStore } from '@mayfly/core'
 * import { zoomServerToServer } from '@mayfly/core/vendors'
 *
 * export function zoom(clientSecret: string, store: TokenStore): typeof fetch {
 *   const source = zoomServerToServer({
 *     accountId: 'Aa1bcdefGHIjkLmNOpqRsT',
 *     clientId: 'tUVwxYZ0aBcDEfGhI1jK2l',
 *     clientSecret,
 *   })
 *   return bearerFetch(new TokenManager(source, { store }))
 * }
 * ```
 */
export function zoomServerToServer(options: ZoomServerToServerOptions): TokenSource {
  requireOptions(options, 'zoomServerToServer')
  refuseUnknownOptions(options, OPTIONS, 'zoomServerToServer')
  const { tokenEndpoint = TOKEN_ENDPOINT, origins = [ORIGIN], clientSecret } = options
  const accountId = requireIdentifier(options.accountId, 'accountId')
  const clientId = requireIdentifier(options.clientId, 'clientId', 256)
  if (clientId.includes(':')) throw invalid('clientId', '"clientId" must not have a colon.')
  const url = requireEndpoint(tokenEndpoint, 'tokenEndpoint')
  const secret = secretOf(clientSecret)
  const fixed = typeof clientSecret === 'string' ? clientSecret : ''

  const source = exchangedSource({
    id: exchangedId('zoom-server-to-server', [accountId, clientId, url.href, origins], fixed),
    origins,
    lifetime: LIFETIME,
    fetch: options.fetch,
    timeoutMs: options.timeoutMs,
    clock: options.clock,
    refuse: readZoomRefusal,
    credential: secretCredential(secret),
    request: async () => ({
      url,
      headers: { authorization: `Basic ${btoa(`${clientId}:${await secret()}`)}` },
      body: new URLSearchParams({ grant_type: 'account_credentials', account_id: accountId }),
    }),
  })
  return { ...source, revokesPrevious: true, isRefusal }
}

/** The code of a token that has expired or was displaced, whatever the status. */
function isRefusal({ body }: RefusalResponse): boolean {
  return parseJsonObject(new TextEncoder().encode(body))?.['code'] === INVALID_TOKEN
}

function secretOf(
  clientSecret: ZoomServerToServerOptions['clientSecret'],
): () => string | Promise<string> {
  if (typeof clientSecret === 'function') {
    return async () => requireSecret(await clientSecret(), 'clientSecret', 256, false)
  }
  const secret = requireSecret(clientSecret, 'clientSecret', 256, false)
  return () => secret
}

/** Zoom explains itself in `reason`, or in `message` where something before the endpoint refuses. */
function readZoomRefusal(answer: ExchangeResponse): Refusal {
  const { reason, message } = jsonOf(answer) ?? {}
  const refusal = readRefusal(answer)
  return { ...refusal, description: reason ?? refusal.description ?? message }
}
