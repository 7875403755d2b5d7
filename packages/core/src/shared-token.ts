import { type Clock, systemClock, timeoutSignal } from './clock.ts'
import { invalid, optionalNumber } from './encoding/options.ts'
import type { ManagerEvent, TokenManagerOptions } from './manager-options.ts'
import { notify, type Observe } from './observe.ts'
import {
  type AccessToken,
  createAccessToken,
  type StoredToken,
  type TokenSource,
  type TokenStore,
} from './token.ts'

/** Makes the view of a manager's store, if it was given one. */
export function sharedToken(
  source: TokenSource,
  options: TokenManagerOptions,
): SharedToken | undefined {
  const { store } = options
  const bounds = { min: 1, max: 60_000, unit: 'milliseconds' }
  const timeoutMs = optionalNumber(options.storeTimeoutMs, 'storeTimeoutMs', bounds) ?? 200
  if (store === undefined) return undefined
  if (typeof store?.get !== 'function' || typeof store.set !== 'function') {
    throw invalid('store', '"store" must be a token store: { get, set, delete }.')
  }
  const { clock = systemClock, observe } = options
  return new SharedToken({ store, source, timeoutMs, clock, observe })
}

interface SharedTokenParts {
  readonly store: TokenStore
  readonly source: TokenSource
  readonly timeoutMs: number
  readonly clock: Clock
  readonly observe: Observe<ManagerEvent> | undefined
}

/** One source's token in a store that may be down, slow, or wrong. */
export class SharedToken {
  readonly #parts: SharedTokenParts

  constructor(parts: SharedTokenParts) {
    this.#parts = parts
  }

  /** Reads the token; whatever the store does wrong is an absent token. */
  async read(): Promise<AccessToken | undefined> {
    const { store, source } = this.#parts
    const { id } = source
    const stored = await this.#attempt('get', (signal) => store.get(id, { signal }))
    if (stored === undefined || stored === null || stored.id !== id) return undefined
    try {
      // What another process may have been made to write goes no further than this source's tokens do.
      if (!stored.origins.every((origin) => source.origins.includes(origin))) return undefined
      return createAccessToken(stored)
    } catch {
      return undefined
    }
  }

  /** Writes the token, without anybody waiting for it. */
  write(token: AccessToken): void {
    const { store, source } = this.#parts
    const { id } = source
    const { value, issuedAt, expiresAt, origins, keyId } = token
    const stored: StoredToken = {
      id,
      value,
      issuedAt,
      expiresAt,
      origins,
      ...(keyId !== undefined && { keyId }),
    }
    void this.#attempt('set', (signal) => store.set(id, stored, { signal }))
  }

  /** Forgets the token, without anybody waiting for it. */
  forget(): void {
    const { store, source } = this.#parts
    void this.#attempt('delete', () => store.delete(source.id))
  }

  async #attempt<Value>(
    operation: 'get' | 'set' | 'delete',
    run: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value | undefined> {
    const { clock, timeoutMs, observe } = this.#parts
    const limit = timeoutSignal(clock, timeoutMs)
    try {
      return await Promise.race([run(limit), rejectOn(limit)])
    } catch {
      notify(observe, { type: 'store-failed', operation })
      return undefined
    }
  }
}

function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
