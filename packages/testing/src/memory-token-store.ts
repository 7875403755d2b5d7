import {
  type Clock,
  type StoredToken,
  systemClock,
  type TokenLock,
  type TokenLockOptions,
  type TokenStore,
} from '@mayfly/core'

interface Held {
  readonly owner: object
  readonly until: number
}

/**
 * Keeps tokens and locks as a store of several processes does, in the memory of a test. Give one to two
 * `TokenManager`s, and they behave as two processes would.
 *
 * @example
 * ```ts
 * import { TokenManager, type TokenSource } from '@mayfly/core'
 * import { FakeClock, MemoryTokenStore } from '@mayfly/testing'
 *
 * export function twoProcesses(source: TokenSource): readonly TokenManager[] {
 *   const clock = new FakeClock()
 *   const store = new MemoryTokenStore(clock)
 *   return [1, 2].map(() => new TokenManager(source, { store, clock }))
 * }
 * ```
 */
export class MemoryTokenStore implements TokenStore {
  readonly extendsLocks = true
  /** What is stored, by the id of its source. A test may change it. */
  readonly tokens: Map<string, StoredToken> = new Map()
  readonly #locks = new Map<string, Held>()
  readonly #clock: Clock

  /** @param clock What ends tokens and locks. Default: the machine's clock. */
  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  /** Reads a token that has not ended. */
  async get(id: string): Promise<StoredToken | undefined> {
    const token = this.tokens.get(id)
    return token !== undefined && token.expiresAt * 1000 > this.#clock.now() ? token : undefined
  }

  /** Keeps a token. */
  async set(id: string, token: StoredToken): Promise<void> {
    this.tokens.set(id, token)
  }

  /** Forgets a token. */
  async delete(id: string): Promise<void> {
    this.tokens.delete(id)
  }

  /** Whether somebody has the lock of a source. */
  isLocked(id: string): boolean {
    return (this.#locks.get(id)?.until ?? 0) > this.#clock.now()
  }

  /** Takes the lock of a source, unless somebody has it. */
  async lock(id: string, { lifetimeMs }: TokenLockOptions): Promise<TokenLock | undefined> {
    if (this.isLocked(id)) return undefined
    const owner = {}
    this.#locks.set(id, { owner, until: this.#clock.now() + lifetimeMs })
    return {
      release: async () => {
        if (this.#locks.get(id)?.owner === owner) this.#locks.delete(id)
      },
      extend: async (forMs) => {
        if (!this.isLocked(id) || this.#locks.get(id)?.owner !== owner) return false
        this.#locks.set(id, { owner, until: this.#clock.now() + forMs })
        return true
      },
    }
  }
}
