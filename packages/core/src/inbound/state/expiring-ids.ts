import type { Clock } from '../../base/clock.ts'
import {
  clockOption,
  refuseUnknownOptions,
  requireNumber,
  requireOptions,
} from '../../base/options.ts'

/** How much an in-memory store of token ids may hold. */
export interface MemoryStoreOptions {
  /** Token ids at the most. Default 100 000. */
  readonly max?: number
  readonly clock?: Clock
}

/** Sweeping looks at every id, so a store that stays full is not swept for every token. */
const SWEEP_INTERVAL_S = 1

/**
 * Token ids that are needed until their token has expired. When it is full of such ids it throws:
 * forgetting one early would let a token through that should be refused.
 */
export class ExpiringIds {
  readonly #expiries = new Map<string, number>()
  readonly #max: number
  readonly #clock: Clock
  #sweptAt = -Infinity

  constructor(options: MemoryStoreOptions, where: string) {
    requireOptions(options, where)
    refuseUnknownOptions(options, ['max', 'clock'], where)
    this.#max = requireNumber(options.max ?? 100_000, 'max', {
      min: 1,
      max: 10_000_000,
      integer: true,
      unit: 'token ids',
    })
    this.#clock = clockOption(options.clock)
  }

  has(id: string): boolean {
    const expiresAt = this.#expiries.get(id)
    return expiresAt !== undefined && this.#now() < expiresAt
  }

  /** Adds an id until then; an id that is there already stays as long as either asks. */
  add(id: string, expiresAt: number): void {
    const known = this.#expiries.get(id)
    if (known === undefined) this.#makeRoom()
    this.#expiries.set(id, Math.max(known ?? 0, expiresAt))
  }

  #makeRoom(): void {
    if (this.#expiries.size < this.#max) return
    const now = this.#now()
    if (now >= this.#sweptAt + SWEEP_INTERVAL_S || now < this.#sweptAt) {
      this.#sweptAt = now
      for (const [id, expiresAt] of this.#expiries) {
        if (expiresAt <= now) this.#expiries.delete(id)
      }
    }
    if (this.#expiries.size < this.#max) return
    throw new Error(`This in-memory store is full: it holds ${this.#max} token ids still in use.`)
  }

  #now(): number {
    return this.#clock.now() / 1000
  }
}
