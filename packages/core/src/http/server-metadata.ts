import type { Clock } from '../base/clock.ts'
import type { JsonObject } from '../base/json.ts'
import { invalid } from '../base/options.ts'
import { SourceError } from '../base/errors.ts'
import { nameOfUrl, requireEndpoint } from './endpoint.ts'
import { type Exchange, jsonOf } from './exchange.ts'

/** A server moves its endpoints seldom: what it says of them is used for an hour. */
const KEEP_MS = 3_600_000

/**
 * Finds out what an authorization server says of itself: RFC 8414 first, then OpenID Connect
 * Discovery.
 */
export class ServerMetadata {
  readonly #issuer: string
  readonly #places: readonly URL[]
  readonly #clock: Clock
  #known: { readonly metadata: JsonObject; readonly since: number } | undefined

  /** @throws {OptionError} `ERR_OPTION_INVALID` for an issuer that is no https URL without a query. */
  constructor(issuer: unknown, clock: Clock, allowHttp?: readonly string[]) {
    const url = requireEndpoint(issuer, 'issuer', allowHttp)
    if (url.search !== '') throw invalid('issuer', '"issuer" must come without a query.')
    this.#issuer = String(issuer)
    this.#clock = clock
    this.#places = metadataUrls(url)
  }

  /**
   * Gives the metadata; what is older than an hour is asked for anew, and used on where that fails.
   *
   * @throws {SourceError} `ERR_MINT_FAILED` or `ERR_MINT_TIMEOUT`.
   */
  async get(exchange: Exchange, signal: AbortSignal | undefined): Promise<JsonObject> {
    const known = this.#known
    const now = this.#clock.now()
    if (known !== undefined && Math.abs(now - known.since) < KEEP_MS) return known.metadata
    try {
      const metadata = await this.#ask(exchange, signal)
      this.#known = { metadata, since: now }
      return metadata
    } catch (error) {
      signal?.throwIfAborted()
      if (known === undefined) throw error
      return known.metadata
    }
  }

  async #ask(exchange: Exchange, signal: AbortSignal | undefined): Promise<JsonObject> {
    const findings: string[] = []
    for (const url of this.#places) {
      const answer = await exchange({ url, method: 'GET' }, signal)
      const { status } = answer
      const metadata = jsonOf(answer)
      if (status === 200 && metadata !== undefined) return this.#requireOwn(metadata, url)
      findings.push(`${nameOfUrl(url)} answered ${status}${status === 200 ? ' without JSON' : ''}`)
    }
    throw new SourceError(
      'ERR_MINT_FAILED',
      `The issuer does not say where its token endpoint is: ${findings.join(', ')}. Give "tokenEndpoint" instead of "issuer".`,
    )
  }

  /** A document of another issuer may send credentials to another server (RFC 8414 section 3.3). */
  #requireOwn(metadata: JsonObject, url: URL): JsonObject {
    const { issuer } = metadata
    if (issuer === this.#issuer) return metadata
    throw new SourceError(
      'ERR_MINT_FAILED',
      `${nameOfUrl(url)} speaks for another issuer than ${this.#issuer}.${issuerHint(this.#issuer, issuer)}`,
      { permanent: true },
    )
  }
}

/**
 * Says where an issuer's metadata may be: the issuer's path comes after the well-known path of RFC 8414
 * (section 3.1), and before that of OpenID Connect Discovery (section 4).
 */
export function metadataUrls(issuer: URL): readonly [URL, URL] {
  const path = issuer.pathname.replace(/\/$/, '')
  // Written in full: a path that begins with two slashes would be taken for another host.
  return [
    new URL(`${issuer.origin}/.well-known/oauth-authorization-server${path}`),
    new URL(`${issuer.origin}${path}/.well-known/openid-configuration`),
  ]
}

/** Says what is likely to be wrong with an issuer that metadata does not name, where that is known. */
export function issuerHint(configured: string, found: unknown): string {
  const differsBySlash = found === `${configured}/` || `${String(found)}/` === configured
  return differsBySlash ? ' Only the slash at the end differs: write it as they do.' : ''
}
