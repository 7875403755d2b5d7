import { Recent } from '../../base/recent.ts'
import { Bounded } from '../../base/bounded.ts'
import { type Clock } from '../../base/clock.ts'
import { MayflyError, RequestError } from '../../base/errors.ts'
import { GrantError, SealingError } from '../../base/grant-errors.ts'
import {
  clockOption,
  hasMethod,
  invalid,
  optionalFunction,
  optionalNumber,
  refuseUnknownOptions,
  requireNumber,
  requireOptions,
  requireString,
} from '../../base/options.ts'
import { compileDestinations } from '../../http/destination.ts'
import { requireEndpoint } from '../../http/endpoint.ts'
import { SealedRecords } from '../../keys/sealed-records.ts'
import { requireSealing } from '../../keys/sealing.ts'
import { compileReusePolicy } from '../manager/reuse-policy.ts'
import type { GetTokenOptions, TokenSource } from '../token.ts'
import type { GrantParts } from './attempts.ts'
import { Grant } from './grant.ts'
import { GRANT_OPTIONS, type GrantManagerOptions, type SaveGrantOptions } from './options.ts'
import { type GrantRecord, type GrantSummary, readTokens, summaryOf } from './record.ts'
import { GrantServer } from './server.ts'

/** A token response (RFC 6749 section 5.1), as an OAuth library or a vendor's SDK gives it. */
export interface GrantResponse {
  readonly access_token: string
  readonly refresh_token?: string | undefined
  readonly expires_in?: number | string | undefined
  readonly token_type?: string | undefined
  readonly [field: string]: unknown
}

/** What came of {@link GrantManager.reseal}. */
export interface ResealResult {
  /** Sealed with another key before. */
  readonly resealed: number
  /** Sealed with the key that seals now. */
  readonly current: number
  /** Sealed with a key that isn't among those given, or damaged. */
  readonly unreadable: number
}

/**
 * Keeps the refresh tokens of users, and their access tokens fresh, in however many processes: a
 * refresh token is used once, and its answer is stored before anyone sees the new access token.
 *
 * @example
 * ```ts
 * import { bearerFetch } from '@mayfly/core'
 * import { GrantManager, MemoryGrantStore } from '@mayfly/core/grants'
 *
 * const grants = new GrantManager({
 *   store: new MemoryGrantStore(),
 *   sealing: null, // in memory only
 *   issuer: 'https://auth.example.com',
 *   client: { clientId: 'orders', clientSecret: 'secret' },
 *   origins: ['https://api.example.com'],
 * })
 *
 * export const apiOf = (user: string): typeof fetch => bearerFetch(grants.source(user))
 * ```
 */
export class GrantManager implements AsyncDisposable {
  readonly #parts: GrantParts
  readonly #records: SealedRecords<GrantRecord>
  readonly #clock: Clock
  readonly #grants: Recent<string, Grant>
  readonly #sources: Recent<string, TokenSource>
  readonly #header: GrantManagerOptions['header']
  readonly #running = new Set<Promise<unknown>>()
  #closed = false

  /** @throws {OptionError} when an option is missing, unknown or unsound. */
  constructor(options: GrantManagerOptions) {
    requireOptions(options, 'GrantManager')
    refuseUnknownOptions(options, GRANT_OPTIONS, 'GrantManager')
    const { store, sealing } = options
    for (const method of ['read', 'write', 'delete', 'list']) {
      if (!hasMethod(store, method)) {
        throw invalid('store', `"store" must be a GrantStore: it has no method "${method}".`)
      }
    }
    const clock = clockOption(options.clock)
    this.#clock = clock
    this.#records = new SealedRecords({
      store,
      sealing: sealing === null ? undefined : requireSealing(sealing, 'sealing'),
      clock,
      timeoutMs: milliseconds(options.storeTimeoutMs, 'storeTimeoutMs', 5000),
      prefix: '',
      failure: storeFailure,
    })
    const requestTimeoutMs = milliseconds(options.requestTimeoutMs, 'requestTimeoutMs', 120_000)
    this.#parts = {
      records: this.#records,
      server: new GrantServer(options, {
        fetch: options.fetch,
        timeoutMs: requestTimeoutMs,
        clock,
      }),
      policy: compileReusePolicy(options, undefined),
      origins: [...compileDestinations(options.origins ?? [], 'origins')],
      leaseMs: milliseconds(options.leaseMs, 'leaseMs', 30_000),
      timeoutMs: milliseconds(options.timeoutMs, 'timeoutMs', 10_000),
      expiringMarginMs:
        (optionalNumber(options.expiringMargin, 'expiringMargin') ?? 604_800) * 1000,
      clock,
      observe: optionalFunction(options.observe, 'observe'),
      waitUntil: optionalFunction(options.waitUntil, 'waitUntil'),
      owner: crypto.randomUUID(),
      sent: new Bounded(100_000),
      running: this.#running,
      requireOpen: () => this.#requireOpen(),
    }
    const bounds = { min: 1, max: 10_000_000, integer: true, unit: 'grants' }
    const max = requireNumber(options.maxInMemory ?? 10_000, 'maxInMemory', bounds)
    this.#grants = new Recent({ max })
    this.#sources = new Recent({ max })
    this.#header = options.header && { ...options.header }
  }

  /**
   * Keeps what a code exchange gave. What was kept under the id before is replaced; an answer to a
   * refresh of that which is still to come is dropped.
   *
   * @param id the user, the shop or the connection.
   * @throws {OptionError} when the response has no tokens, or an option is unsound.
   * @throws {GrantError} `ERR_GRANT_STORE` when it is not known to be kept: connect again.
   */
  async save(id: string, response: GrantResponse, options: SaveGrantOptions = {}): Promise<void> {
    this.#requireOpen()
    requireString(id, 'id', 1024)
    requireOptions(response, 'save')
    requireOptions(options, 'save')
    refuseUnknownOptions(options, ['endpoint', 'origins', 'obtainedAt'], 'save')
    const obtainedAt = optionalNumber(options.obtainedAt, 'obtainedAt', { min: 1 })
    const { facts } = this.#parts.server
    const { absoluteLifetime } = facts
    const endpoint =
      options.endpoint === undefined
        ? undefined
        : requireEndpoint(options.endpoint, 'endpoint').href
    const own = options.origins && [...compileDestinations(options.origins, 'origins')]
    const lineage = crypto.randomUUID()
    const recordAt = (offsetMs: number): GrantRecord => {
      const localAt = obtainedAt === undefined ? this.#clock.now() : obtainedAt * 1000
      const receivedAt = localAt + offsetMs
      const tokens = readTokens(response, { facts, receivedAt })
      return {
        lineage,
        rotation: 0,
        ...tokens,
        ...(own !== undefined && { origins: own }),
        ...(absoluteLifetime !== undefined && { lastsUntil: receivedAt + absoluteLifetime * 1000 }),
        state: 'active',
        endpoint,
      }
    }
    for (;;) {
      const before = await this.#records.read(id)
      const record = recordAt(this.#records.offsetMs ?? 0)
      const seen = await this.#records.write(id, record, before)
      if (seen === undefined) continue
      // The first record of a process was dated by a clock that may not be the store's.
      const again = await this.#records.read(id)
      const isOff = again !== undefined && Math.abs(again.offsetMs - seen.offsetMs) > 1000
      if (isOff && again.version === seen.version) {
        await this.#records.write(id, recordAt(again.offsetMs), again)
      }
      this.#grant(id).hold(again?.record.lineage === lineage ? again : seen)
      return
    }
  }

  /**
   * Gives the source of a grant's access tokens. What it throws: a {@link GrantError} for a grant that
   * is missing or has ended, or whose store failed; a `SourceError` when the server gives no token.
   * `injectBearer` answers those with 409 (`reconnect_needed`) and 503.
   *
   * @throws {RequestError} 401 without an id: nobody is known to be the caller.
   */
  source(id: string | null | undefined): TokenSource {
    if (id === undefined || id === null || id === '') {
      throw new RequestError('ERR_TOKEN_MISSING', 'Nobody is logged in.', {
        reason: 'token_missing',
      })
    }
    requireString(id, 'id', 1024)
    const known = this.#sources.get(id)
    if (known !== undefined) return known
    const { server, origins } = this.#parts
    const grantOf = (): Grant => this.#grant(id)
    const source: TokenSource = {
      id: `grant:${server.name}:${id}`,
      get origins() {
        return grantOf().origins ?? origins
      },
      ...(this.#header !== undefined && { header: this.#header }),
      load: async () => grantOf().load(),
      getToken: async (options: GetTokenOptions = {}) => {
        this.#requireOpen()
        return grantOf().getToken(options)
      },
      invalidate: (rejected) => grantOf().invalidate(rejected),
      confirm: (accepted) => grantOf().confirm(accepted),
    }
    // What is learned of a source goes by the object: each request for a user must meet the same one.
    this.#sources.set(id, source)
    return source
  }

  /**
   * Ends a grant: here and in all processes at once, then at the server (RFC 7009), then its record.
   * Where there is none, that is well.
   *
   * @throws {GrantError} `ERR_GRANT_REVOCATION` when the server did not take it. The grant serves no
   * more, and is kept, so that it can be revoked again.
   */
  async revoke(id: string): Promise<void> {
    this.#requireOpen()
    await this.#grant(requireString(id, 'id', 1024)).revoke()
  }

  /** Lists all grants, without a token among it. */
  async *list(): AsyncGenerator<GrantSummary, void, undefined> {
    for await (const id of this.#records.ids()) {
      const summary = await this.show(id)
      if (summary !== undefined) yield summary
    }
  }

  /** Tells about one grant; `undefined` where there is none. */
  async show(id: string): Promise<GrantSummary | undefined> {
    try {
      const seen = await this.#records.read(id)
      return seen && summaryOf(id, seen.record, seen.now)
    } catch (error) {
      if (!isSealedAway(error)) throw error
      return { id, state: 'unreadable' }
    }
  }

  /** Seals all records that were sealed with another key with the one that seals now. */
  async reseal(): Promise<ResealResult> {
    const counts = { resealed: 0, current: 0, unreadable: 0 }
    for await (const id of this.#records.ids()) {
      try {
        counts[(await this.#records.reseal(id)) ? 'resealed' : 'current']++
      } catch (error) {
        if (!isSealedAway(error)) throw error
        counts.unreadable++
      }
    }
    return counts
  }

  /** Gives no more tokens, and waits until every answer that is under way is stored. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#running)
  }

  /** Closes it: see {@link GrantManager.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #grant(id: string): Grant {
    const found = this.#grants.get(id) ?? new Grant(id, this.#parts)
    this.#grants.set(id, found)
    return found
  }

  #requireOpen(): void {
    if (this.#closed) throw new MayflyError('ERR_CLOSED', 'The GrantManager is closed.')
  }
}

function milliseconds(value: number | undefined, name: string, usual: number): number {
  return requireNumber(value ?? usual, name, { min: 1, max: 3_600_000, unit: 'milliseconds' })
}

function storeFailure(id: string, cause: unknown): GrantError {
  const why = cause instanceof SealingError ? cause.message : 'Its store failed.'
  return new GrantError('ERR_GRANT_STORE', id, `The grant cannot be read or written. ${why}`, {
    cause,
  })
}

function isSealedAway(error: unknown): boolean {
  return error instanceof GrantError && error.cause instanceof SealingError
}
