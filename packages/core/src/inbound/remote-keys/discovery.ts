import { alarm, type Clock } from '../../base/clock.ts'
import { invalid } from '../../base/options.ts'
import { type HttpHosts, isAllowed, isSecure } from '../../http/destination.ts'
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

/** What a {@link Discovery} is told beside the issuer. */
export interface DiscoveryParts {
  readonly clock: Clock
  /** How long a whole refresh may take. */
  readonly timeoutMs: number
  readonly hosts: HttpHosts
}

/** A wait that can be called off. */
function patience(clock: Clock, ms: number): { over: Promise<void>; end: () => void } {
  let end: (() => void) | undefined
  const over = new Promise<void>((resolve) => (end = alarm(clock, ms, resolve)))
  return { over, end: () => end?.() }
}

/** Asks an issuer where its keys are (RFC 8414, OpenID Connect Discovery 1.0). */
export class Discovery implements Location {
  readonly #issuer: string
  readonly #isLoopback: boolean
  readonly #hosts: HttpHosts
  readonly #patienceMs: number
  #places: readonly [URL, URL]
  readonly #clock: Clock
  #known: { readonly url: URL; readonly until: number } | undefined

  /** @throws {OptionError} for an issuer that is no https URL without a query. */
  constructor(issuer: string, { clock, timeoutMs, hosts }: DiscoveryParts) {
    const url = requireAddress(issuer, 'issuer', hosts)
    if (url.search !== '') throw invalid('issuer', '"issuer" must come without a query.')
    this.#issuer = issuer
    this.#isLoopback = url.protocol === 'http:' && isSecure(url)
    this.#hosts = hosts
    this.#clock = clock
    this.#patienceMs = timeoutMs / 4
    this.#places = metadataUrls(url)
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

  /**
   * Asks one place, and the other once that has failed or lets wait for long: one that fails in any way, or
   * never answers, leaves the other.
   */
  async #ask(fetcher: Fetcher, signal: AbortSignal): Promise<URL> {
    const [first, second] = this.#places
    let found: URL | undefined
    const early = this.#read(first, fetcher, signal).then((url) => (found = url))
    const pause = patience(this.#clock, this.#patienceMs)
    const late = Promise.race([early.catch(() => {}), pause.over]).then(() => {
      signal.throwIfAborted()
      return found ?? this.#read(second, fetcher, signal)
    })
    try {
      return await Promise.any([early, late])
    } catch (error) {
      signal.throwIfAborted()
      throw notFound(error instanceof AggregateError ? error.errors : [error])
    } finally {
      pause.end()
      // The place that answered, or that did not hang, is the first to be asked the next time.
      if (found === undefined) this.#places = [second, first]
    }
  }

  async #read(url: URL, fetcher: Fetcher, signal: AbortSignal): Promise<URL> {
    const mayFollow = (target: URL): boolean => this.#mayName(target)
    const { json } = await fetcher({ url, what: 'metadata of an issuer', mayFollow }, signal)
    if (json['issuer'] !== this.#issuer) throw this.#anotherIssuer(url, json['issuer'])
    const { jwks_uri: text } = json
    const keys = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined
    if (keys !== undefined && this.#mayName(keys)) return keys
    const message = `${nameOfUrl(url)} names no "jwks_uri" that is an https URL.`
    throw new RefreshError('ERR_KEYS_FORMAT', message)
  }

  /** An issuer on the network must not send its users' requests to their own machines. */
  #mayName(url: URL): boolean {
    if (url.username !== '' || url.password !== '') return false
    if (url.protocol === 'https:' || (this.#isLoopback && isSecure(url))) return true
    return !isSecure(url) && isAllowed(url, this.#hosts)
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
function notFound(errors: readonly unknown[]): RefreshError {
  const failures = errors.map((error) =>
    error instanceof RefreshError
      ? error
      : new RefreshError('ERR_KEYS_FETCH', 'The metadata could not be read.', { cause: error }),
  )
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
