import type { Clock } from '../../base/clock.ts'
import { invalid } from '../../base/options.ts'
import { isSecure } from '../../http/destination.ts'
import { nameOfUrl, requireAddress } from '../../http/endpoint.ts'
import { issuerHint, metadataUrls } from '../../http/server-metadata.ts'
import { RefreshError, type Fetcher } from './failure.ts'

/** Where a key set is. */
export interface Location {
  find(fetcher: Fetcher, signal: AbortSignal): Promise<URL>
  /** Says that no keys were there: it is to be looked for again. */
  doubt(): void
}

/** An issuer moves its keys seldom: what it said is believed for a day, or until it fails. */
const KEEP_MS = 86_400_000

/** Asks an issuer where its keys are (RFC 8414, OpenID Connect Discovery 1.0). */
export class Discovery implements Location {
  readonly #issuer: string
  readonly #isLoopback: boolean
  readonly #documents: readonly URL[]
  readonly #clock: Clock
  #known: { readonly url: URL; readonly until: number } | undefined

  /** @throws {OptionError} for an issuer that is no https URL without a query. */
  constructor(issuer: string, clock: Clock) {
    const url = requireAddress(issuer, 'issuer')
    if (url.search !== '') throw invalid('issuer', '"issuer" must come without a query.')
    this.#issuer = issuer
    this.#isLoopback = url.protocol === 'http:'
    this.#clock = clock
    this.#documents = metadataUrls(url)
  }

  async find(fetcher: Fetcher, signal: AbortSignal): Promise<URL> {
    const now = this.#clock.now()
    const known = this.#known
    if (known !== undefined && now < known.until) return known.url
    try {
      const url = await this.#ask(fetcher, signal)
      this.#known = { url, until: now + KEEP_MS }
      return url
    } catch (error) {
      // Where the metadata is down, the keys may still be where they were. Another issuer's are not.
      const isDown = error instanceof RefreshError && error.code !== 'ERR_KEYS_ISSUER'
      if (known !== undefined && isDown) return known.url
      throw error
    }
  }

  doubt(): void {
    if (this.#known !== undefined) this.#known = { url: this.#known.url, until: -Infinity }
  }

  async #ask(fetcher: Fetcher, signal: AbortSignal): Promise<URL> {
    const failures: RefreshError[] = []
    for (const url of this.#documents) {
      try {
        return await this.#read(url, fetcher, signal)
      } catch (error) {
        if (!(error instanceof RefreshError)) throw error
        failures.push(error)
      }
    }
    throw notFound(failures)
  }

  async #read(url: URL, fetcher: Fetcher, signal: AbortSignal): Promise<URL> {
    const { json } = await fetcher(url, 'metadata of an issuer', signal)
    if (json['issuer'] !== this.#issuer) throw this.#anotherIssuer(url, json['issuer'])
    const { jwks_uri: text } = json
    const keys = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined
    if (keys !== undefined && this.#mayName(keys)) return keys
    const message = `${nameOfUrl(url)} names no "jwks_uri" that is an https URL.`
    throw new RefreshError('ERR_KEYS_FORMAT', message)
  }

  /** An issuer on the network must not send its users' requests to their own machines. */
  #mayName(keys: URL): boolean {
    if (keys.username !== '' || keys.password !== '') return false
    return keys.protocol === 'https:' || (this.#isLoopback && isSecure(keys))
  }

  /** What speaks for another issuer could bring anybody's keys (RFC 8414 section 3.3). */
  #anotherIssuer(url: URL, issuer: unknown): RefreshError {
    return new RefreshError(
      'ERR_KEYS_ISSUER',
      `${nameOfUrl(url)} speaks for another issuer than ${this.#issuer}.${issuerHint(this.#issuer, issuer)}`,
    )
  }
}

/** One error of several: the code of the one that tells the most, and what each of them says. */
function notFound(failures: readonly RefreshError[]): RefreshError {
  const [first = new RefreshError('ERR_KEYS_FETCH', 'No metadata was looked for.'), ...others] =
    MOST_TELLING.flatMap((code) => failures.filter((failure) => failure.code === code))
  const message = failures.map((failure) => failure.message).join(' ')
  const waits = failures.map(({ retryAfterMs = 0 }) => retryAfterMs)
  return new RefreshError(first.code, message, {
    cause: others.length === 0 ? first : new AggregateError(failures, message),
    retryAfterMs: Math.max(...waits),
  })
}

const MOST_TELLING = ['ERR_KEYS_ISSUER', 'ERR_KEYS_FORMAT', 'ERR_KEYS_FETCH'] as const
