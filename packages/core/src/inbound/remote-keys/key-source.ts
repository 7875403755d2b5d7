import type { Algorithm } from '../../keys/algorithms.ts'
import type { Clock } from '../../base/clock.ts'
import { nameOfUrl, requireAddress } from '../../http/endpoint.ts'
import { importJwkSet } from '../../keys/static-keys.ts'
import { Discovery, type Location } from './discovery.ts'
import { wrongFormat, createFetcher, type Fetcher } from './failure.ts'
import { type LifetimeBounds, lifetimeOf, HeldSet } from './held-set.ts'
import type { RemoteKeysOptions } from './options.ts'

/** Each key is imported, once per algorithm: a longer set would be work without end. */
const MAX_KEYS = 500

/** What a {@link KeySource} is told beside its options. */
export interface KeySourceParts {
  readonly algorithms: readonly Algorithm[]
  readonly clock: Clock
  readonly bounds: LifetimeBounds
}

/** Fetches the key set of one issuer. */
export class KeySource {
  /** The issuer, or the address without its query. */
  readonly name: string
  readonly #location: Location
  readonly #fetcher: Fetcher
  readonly #parts: KeySourceParts

  /** @throws {OptionError} for an address that is no https URL. */
  constructor(options: RemoteKeysOptions, parts: KeySourceParts) {
    this.#parts = parts
    this.#fetcher = createFetcher({ fetch: options.fetch, clock: parts.clock })
    if (options.issuer === undefined) {
      const url = requireAddress(options.jwksUri, 'jwksUri')
      this.name = nameOfUrl(url)
      this.#location = { find: async () => url, doubt: () => {} }
    } else {
      this.#location = new Discovery(options.issuer, parts.clock)
      this.name = options.issuer
    }
  }

  /** Fetches the set. Rejects with a `RefreshError`, or with the signal's reason. */
  async fetch(signal: AbortSignal): Promise<HeldSet> {
    const url = await this.#location.find(this.#fetcher, signal)
    try {
      return await this.#fetchFrom(url, signal)
    } catch (error) {
      this.#location.doubt()
      throw error
    }
  }

  async #fetchFrom(url: URL, signal: AbortSignal): Promise<HeldSet> {
    const { algorithms, bounds } = this.#parts
    const { json, answer } = await this.#fetcher(url, 'JWK set', signal)
    const { keys } = json
    if (!Array.isArray(keys)) throw wrongFormat(url, 'JWK set')
    if (keys.length > MAX_KEYS) throw wrongFormat(url, `JWK set of at most ${MAX_KEYS} keys`)
    const imported = await importJwkSet({ keys }, algorithms)
    const lifetimeMs = lifetimeOf(answer.headers, bounds)
    return new HeldSet({ ...imported, askedAt: answer.sentAt, lifetimeMs })
  }
}
