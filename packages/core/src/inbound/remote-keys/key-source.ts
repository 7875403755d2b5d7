import type { Algorithm } from '../../keys/algorithms.ts'
import type { Clock } from '../../base/clock.ts'
import type { KeyError } from '../../base/errors.ts'
import { nameOfUrl, requireAddress } from '../../http/endpoint.ts'
import { importJwkSet } from '../../keys/static-keys.ts'
import { Discovery, type Location } from './discovery.ts'
import { readHttpHosts } from '../../http/destination.ts'
import { wrongFormat, createFetcher, type Fetcher, RefreshError } from './failure.ts'
import { type LifetimeBounds, lifetimeOf, HeldSet } from './held-set.ts'
import { normaliseJwk } from './published-jwk.ts'
import type { RemoteKeysOptions } from './options.ts'

/** Each key is imported, once per algorithm: a longer set would be work without end. */
const MAX_KEYS = 500

/** What a {@link KeySource} is told beside its options. */
export interface KeySourceParts {
  readonly algorithms: readonly Algorithm[]
  readonly clock: Clock
  readonly timeoutMs: number
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
    const hosts = readHttpHosts(options.allowHttp)
    if (options.issuer === undefined) {
      const url = requireAddress(options.jwksUri, 'jwksUri', hosts)
      this.name = nameOfUrl(url)
      this.#location = { find: async () => url, doubt: () => {} }
    } else {
      this.#location = new Discovery(options.issuer, { ...parts, hosts })
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
    const { json, answer } = await this.#fetcher({ url, what: 'JWK set' }, signal)
    const { keys } = json
    if (!Array.isArray(keys)) throw wrongFormat(url, 'JWK set')
    if (keys.length > MAX_KEYS) throw wrongFormat(url, `JWK set of at most ${MAX_KEYS} keys`)
    return this.read(keys, {
      askedAt: answer.sentAt,
      lifetimeMs: lifetimeOf(answer.headers, this.#parts.bounds),
    })
  }

  /**
   * Reads published keys. A set in which none can be used is no new state of an issuer: it rejects with
   * `ERR_KEYS_NONE`.
   */
  async read(
    published: readonly unknown[],
    life: { readonly askedAt: number; readonly lifetimeMs: number },
  ): Promise<HeldSet> {
    const imported = await importJwkSet(
      { keys: published.map(normaliseJwk) },
      this.#parts.algorithms,
    )
    if (imported.keys.length === 0) throw noneUsable(this.name, imported.refused[0])
    return new HeldSet({ ...imported, ...life })
  }
}

function noneUsable(name: string, cause: KeyError | undefined): RefreshError {
  const hint = 'Are its keys for other algorithms than those allowed here?'
  const message = `No key of ${name} can be used. ${cause === undefined ? hint : 'The cause says what is wrong with the first one.'}`
  return new RefreshError('ERR_KEYS_NONE', message, { cause })
}
