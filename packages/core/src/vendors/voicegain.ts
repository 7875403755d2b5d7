import { optionalIdentifier, requireIdentifier, requireSecret } from '../base/identifiers.ts'
import type { Clock } from '../base/clock.ts'
import { invalid, optionalNumber, refuseUnknownOptions, requireOptions } from '../base/options.ts'
import { exchangedSource, secretCredential } from '../outbound/sources/exchanged-source.ts'
import { exchangedId } from '../outbound/sources/signed-source-id.ts'
import { requireEndpoint } from '../http/endpoint.ts'
import type { TokenSource } from '../outbound/token.ts'
import { readRefusal, readToken } from './voicegain/answers.ts'

/** Options of {@link voicegain}. */
export interface VoicegainOptions {
  /**
   * The JWT that Voicegain's console generates, which never expires; or a callback that gives it for
   * each token, so that it can be generated anew.
   */
  readonly consoleToken: string | (() => string | Promise<string>)
  /**
   * The web site that may use the token, in at most 128 characters: `app.example.com`,
   * `*.example.com`, `localhost:8088`. It counts for requests with an `Origin` header. `*` allows
   * every site.
   */
  readonly audience: string
  /** Seconds that the token lives, 1 to 3600. Default 300. */
  readonly expiresIn?: number
  /** The API that the token is for, in at most 128 characters. Default: all of them. */
  readonly api?: string
  /** The context, 16 to 48 characters. Default: the console JWT's own. */
  readonly contextId?: string
  /**
   * Where Voicegain is: `https://sapi.voicegain.ai` for the PCI-DSS endpoint, or an Edge host. Default
   * `https://api.voicegain.ai`.
   */
  readonly baseUrl?: string | URL
  /**
   * Where the tokens may go over HTTP. Default: to Voicegain's two hosts, or to the origin of `baseUrl`
   * where that is given.
   */
  readonly origins?: readonly string[]
  /** The `fetch` underneath. Default: the global one. */
  readonly fetch?: typeof fetch
  /** How long Voicegain may take, in milliseconds. Default 10 000. */
  readonly timeoutMs?: number
  readonly clock?: Clock
}

const BASE_URL = 'https://api.voicegain.ai'
const ORIGINS = [BASE_URL, 'https://sapi.voicegain.ai']

const OPTIONS = [
  'consoleToken',
  'audience',
  'expiresIn',
  'api',
  'contextId',
  'baseUrl',
  'origins',
  'fetch',
  'timeoutMs',
  'clock',
] as const

/**
 * Gets short-lived tokens from Voicegain with the JWT of its console, for browsers and phones, which
 * must never see that one. A source asks Voicegain at every call: wrap it in a `TokenManager`, and hand
 * out what it gives with a `minLifetime`.
 *
 * See `GET /security/jwt` in Voicegain's API documentation, https://console.voicegain.ai/api-documentation
 *
 * @throws {OptionError} `ERR_OPTION_REQUIRED`, `ERR_OPTION_UNKNOWN` or `ERR_OPTION_INVALID`, by name.
 * `getToken` rejects with a `SourceError`: `ERR_MINT_REFUSED`, which is `permanent` where Voicegain
 * says what is wrong, and has `retryAfterMs` for a rate limit; `ERR_MINT_FAILED` or `ERR_MINT_TIMEOUT`
 * when no proper answer came; `ERR_TOKEN_UNUSABLE` for an answer that is no token.
 *
 * @example
 * ```ts
 * import { TokenManager } from '@mayfly/core'
 * import { voicegain } from '@mayfly/core/vendors'
 *
 * export function tokensForBrowsers(consoleToken: string): () => Promise<string> {
 *   const manager = new TokenManager(voicegain({ consoleToken, audience: 'app.example.com' }))
 *   return async () => (await manager.getToken({ minLifetime: 120 })).value
 * }
 * ```
 */
export function voicegain(options: VoicegainOptions): TokenSource {
  requireOptions(options, 'voicegain')
  refuseUnknownOptions(options, OPTIONS, 'voicegain')
  const { consoleToken, baseUrl } = options
  const bounds = { min: 1, max: 3600, integer: true }
  const expiresIn = optionalNumber(options.expiresIn, 'expiresIn', bounds) ?? 300
  const url = endpointOf(baseUrl ?? BASE_URL)
  const origins = options.origins ?? (baseUrl === undefined ? ORIGINS : [url.origin])
  const parameters = {
    aud: requireIdentifier(options.audience, 'audience', 128),
    expInSec: String(expiresIn),
    api: optionalIdentifier(options.api, 'api', 128),
    contextId: contextOf(options.contextId),
  }
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) url.searchParams.set(name, value)
  }
  const current = consoleTokenOf(consoleToken)
  const fixed = typeof consoleToken === 'string' ? consoleToken : ''

  return exchangedSource({
    id: exchangedId('voicegain', [url.href, origins], fixed),
    origins,
    lifetime: expiresIn,
    fetch: options.fetch,
    timeoutMs: options.timeoutMs,
    clock: options.clock,
    read: (answer) => readToken(answer, expiresIn),
    refuse: readRefusal,
    credential: secretCredential(current),
    request: async () => ({
      url,
      method: 'GET',
      headers: { accept: 'text/plain', authorization: `Bearer ${await current()}` },
    }),
  })
}

/** Voicegain's own clients write the base with its version, the console without. */
function endpointOf(baseUrl: string | URL): URL {
  const url = requireEndpoint(baseUrl, 'baseUrl')
  if (url.search !== '') throw invalid('baseUrl', '"baseUrl" must come without a query.')
  const path = url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '')
  url.pathname = `${path}/v1/security/jwt`
  return url
}

function consoleTokenOf(
  consoleToken: VoicegainOptions['consoleToken'],
): () => string | Promise<string> {
  if (typeof consoleToken === 'function') {
    return async () => requireSecret(await consoleToken(), 'consoleToken', 8192, false)
  }
  const token = requireSecret(consoleToken, 'consoleToken', 8192, false)
  return () => token
}

function contextOf(value: unknown): string | undefined {
  const contextId = optionalIdentifier(value, 'contextId', 48)
  if (contextId === undefined || contextId.length >= 16) return contextId
  throw invalid('contextId', '"contextId" must be at least 16 characters long.')
}
