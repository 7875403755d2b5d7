import type { Clock } from '@mayfly/core'
import type { Ledger } from './ledger.ts'
import { everyTime } from './purge-regularly.ts'

/** How often the ledger is written to, in milliseconds, whether or not anybody asks how it is. */
const EVERY_MS = 5000

/**
 * Knows whether a ledger can be written, by a write of its own every few seconds. However many ask, they
 * are told what the last one found; only after a failure a question is worth another write.
 */
export class LedgerProbe {
  readonly #ledger: Pick<Ledger, 'ping'>
  readonly #clock: Clock
  #verdict: { readonly error?: unknown; readonly atMs: number } | undefined
  #running: Promise<void> | undefined

  constructor(ledger: Pick<Ledger, 'ping'>, clock: Clock) {
    this.#ledger = ledger
    this.#clock = clock
  }

  /** Resolves where the last write worked, and rejects with what it failed with. */
  async check(): Promise<void> {
    const verdict = this.#verdict
    const age = verdict === undefined ? Number.NaN : this.#clock.now() - verdict.atMs
    if (verdict?.error === undefined && age >= 0 && age <= 2 * EVERY_MS) return
    await this.#probe()
  }

  /** Takes note of a request that the ledger failed: the next question is answered by a write. */
  suspect(): void {
    this.#verdict = undefined
  }

  /** Begins to write regularly, and gives what ends it. It keeps no process alive. */
  start(): () => Promise<void> {
    return everyTime(() => this.#probe(), { everyMs: EVERY_MS, clock: this.#clock })
  }

  #probe(): Promise<void> {
    this.#running ??= this.#write().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #write(): Promise<void> {
    const atMs = this.#clock.now()
    try {
      await this.#ledger.ping()
      this.#verdict = { atMs }
    } catch (error) {
      this.#verdict = { error, atMs }
      throw error
    }
  }
}
